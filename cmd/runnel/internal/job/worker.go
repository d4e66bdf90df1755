package job

import (
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/cmd/runnel/internal/command"
	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// outcome is what came of a record.
type outcome struct {
	rec    *record.Record // nil: there was no record
	fate   fate
	tries  []Try
	result command.Result // of the last try
}

type fate uint8

const (
	done fate = iota
	failed
	interrupted
)

// Try is one attempt at a record.
type Try struct {
	Start   time.Time `json:"start"`
	Seconds float64   `json:"seconds"`
	Error   string    `json:"error,omitempty"`
}

func (j *Job) workInOrder() {
	for {
		p, r, err := j.takeTurn()
		if err != nil {
			_ = p.TrySend(outcome{})
			return
		}
		_ = p.TrySend(j.handle(r))
	}
}

// takeTurn puts up a promise and takes the record to fulfil it, with no other worker in between.
func (j *Job) takeTurn() (*promise, *record.Record, error) {
	_, _ = j.turn.Recv(forever)
	defer func() { _ = j.turn.TrySend(struct{}{}) }()
	p := runnel.NewPromise[outcome]()
	_ = j.results.Send(forever, p)
	r, err := j.records.Recv(forever)
	return p, r, err
}

func (j *Job) workUnordered() {
	for r := range j.records.All(forever) {
		p := runnel.NewPromise[outcome]()
		_ = p.TrySend(j.handle(r))
		_ = j.results.Send(forever, p)
	}
}

// handle works on a record until it is done, given up, or the job is stopped.
func (j *Job) handle(r *record.Record) outcome {
	o := outcome{rec: r}
	if j.cfg.Command == nil {
		o.result.Stdout = append(r.Text[:len(r.Text):len(r.Text)], '\n')
		return o
	}
	for {
		j.try(&o)
		if fate, over := j.judge(&o); over {
			o.fate = fate
			return o
		}
		j.tally.retries.Add(1)
	}
}

// try makes an attempt. One that could not even be composed is none, and is not counted.
func (j *Job) try(o *outcome) {
	start := time.Now()
	o.result = j.cfg.Command.Run(j.hard, o.rec, len(o.tries)+1)
	t := Try{Start: start, Seconds: time.Since(start).Seconds()}
	if f := o.result.Failure; f != nil {
		if t.Error = f.Error(); f.Kind == command.Field {
			return
		}
	}
	o.tries = append(o.tries, t)
}

// judge decides after a try whether the record's fate is known; if not, it waits for the time of the next try.
// A stop while attempts are left interrupts the record: fed again it has all of them.
func (j *Job) judge(o *outcome) (f fate, over bool) {
	failure := o.result.Failure
	switch {
	case failure == nil:
		return done, true
	case failure.Kind == command.Stopped:
		return interrupted, true
	case failure.Permanent || !j.cfg.Backoff.Again(len(o.tries), failure):
		return failed, true
	}
	wait := j.cfg.Backoff.Delay(len(o.tries), failure)
	if runnel.Sleep(j.soft, wait) != nil || j.soft.Err() != nil {
		return interrupted, true
	}
	return 0, false
}
