package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// line is a line of a file, not looked at yet.
type line struct {
	file   string
	number int
	text   string
}

// badRecord is the error for a line that cannot be used.
type badRecord struct {
	line
	what string
}

func (e *badRecord) Error() string { return fmt.Sprintf("%s:%d: %s", e.file, e.number, e.what) }

func (l line) wrong(format string, args ...any) error {
	return &badRecord{l, fmt.Sprintf(format, args...)}
}

type flight struct {
	line  line
	at    time.Duration // since midnight
	delay time.Duration
}

type strike struct {
	part   part
	damage bool
}

var (
	flightHeader = []string{"time", "delay", "distance"}
	strikeHeader = []string{"date", "time_of_day", "operator", "damage", "cost"}
)

// check looks whether a file is there and begins with the header.
func check(path string, header []string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w; -flights and -strikes say where the files are", err)
	}
	defer f.Close()
	text, err := bufio.NewReader(f).ReadString('\n')
	if err != nil || strings.TrimSpace(text) != strings.Join(header, ",") {
		return fmt.Errorf("%s: want a file that begins with the line %s", path, strings.Join(header, ","))
	}
	return nil
}

// lines is the function of a source: the lines of a file after the header.
func lines(path string) func(context.Context, func(line) error) error {
	return func(_ context.Context, emit func(line) error) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		scanner := bufio.NewScanner(f)
		scanner.Scan() // the header
		for n := 2; scanner.Scan(); n++ {
			if err := emit(line{filepath.Base(path), n, scanner.Text()}); err != nil {
				return err
			}
		}
		return scanner.Err()
	}
}

// fields divides a line.
func (l line) fields(header []string) ([]string, error) {
	all, err := csv.NewReader(strings.NewReader(l.text)).Read()
	switch {
	case err != nil:
		return nil, l.wrong("no record: %v", errors.Unwrap(err))
	case len(all) != len(header):
		return nil, l.wrong("%d fields, want %d: %s", len(all), len(header), strings.Join(header, ", "))
	}
	return all, nil
}

func parseFlight(_ context.Context, l line) (flight, error) {
	fields, err := l.fields(flightHeader)
	if err != nil {
		return flight{}, err
	}
	at, wrong := l.clock(fields[0])
	delay, bad := l.minutes(fields[1])
	return flight{l, at, delay}, cmp.Or(wrong, bad)
}

// clock reads a time of day.
func (l line) clock(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, l.wrong("time %q: want one from 00:00 to 23:59", text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

func (l line) minutes(text string) (time.Duration, error) {
	n, err := strconv.ParseInt(text, 10, 16)
	if err != nil {
		return 0, l.wrong("delay %q: want minutes", text)
	}
	return time.Duration(n) * time.Minute, nil
}

func parseStrike(_ context.Context, l line) (strike, error) {
	fields, err := l.fields(strikeHeader)
	if err != nil {
		return strike{}, err
	}
	p, wrong := l.timeOfDay(fields[1])
	damage, bad := l.damage(fields[3])
	return strike{p, damage}, cmp.Or(wrong, bad)
}

func (l line) timeOfDay(text string) (part, error) {
	p := slices.Index(partNames[:], strings.ToLower(text))
	if p < 0 {
		return 0, l.wrong("time of day %q: want Dawn, Day, Dusk or Night", text)
	}
	return part(p), nil
}

// damages are what the records say of damage to the aircraft, none first.
var damages = []string{"None", "Minor", "Medium", "Substantial"}

func (l line) damage(text string) (bool, error) {
	d := slices.Index(damages, text)
	if d < 0 {
		return false, l.wrong("damage %q: want %s", text, strings.Join(damages, ", "))
	}
	return d > 0, nil
}
