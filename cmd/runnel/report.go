package main

import (
	"strings"
	"time"

	"github.com/runnel-go/runnel/cmd/runnel/internal/job"
	"github.com/runnel-go/runnel/cmd/runnel/internal/ledger"
	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// report is the end of a job, for programs.
type report struct {
	ledger.Ledger
	Dead      int64   `json:"dead"` // failed and rejected
	Balanced  bool    `json:"balanced"`
	Retries   int64   `json:"retries"`
	Seconds   float64 `json:"seconds"`
	Queue     queue   `json:"queue"`
	DeadFile  string  `json:"dead_file,omitempty"`
	Remainder string  `json:"remainder_file,omitempty"`
	Error     string  `json:"error,omitempty"`
	ExitCode  int     `json:"exit_code"`
}

// queue is how the channel between the input and the workers fared.
type queue struct {
	Policy        string  `json:"policy"`
	HighWater     int     `json:"high_water"`
	InputBlocked  float64 `json:"input_blocked_seconds"`  // that the input waited for room
	WorkersWaited float64 `json:"workers_waited_seconds"` // that workers waited for a record
}

// report tells how the job ended.
func (w *worker) report(code int, err error) {
	p := w.job.Progress()
	if w.flags.json {
		if !w.flags.quiet || err != nil {
			writeObject(w.console, "report", w.newReport(p, code, err))
		}
		return
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			w.console.Printf("runnel work: %s", strings.TrimSuffix(line, "\n"))
		}
	}
	if !w.flags.quiet {
		w.console.Printf("runnel: %s", p.Ledger)
	}
	if !w.flags.quiet && p.Ledger.Read > 0 {
		w.console.Printf("        %s", pace(p))
	}
	if w.flags.dead != "" && p.Ledger.Dead() > 0 {
		w.console.Printf("        dead letters: %s", w.flags.dead)
	}
	if w.remainder != "" {
		w.console.Printf("        not done, to be fed again: %s", w.remainder)
	}
}

func pace(p job.Progress) string {
	s := screen.Short(p.Elapsed) + ", " + screen.Rate(p.Ledger.Done, p.Elapsed)
	if p.Retries > 0 {
		s += ", " + plural(p.Retries, "retry", "retries")
	}
	return s + ", queue at most " + plural(int64(p.Queue.HighWater), "record", "records") +
		", input blocked " + screen.Short(p.Queue.SendBlocked)
}

func (w *worker) newReport(p job.Progress, code int, err error) report {
	r := report{
		Ledger: p.Ledger, Dead: p.Ledger.Dead(), Balanced: p.Ledger.Check() == nil, Retries: p.Retries,
		Seconds: seconds(p.Elapsed), DeadFile: w.flags.dead, Remainder: w.remainder, ExitCode: code,
		Queue: queue{w.flags.policy.String(), p.Queue.HighWater, seconds(p.Queue.SendBlocked), seconds(p.Queue.RecvBlocked)},
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
