package contract

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// reader parses a JSON text. What it accepts is JSON, and its value is that of encoding/json with
// UseNumber; it may refuse any text. Strings are parts of the text, which is not copied again.
type reader struct {
	text                   string
	at, depth              int
	doubles, escaped, huge bool
}

const maxDepth = 1000 // a tenth of what encoding/json accepts

func (r *reader) all() (any, bool) {
	v, ok := r.value()
	r.space()
	return v, ok && r.at == len(r.text)
}

func (r *reader) value() (any, bool) {
	switch r.next() {
	case '{':
		return r.nested((*reader).object)
	case '[':
		return r.nested((*reader).array)
	case '"':
		return boxed(r.str())
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	}
	return r.number()
}

func boxed(s string, ok bool) (any, bool) { return s, ok }

// next skips space and looks at what follows; 0 at the end.
func (r *reader) next() byte {
	r.space()
	return r.peek()
}

func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) space() {
	for c := r.peek(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = r.peek() {
		r.at++
	}
}

// take consumes c if it is next.
func (r *reader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) word(w string) bool {
	ok := strings.HasPrefix(r.text[r.at:], w)
	r.at += len(w)
	return ok && r.at <= len(r.text)
}

// nested reads what stands between brackets.
func (r *reader) nested(read func(*reader) (any, bool)) (any, bool) {
	r.at++
	r.depth++
	if r.depth > maxDepth {
		return nil, false
	}
	v, ok := read(r)
	r.depth--
	return v, ok
}

func (r *reader) object() (any, bool) {
	m := map[string]any{}
	if r.take('}') {
		return m, true
	}
	for r.member(m) {
		if r.take('}') {
			return m, true
		}
		if !r.take(',') {
			break
		}
	}
	return nil, false
}

func (r *reader) member(m map[string]any) bool {
	if r.next() != '"' {
		return false
	}
	name, ok := r.str()
	if !ok || !r.take(':') {
		return false
	}
	v, ok := r.value()
	n := len(m)
	m[name] = v
	r.doubles = r.doubles || len(m) == n
	return ok
}

func (r *reader) array() (any, bool) {
	a := []any{}
	if r.take(']') {
		return a, true
	}
	for {
		v, ok := r.value()
		if !ok {
			return nil, false
		}
		a = append(a, v)
		if r.take(']') {
			return a, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

// str reads a string at its opening quote.
func (r *reader) str() (string, bool) {
	start := r.at + 1
	ascii := true
	for i := start; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			s := r.text[start:i]
			return s, ascii || utf8.ValidString(s)
		case c == '\\':
			return r.escapedStr()
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// escapedStr finds the end of a string with escapes, and leaves it to encoding/json what they mean.
func (r *reader) escapedStr() (s string, ok bool) {
	r.escaped = true
	start := r.at
	for i := start + 1; i < len(r.text); i++ {
		switch r.text[i] {
		case '\\':
			i++
		case '"':
			r.at = i + 1
			return s, json.Unmarshal([]byte(r.text[start:r.at]), &s) == nil
		}
	}
	return "", false
}

func (r *reader) number() (any, bool) {
	start := r.at
	if r.peek() == '-' {
		r.at++
	}
	if !r.whole() || !r.fraction() || !r.exponent() {
		return nil, false
	}
	return json.Number(r.text[start:r.at]), true
}

// whole reads 0, or digits that do not begin with it.
func (r *reader) whole() bool {
	if r.peek() == '0' {
		r.at++
		return true
	}
	return r.digits() > 0
}

func (r *reader) digits() int {
	start := r.at
	for c := r.peek(); '0' <= c && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at - start
}

func (r *reader) fraction() bool {
	if r.peek() != '.' {
		return true
	}
	r.at++
	return r.digits() > 0
}

func (r *reader) exponent() bool {
	if r.peek()|0x20 != 'e' {
		return true
	}
	r.at++
	if c := r.peek(); c == '+' || c == '-' {
		r.at++
	}
	n := r.digits()
	r.huge = r.huge || n > 3
	return n > 0
}
