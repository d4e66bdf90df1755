package job

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// remainder is the file of what was not worked on, in the form of the input. It comes into being with its first record.
type remainder struct {
	open   func() (io.WriteCloser, error)
	header []byte
	file   io.WriteCloser
	ended  bool // what was written last ended with a line end
	err    error
	lost   rowSet
}

// saveLeftover writes what a stop left over, in the order of the input: what was taken from it first, then its rest.
func (j *Job) saveLeftover() error {
	m := &remainder{open: j.cfg.Remainder, header: j.cfg.Input.Header(), ended: true}
	for _, r := range j.sortedLeftover() {
		m.put(r, nil)
	}
	return errors.Join(j.saveRest(m), m.close())
}

func (j *Job) sortedLeftover() []*record.Record {
	slices.SortFunc(j.leftover, func(a, b *record.Record) int { return cmp.Compare(a.Row, b.Row) })
	return j.leftover
}

// saveRest copies what the input still gives, malformed records too: they are for whoever feeds the remainder again.
func (j *Job) saveRest(m *remainder) error {
	for {
		r, err := j.cfg.Input.Next()
		bad, malformed := errors.AsType[*record.Bad](err)
		switch {
		case err == io.EOF:
			return nil
		case malformed:
			m.put(&bad.Record, bad.Rest)
		case err != nil:
			return fmt.Errorf("reading the rest of the input behind row %d: %w", j.tally.read.Load(), err)
		default:
			m.put(r, nil)
		}
		j.tally.read.Add(1)
		j.tally.notStarted.Add(1)
	}
}

// put adds a record; rest, if not nil, is what follows in it. After an error it counts what is lost.
func (m *remainder) put(r *record.Record, rest io.Reader) {
	m.begin()
	m.copy(r.Raw, rest)
	if m.err != nil {
		m.lost.add(r.Row)
	}
}

func (m *remainder) copy(raw []byte, rest io.Reader) {
	if !m.ended {
		m.write([]byte("\n"))
	}
	m.write(raw)
	m.ended = bytes.HasSuffix(raw, []byte("\n"))
	if rest != nil && m.err == nil {
		_, m.err = io.Copy(m.file, rest)
		m.ended = true // an overlong row without a line end is the last of its input
	}
}

func (m *remainder) begin() {
	if m.file != nil || m.err != nil {
		return
	}
	if m.file, m.err = m.open(); m.err == nil && len(m.header) > 0 {
		m.write(m.header)
		m.ended = bytes.HasSuffix(m.header, []byte("\n"))
	}
}

func (m *remainder) write(b []byte) {
	if m.err == nil {
		_, m.err = m.file.Write(b)
	}
}

func (m *remainder) close() error {
	var err error
	if m.file != nil {
		err = m.file.Close()
	}
	switch {
	case m.err != nil:
		return fmt.Errorf("not saved: %s: %w", m.lost, m.err)
	case err != nil:
		return fmt.Errorf("the remainder may not be complete: %w", err)
	}
	return nil
}
