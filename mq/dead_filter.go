package mq

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Filter chooses dead letters: those for which all fields hold that are set. The zero value chooses
// all that are in the state which an operation is about: held for List, Groups, Replay and Delete,
// deleted for Restore and Purge.
type Filter struct {
	State DeadState // StateAny for all

	Seqs        []uint64 // these letters; that one of them does not exist, or is in another state, is an error
	After       uint64   // letters with a greater Seq: to go on after a page
	Fingerprint string
	Reason      Reason
	Type        string // of the error, as in DeadLetter.Type
	Error       string // a part of the error's text, upper and lower case alike
	Handler     string
	Key         string    // of the message
	ID          string    // of the message, or of the one that it repeats, or of its replay
	Since       time.Time // given up then or later
	Until       time.Time // given up earlier
}

var reasons = []Reason{ReasonFailed, ReasonPanic, ReasonContract, ReasonDecode, ReasonLapsed, ReasonStuck}

var prints = regexp.MustCompile(`^[0-9a-f]{16}$`)

// check tells all that makes no sense. may are the states that the operation can begin with.
func (f Filter) check(may []DeadState) error {
	var wrong []string
	say := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	say(f.State != "" && f.State != StateAny && !slices.Contains(may, f.State), "State is %q, want one of %q, or %q", f.State, may, StateAny)
	say(slices.Contains(f.Seqs, 0), "Seqs has a 0; letters are numbered from 1")
	say(f.Fingerprint != "" && !prints.MatchString(f.Fingerprint),
		"Fingerprint is %q, want 16 hexadecimal digits in lower case, as DeadLetter.Fingerprint", f.Fingerprint)
	say(f.Reason != "" && !slices.Contains(reasons, f.Reason), "Reason is %q, want one of %q", f.Reason, reasons)
	say(!f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until),
		"Since is %v and Until is %v, want Since before Until", f.Since, f.Until)
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrFilter, strings.Join(wrong, "; "))
}

// fits tells whether d is chosen, its state aside.
func (f Filter) fits(d *DeadLetter) bool {
	return d.Seq > f.After &&
		(f.Fingerprint == "" || f.Fingerprint == d.Fingerprint) &&
		(f.Reason == "" || f.Reason == d.Reason) &&
		(f.Type == "" || f.Type == d.Type) &&
		(f.Handler == "" || f.Handler == d.Handler) &&
		(f.Key == "" || f.Key == d.Message.Key) &&
		(f.ID == "" || f.ID == d.Message.ID || f.ID == d.ReplayOf || d.Replay != nil && f.ID == d.Replay.ID) &&
		(f.Since.IsZero() || !d.Time.Before(f.Since)) &&
		(f.Until.IsZero() || d.Time.Before(f.Until)) &&
		(f.Error == "" || strings.Contains(strings.ToLower(d.Error), strings.ToLower(f.Error)))
}
