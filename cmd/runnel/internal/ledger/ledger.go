// Package ledger holds the account of a job: where every record that was read has gone.
package ledger

import "fmt"

// Ledger counts records. What was read equals the sum of all the rest.
type Ledger struct {
	Read        int64 `json:"read"`        // taken from the input, malformed ones too
	Done        int64 `json:"done"`        // worked on with success, and their results handed on
	Failed      int64 `json:"failed"`      // given up after their last attempt
	Rejected    int64 `json:"rejected"`    // malformed, never started
	Dropped     Drops `json:"dropped"`     // by the policy of the buffer
	NotStarted  int64 `json:"not_started"` // left over by a stop
	Interrupted int64 `json:"interrupted"` // started and cut short by a stop, left over as well
}

// Drops counts what a full buffer dropped.
type Drops struct {
	Newest int64 `json:"newest"`
	Oldest int64 `json:"oldest"`
}

// Total is the sum of the drops.
func (d Drops) Total() int64 { return d.Newest + d.Oldest }

// Dead is the number of records that became dead letters.
func (l Ledger) Dead() int64 { return l.Failed + l.Rejected }

// Settled is the number of records whose fate is known.
func (l Ledger) Settled() int64 {
	return l.Done + l.Dead() + l.Dropped.Total() + l.NotStarted + l.Interrupted
}

// Check returns an error if the ledger does not balance.
func (l Ledger) Check() error {
	if l.Read == l.Settled() {
		return nil
	}
	return fmt.Errorf("the ledger does not balance, %d of %d records are unaccounted for: %s", l.Read-l.Settled(), l.Read, l)
}

// String is the equation, as one line.
func (l Ledger) String() string {
	s := fmt.Sprintf("read %d = done %d + dead %d + dropped %d + not started %d",
		l.Read, l.Done, l.Dead(), l.Dropped.Total(), l.NotStarted)
	if l.Interrupted > 0 {
		s += fmt.Sprintf(" + interrupted %d", l.Interrupted)
	}
	return s
}
