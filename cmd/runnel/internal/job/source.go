package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// read sends the records of the input until it ends or the job is stopped.
func (j *Job) read() {
	defer j.records.Close()
	for j.soft.Err() == nil {
		r, err := j.cfg.Input.Next()
		bad, malformed := errors.AsType[*record.Bad](err)
		switch {
		case err == io.EOF:
			return
		case malformed:
			j.tally.read.Add(1)
			j.reject(bad)
		case err != nil:
			j.readErr = fmt.Errorf("reading the input behind row %d: %w", j.tally.read.Load(), err)
			return
		default:
			j.tally.read.Add(1)
			j.send(r)
		}
	}
}

// send hands a record to the workers. It waits as the policy says; once the job is stopped the record comes back.
func (j *Job) send(r *record.Record) {
	if err := j.records.Send(forever, r); err != nil {
		j.leave(r)
	}
}

// reject makes a malformed record a dead letter.
func (j *Job) reject(bad *record.Bad) {
	j.settled(&j.tally.rejected, &bad.Record)
	letter := rejection(bad)
	if err := j.bury(letter, overlong(bad)); err != nil {
		j.broken("%s is malformed, and writing its dead letter failed: %w", bad.Where(), err)
	}
	j.cfg.Notes.Dead(letter)
}

// overlong returns all of a record that is over the limit, nil for any other.
func overlong(bad *record.Bad) io.Reader {
	if bad.Rest == nil {
		return nil
	}
	return io.MultiReader(bytes.NewReader(bad.Raw), bad.Rest)
}
