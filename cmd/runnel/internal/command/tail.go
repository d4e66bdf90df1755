package command

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// tailSize is how much of a command's standard error is kept.
const tailSize = 4 << 10

// Tail is a writer that keeps the end of what is written to it.
type Tail struct {
	buf  []byte
	lost int
}

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.lost += over
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// String returns the end of what was written, cut at a line's start if possible, with a note on what is missing.
func (t *Tail) String() string {
	text, lost := t.wholeLines()
	s := strings.ToValidUTF8(string(text), "�")
	if lost > 0 {
		s = fmt.Sprintf("[%d bytes before this are left out]\n%s", lost, s)
	}
	return s
}

// wholeLines is what is kept without a line of which the beginning is lost, and how much is not there.
func (t *Tail) wholeLines() (text []byte, lost int) {
	i := bytes.IndexByte(t.buf, '\n') + 1
	if t.lost == 0 || i == 0 || i == len(t.buf) {
		return t.buf, t.lost
	}
	return t.buf[i:], t.lost + i
}

// LastLine returns the last line that is not blank, in printable characters only.
func (t *Tail) LastLine() string {
	s := strings.TrimSpace(strings.ToValidUTF8(string(t.buf), "�"))
	return strings.Map(printable, s[strings.LastIndexByte(s, '\n')+1:])
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}
