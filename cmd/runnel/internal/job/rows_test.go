package job

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// A remainder that breaks tells which records it does not hold.
func TestLostRows(t *testing.T) {
	var b strings.Builder
	writes := 0
	full := nopCloser{&flaky{&b, func() bool { writes++; return writes > 2 }}}
	m := &remainder{open: func() (io.WriteCloser, error) { return full, nil }, ended: true}
	for row := range 6 {
		m.put(&record.Record{Row: row + 1, Raw: []byte("x\n")}, nil)
	}
	err := m.close()
	if !errors.Is(err, errFull) || err.Error() != "not saved: 4 records (rows 3-6): no space left" || b.String() != "x\nx\n" {
		t.Errorf("%v; remainder %q", err, b.String())
	}
}

func TestRowSet(t *testing.T) {
	for want, in := range map[string][]int{
		"1 record (row 3)":                                 {3},
		"4 records (rows 1, 5-7)":                          {1, 5, 6, 7},
		"9 records (rows 1, 3, 5, 7, 9, 11, 13, 15, … 17)": {1, 3, 5, 7, 9, 11, 13, 15, 17},
	} {
		var r rowSet
		for _, row := range in {
			r.add(row)
		}
		if r.String() != want {
			t.Errorf("%v: %s, want %s", in, r, want)
		}
	}
}
