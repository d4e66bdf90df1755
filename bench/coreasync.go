package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/runnel-go/runnel/bench/report"
)

// coreAsyncLine is one line of what coreasync/run prints.
type coreAsyncLine struct {
	Name   string  `json:"name"`
	Kind   string  `json:"kind"` // go, threads, or same-thread
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Rounds int     `json:"rounds"`
}

// coreAsyncRows says which of our rows each pattern of core.async is compared
// with. Rows without a counterpart of ours are shown for the record.
var coreAsyncRows = []struct {
	theirs, title, ours string
	goals               goals
}{
	{"spsc-64", "core.async: buffered hop, cap 64", "buffered 1→1, cap 64", firmOne(0.12, 0.12)},
	{"unbuffered-stream", "core.async: rendezvous stream", "rendezvous stream", firmOne(0.8, 0.8)},
	{"ping-pong", "core.async: rendezvous ping-pong", "rendezvous ping-pong", firmOne(0.8, 0.8)},
	{"offer-poll", "core.async: uncontended send+receive", "uncontended send+receive", goals{}},
	{"alts-ready-2", "core.async: select over 2, all ready", "select over 2, all ready", goals{}},
	{"alts-ready-4", "core.async: select over 4, all ready", "select over 4, all ready", goals{}},
	{"alts-ready-16", "core.async: select over 16, all ready", "select over 16, all ready", goals{}},
	{"alts-ready-64", "core.async: select over 64, all ready", "select over 64, all ready", goals{}},
	{"sliding-full", "core.async: send, sliding and full", "send, sliding and full", goals{}},
	{"dropping-full", "core.async: send, dropping and full", "send, dropping and full", goals{}},
	{"mult-8", "core.async: mult to 8", "mult to 8", firmOne(0.1, 0.1)},
	{"pipeline-4", "core.async: ordered pipeline ×4", "ordered pipeline ×4", firmOne(0.1, 0.1)},
}

// readCoreAsync reads the lines that coreasync/run printed, by name.
func readCoreAsync(r io.Reader) (map[string][]coreAsyncLine, error) {
	found := map[string][]coreAsyncLine{}
	for dec := json.NewDecoder(r); ; {
		var line coreAsyncLine
		switch err := dec.Decode(&line); {
		case errors.Is(err, io.EOF):
			return found, nil
		case err != nil:
			return nil, fmt.Errorf("not the output of coreasync/run: %w", err)
		}
		found[line.Name] = append(found[line.Name], line)
	}
}

// addCoreAsync appends the rows that compare a section with core.async, the
// faster of go blocks and threads being the peer. The JVM had all cores.
func addCoreAsync(s *report.Section, found map[string][]coreAsyncLine) {
	for _, c := range coreAsyncRows {
		row := report.Row{Family: "core.async", Name: c.title, Unit: "ns", Target: c.goals.at(s.Procs)}
		if own := s.Row(c.ours); own != nil {
			row.Results = append(row.Results, own.Results[0])
		}
		for _, line := range found[c.theirs] {
			row.Results = append(row.Results, report.Result{
				Impl: "core.async, " + line.Kind, Role: report.Peer,
				Median: line.Median, Min: line.Min, Samples: line.Rounds,
			})
		}
		if len(found[c.theirs]) > 0 {
			row.Judge()
			s.Rows = append(s.Rows, row)
		}
	}
}
