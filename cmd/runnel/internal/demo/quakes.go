package demo

import (
	"bytes"
	_ "embed" // the feed
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// The feed is a copy of examples/data/earthquakes.csv, where its source is given: embedding reaches no further than
// this directory. A test holds them equal.
//
//go:generate cp ../../../../examples/data/earthquakes.csv earthquakes.csv
//go:embed earthquakes.csv
var feed []byte

// quake is one event of the feed.
type quake struct {
	id    string
	time  time.Time
	mag   float64
	place string
	net   string // the network that reports it
}

func (q quake) String() string { return fmt.Sprintf("M %3.1f  %s", q.mag, q.place) }

// california tells whether one of the two Californian networks reports the quake.
func (q quake) california() bool { return q.net == "ci" || q.net == "nc" }

// load reads the feed, in the order of time.
func load() ([]quake, error) {
	r, err := record.NewReader(bytes.NewReader(feed), record.CSV, 1<<20)
	if err != nil {
		return nil, err
	}
	var quakes []quake
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return quakes, nil
		}
		if err != nil {
			return nil, err
		}
		q, err := parse(rec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rec.Where(), err)
		}
		quakes = append(quakes, q)
	}
}

func parse(rec *record.Record) (q quake, err error) {
	text := func(column string) string {
		s, e := rec.Field(column)
		if e != nil {
			err = e
		}
		return s
	}
	q = quake{id: text("id"), place: text("place"), net: text("net")}
	at, mag := text("time"), text("mag")
	if err != nil {
		return q, err
	}
	if q.mag, err = strconv.ParseFloat(mag, 64); err != nil {
		return q, err
	}
	q.time, err = time.Parse(time.RFC3339Nano, at)
	return q, err
}
