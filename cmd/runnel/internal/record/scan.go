package record

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// mark is the byte order mark that some programs put before UTF-8.
var mark = []byte("\xef\xbb\xbf")

// scanner cuts the input into rows. It knows nothing of what a row means.
type scanner struct {
	src    *bufio.Reader
	max    int    // bytes of a row without its line end
	line   int    // line on which the next row begins
	quotes *state // nil unless line ends within quotes belong to the row
	rest   *rest  // what the reader left of a row over the limit
	bom    []byte // the byte order mark, if the input began with one
}

var errOverlong = errors.New("row over the limit")

// next returns a row with its line end and the line it began on. With errOverlong it is only the beginning of the row,
// and s.rest has what follows. io.EOF comes alone.
func (s *scanner) next() (row []byte, line int, err error) {
	if err := s.skipRest(); err != nil {
		return nil, s.line, err
	}
	line = s.line
	s.quotes.reset()
	for {
		part, end, err := s.part(len(row) == 0 && line == 1)
		row = append(row, part...)
		switch {
		case len(row) > s.max+len("\r\n"), (end || err != nil) && len(trimEnd(row)) > s.max:
			s.rest = &rest{s: s, ended: end, err: err}
			return row, line, errOverlong
		case err == io.EOF && len(row) > 0:
			return row, line, nil
		case err != nil, end:
			return row, line, err
		}
	}
}

// part reads on up to the next line end or a buffer's worth, and tells whether the row ends there. It takes the mark off
// the first part of the input; to look for it ahead would wait for more than a short first row.
// The bytes are valid until the next call.
func (s *scanner) part(first bool) (part []byte, end bool, err error) {
	part, err = s.src.ReadSlice('\n')
	if first && bytes.HasPrefix(part, mark) {
		part, s.bom = part[len(mark):], mark
	}
	if err == bufio.ErrBufferFull {
		err = nil
	}
	open := s.quotes.feed(part)
	if !bytes.HasSuffix(part, []byte("\n")) {
		return part, false, err
	}
	s.line++
	return part, !open, err
}

func (s *scanner) skipRest() error {
	if s.rest == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, s.rest)
	s.rest = nil
	return err
}

// rest reads what is left of a row that is over the limit.
type rest struct {
	s     *scanner
	held  []byte // read and not yet given out
	ended bool
	err   error
}

func (r *rest) Read(p []byte) (int, error) {
	if len(r.held) == 0 {
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.held)
	r.held = r.held[n:]
	return n, nil
}

func (r *rest) more() error {
	switch {
	case r.err != nil:
		return r.err
	case r.ended:
		return io.EOF
	}
	r.held, r.ended, r.err = r.s.part(false)
	if len(r.held) == 0 && r.err != nil {
		return r.err
	}
	return nil
}

func trimEnd(row []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(row, []byte("\n")), []byte("\r"))
}
