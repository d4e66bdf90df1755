package ledger

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	l := Ledger{Read: 21, Done: 1, Failed: 2, Rejected: 3, Dropped: Drops{Newest: 4, Oldest: 5}, NotStarted: 6}
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	if want := "read 21 = done 1 + dead 5 + dropped 9 + not started 6"; l.String() != want {
		t.Errorf("%q, want %q", l, want)
	}
	l.Interrupted = 7
	err := l.Check()
	if err == nil || !strings.Contains(err.Error(), "-7 of 21 records") || !strings.HasSuffix(l.String(), " + interrupted 7") {
		t.Errorf("%v, %v", l, err)
	}
}
