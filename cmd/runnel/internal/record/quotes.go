package record

// state follows the quotes of a CSV row, to know whether a line end belongs to it. A quote opens only at the start of
// a field: a stray one further on (5" pipe) spoils its own row, not all that follow.
type state struct{ at position }

type position uint8

const (
	fieldStart position = iota
	unquoted
	quoted
	quoteInQuoted // closes the field, unless another quote follows
)

// reset prepares for a row. A nil state follows nothing.
func (s *state) reset() {
	if s != nil {
		s.at = fieldStart
	}
}

// feed follows b and tells whether a quote is open behind it.
func (s *state) feed(b []byte) bool {
	if s == nil {
		return false
	}
	for _, c := range b {
		s.at = s.at.after(c)
	}
	return s.at == quoted
}

func (p position) after(c byte) position {
	switch {
	case p == quoted && c == '"':
		return quoteInQuoted
	case p == quoted:
		return quoted
	case c == '"' && p != unquoted:
		return quoted
	case c == ',':
		return fieldStart
	}
	return unquoted
}
