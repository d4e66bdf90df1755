package job

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// settle writes the outcome of a record to where it belongs. It is called by one goroutine.
func (j *Job) settle(o outcome) {
	switch {
	case o.rec == nil:
		return
	case o.fate == done:
		j.deliver(o)
	case o.fate == failed:
		j.giveUp(o)
	default:
		j.interrupt(o)
	}
}

func (j *Job) deliver(o outcome) {
	if err := j.write(o); err != nil {
		j.broken("writing the result of %s: %w", o.rec.Where(), err)
		j.interrupt(o)
		return
	}
	j.settled(&j.tally.done, o.rec)
}

// write hands on a result with a single call, so that no part of it stays in a buffer that may never be written.
func (j *Job) write(o outcome) error {
	j.passStderr(o)
	_, err := j.cfg.Out.Write(j.render(o))
	return err
}

func (j *Job) render(o outcome) []byte {
	if j.cfg.JSON {
		return marshal(newResult(o))
	}
	return o.result.Stdout
}

// passStderr passes on what a command wrote to its standard error. As JSON it is in the result.
func (j *Job) passStderr(o outcome) {
	if s := stderrOf(o); s != "" && !j.cfg.JSON {
		j.cfg.Notes.Stderr(s)
	}
}

// giveUp makes a failed record a dead letter. If that cannot be written the record is left over instead.
func (j *Job) giveUp(o outcome) {
	letter := obituary(o)
	if err := j.bury(letter, nil); err != nil {
		j.broken("writing the dead letter of %s: %w", o.rec.Where(), err)
		j.interrupt(o)
		return
	}
	j.settled(&j.tally.failed, o.rec)
	j.cfg.Notes.Dead(letter)
}

func (j *Job) interrupt(o outcome) {
	j.tally.interrupted.Add(1)
	j.keep(o.rec)
}

// result is a record that is done, for programs.
type result struct {
	Row  int `json:"row"`
	Line int `json:"line"`
	content
	Output       *string `json:"output,omitempty"`
	OutputBase64 []byte  `json:"output_base64,omitempty"`
	Stderr       string  `json:"stderr,omitempty"`
	Attempts     int     `json:"attempts"`
	Seconds      float64 `json:"seconds"` // of the last attempt
}

func newResult(o outcome) result {
	r := result{Row: o.rec.Row, Line: o.rec.Line, content: contentOf(o.rec), Stderr: stderrOf(o), Attempts: len(o.tries)}
	if out := o.result.Stdout; utf8.Valid(out) {
		s := string(out)
		r.Output = &s
	} else {
		r.OutputBase64 = out
	}
	if n := len(o.tries); n > 0 {
		r.Seconds = o.tries[n-1].Seconds
	}
	return r
}

// content is a record as JSON: NDJSON as the value that it is, other formats as a string, and what is not valid UTF-8,
// which no JSON string can hold, in base64.
type content struct {
	Record json.RawMessage `json:"record,omitempty"`
	Base64 []byte          `json:"record_base64,omitempty"`
}

func contentOf(r *record.Record) content {
	switch {
	case !utf8.Valid(r.Text):
		return content{Base64: r.Text}
	case r.Format == record.NDJSON && json.Valid(r.Text):
		return content{Record: json.RawMessage(r.Text)}
	}
	return content{Record: trimLine(marshal(string(r.Text)))}
}

func stderrOf(o outcome) string {
	if o.result.Stderr == nil {
		return ""
	}
	return o.result.Stderr.String()
}
