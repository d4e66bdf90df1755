package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// part is a time of day.
type part int

const (
	dawn part = iota
	day
	dusk
	night
	parts
)

var (
	partNames = [parts]string{"dawn", "day", "dusk", "night"}
	partHours = [parts]string{"05-07", "07-18", "18-20", "20-05"}
)

// partOf is the time of day by the clock, the same in every season and place.
func partOf(at time.Duration) part {
	switch h := at / time.Hour; {
	case h < 5 || h >= 20:
		return night
	case h < 7:
		return dawn
	case h < 18:
		return day
	}
	return dusk
}

// hour is a window: the flights from a time on.
type hour struct {
	from    time.Duration // since midnight
	flights int
	delay   time.Duration // the sum
}

// sums are what is known of a time of day.
type sums struct {
	flights  int
	delay    time.Duration
	strikes  int
	damaging int
}

// table is the result.
type table struct {
	hours []hour
	parts [parts]sums
}

// whole is the sum of all times of day.
func (t table) whole() (all sums) {
	for _, p := range t.parts {
		all.flights += p.flights
		all.delay += p.delay
		all.strikes += p.strikes
		all.damaging += p.damaging
	}
	return all
}

func (t table) write(w io.Writer) error {
	var b strings.Builder
	b.WriteString("hour   flights  mean delay\n")
	for _, h := range t.hours {
		fmt.Fprintf(&b, "%s  %7d  %6.1f min\n", clock(h.from), h.flights, mean(h.delay, h.flights))
	}
	b.WriteString("\ntime of day  flights           mean delay  strikes           damaging  strikes to flights\n")
	for i, p := range t.parts {
		fmt.Fprintf(&b, "%-5s %s  %s\n", partNames[i], partHours[i], p.row(t.whole()))
	}
	b.WriteString("\nstrikes to flights: their share of all strikes to their share of all flights; 1 if the risk never changed\n\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (p sums) row(whole sums) string {
	flights, strikes := ratio(p.flights, whole.flights), ratio(p.strikes, whole.strikes)
	return fmt.Sprintf("%7d  %5.1f %%  %6.1f min  %7d  %5.1f %%  %8d  %18s", p.flights, 100*flights, mean(p.delay, p.flights),
		p.strikes, 100*strikes, p.damaging, times(strikes, flights))
}

// clock writes a time of day.
func clock(at time.Duration) string {
	return fmt.Sprintf("%02d:%02d", at/time.Hour, at%time.Hour/time.Minute)
}

// mean is in minutes.
func mean(sum time.Duration, n int) float64 { return sum.Minutes() / float64(max(n, 1)) }

func ratio(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

func times(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}
