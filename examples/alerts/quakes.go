package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
)

// Quake is a line of the feed. What the tags say is the contract: a message that breaks it is
// refused when it is published.
type Quake struct {
	ID      string    `json:"id" jsonschema:"minLength=1"`
	Time    time.Time `json:"time"`
	Mag     float64   `json:"mag" jsonschema:"minimum=-2,maximum=10"`
	Place   string    `json:"place"`
	Depth   float64   `json:"depth"` // km; negative above the level of the sea
	Type    string    `json:"type" jsonschema:"enum=earthquake,enum=explosion"`
	Network string    `json:"network"`
}

// Quakes is declared once, for who publishes and who consumes. With 200 messages it is full, and
// publishing waits.
var Quakes = mq.NewTopic[Quake]("quakes",
	mq.Keyed(),
	mq.MaxMessages(200),
	mq.Groups("desk"),
	mq.WithCodec(contract.JSON[Quake](contract.Version("1"))),
)

// readQuakes calls yield for each record of a file.
func readQuakes(name string, yield func(Quake) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := csv.NewReader(f)
	_, err = lines.Read() // the names of the columns
	n := 0
	for ; err == nil; n++ {
		err = readQuake(lines, yield)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("%s: record %d: %w", name, n, err)
}

func readQuake(lines *csv.Reader, yield func(Quake) error) error {
	fields, err := lines.Read()
	if err != nil {
		return err
	}
	return parsed(fields, yield)
}

func parsed(fields []string, yield func(Quake) error) error {
	q, err := parse(fields)
	if err != nil {
		return err
	}
	return yield(q)
}

// parse reads id, time, mag, place, lon, lat, depth, type, net.
func parse(f []string) (q Quake, err error) {
	q = Quake{ID: f[0], Place: f[3], Type: f[7], Network: f[8]}
	var wrong [3]error
	q.Time, wrong[0] = time.Parse(time.RFC3339, f[1])
	q.Mag, wrong[1] = strconv.ParseFloat(f[2], 64)
	q.Depth, wrong[2] = strconv.ParseFloat(f[6], 64)
	return q, errors.Join(wrong[:]...)
}
