package job

import (
	"fmt"
	"strings"
)

// rowSet is a set of rows, told by its spans.
type rowSet struct {
	count int
	spans []span
}

// span is from one row to another, both included.
type span struct{ from, to int }

// add adds a row behind all others.
func (r *rowSet) add(row int) {
	r.count++
	if last := len(r.spans) - 1; last >= 0 && r.spans[last].to == row-1 {
		r.spans[last].to = row
		return
	}
	r.spans = append(r.spans, span{row, row})
}

// mostSpans is how many spans are spelled out.
const mostSpans = 8

// String is such as "4 records (rows 1, 5-7)".
func (r rowSet) String() string {
	var parts []string
	for _, s := range r.spans[:min(len(r.spans), mostSpans)] {
		parts = append(parts, s.String())
	}
	if len(r.spans) > mostSpans {
		parts = append(parts, fmt.Sprintf("… %d", r.spans[len(r.spans)-1].to))
	}
	list := strings.Join(parts, ", ")
	if r.count == 1 {
		return fmt.Sprintf("1 record (row %s)", list)
	}
	return fmt.Sprintf("%d records (rows %s)", r.count, list)
}

func (s span) String() string {
	if s.from == s.to {
		return fmt.Sprint(s.from)
	}
	return fmt.Sprintf("%d-%d", s.from, s.to)
}
