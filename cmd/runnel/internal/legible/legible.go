// Package legible makes text of the input fit for a message to a person: short, and without bytes that a terminal would
// obey instead of show.
package legible

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// most is the number of characters that a message shows of a text, mostListed that of a list.
const (
	most       = 60
	mostListed = 120
)

// Text returns s as it is if it is short and can be printed; shortened or quoted otherwise.
func Text(s string) string {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, hidden) {
		return Quoted(s)
	}
	head, more := cut(s)
	return head + more
}

// Quoted returns s in quotes, with escapes, shortened if it is long.
func Quoted(s string) string {
	head, more := cut(s)
	return strconv.Quote(head) + more
}

// List returns names with commas between them, or "" if they are too many to be read.
func List(names []string) string {
	if len(names) > mostListed {
		return ""
	}
	shown := make([]string, len(names))
	for i, s := range names {
		shown[i] = Text(s)
	}
	list := strings.Join(shown, ", ")
	if utf8.RuneCountInString(list) > mostListed {
		return ""
	}
	return list
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }

// cut returns the beginning of s and a mark if that is not all.
func cut(s string) (head, more string) {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i], "…"
		}
	}
	return s, ""
}
