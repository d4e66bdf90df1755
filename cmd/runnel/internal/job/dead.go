package job

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// Letter is a dead letter: a record that was given up, and why.
type Letter struct {
	Row  int `json:"row"`
	Line int `json:"line"`
	content
	Kind string `json:"kind"` // rejected, or the kind of the last attempt's failure
	// Error is what went wrong last.
	Error           string    `json:"error"`
	ExitCode        *int      `json:"exit_code,omitempty"`
	Stderr          string    `json:"stderr,omitempty"` // the end of it, from the last attempt
	Attempts        int       `json:"attempts"`
	Tries           []Try     `json:"tries,omitempty"`
	Time            time.Time `json:"time"` // of giving up
	where, lastLine string
}

// String is the letter as one line for a person.
func (l *Letter) String() string {
	s := l.where + ": "
	if l.Attempts > 1 {
		s += fmt.Sprintf("failed %d times: ", l.Attempts)
	}
	s += l.Error
	if l.lastLine != "" {
		s += ": " + l.lastLine
	}
	return s
}

// rejection is the letter of a malformed record. Of one over the limit it holds no content.
func rejection(bad *record.Bad) *Letter {
	l := &Letter{Row: bad.Row, Line: bad.Line, Kind: "rejected", Error: bad.Reason, Time: time.Now(), where: bad.Where()}
	if bad.Rest == nil {
		l.content = contentOf(&bad.Record)
	}
	return l
}

// obituary is the letter of a record that failed.
func obituary(o outcome) *Letter {
	f := o.result.Failure
	l := &Letter{
		Row: o.rec.Row, Line: o.rec.Line, content: contentOf(o.rec), where: o.rec.Where(),
		Kind: string(f.Kind), Error: f.Error(), Attempts: len(o.tries), Tries: o.tries, Time: time.Now(),
	}
	if f.Code >= 0 {
		l.ExitCode = &f.Code
	}
	if t := o.result.Stderr; t != nil {
		l.Stderr, l.lastLine = t.String(), t.LastLine()
	}
	return l
}

// bury appends a letter to the dead file, if there is one. The rest of a record over the limit, of which the letter
// holds nothing, is copied through.
func (j *Job) bury(l *Letter, overlong io.Reader) error {
	if j.cfg.Dead == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	line := marshal(l)
	if overlong == nil {
		_, err := j.cfg.Dead.Write(line)
		return err
	}
	return writeLong(j.cfg.Dead, line, overlong)
}

// writeLong adds content of any length, without its line end, to a line that holds a JSON object.
func writeLong(w io.Writer, line []byte, content io.Reader) error {
	if _, err := fmt.Fprintf(w, `%s,"record_base64":"`, bytes.TrimSuffix(trimLine(line), []byte("}"))); err != nil {
		return err
	}
	enc := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := io.Copy(&endless{w: enc}, content); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\"}\n")
	return err
}

// endless writes all but a line end that stands last.
type endless struct {
	w    io.Writer
	held []byte // may be the last
}

func (e *endless) Write(p []byte) (int, error) {
	b := append(e.held, p...)
	text := bytes.TrimSuffix(trimLine(b), []byte("\r"))
	_, err := e.w.Write(text)
	e.held = bytes.Clone(b[len(text):])
	return len(p), err
}

// marshal returns v as a line of JSON that spells <, > and & as they are.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // only own types and checked JSON come here
	return b.Bytes()
}

func trimLine(b []byte) []byte { return bytes.TrimSuffix(b, []byte("\n")) }
