package mq

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// Reason says why a message was given up.
type Reason string

const (
	ReasonFailed   Reason = "failed"   // the last attempt failed, or the handler returned Dead(err)
	ReasonPanic    Reason = "panic"    // the same by a panic
	ReasonContract Reason = "contract" // it breaks its contract; no attempt was made
	ReasonDecode   Reason = "decode"   // it cannot be decoded; no attempt was made
	ReasonLapsed   Reason = "lapsed"   // too many leases ended with neither settlement nor hand back
	ReasonStuck    Reason = "stuck"    // the last attempt's handler did not return in time
)

// What a letter keeps, in bytes. A letter is read by people, and kept for long.
const (
	maxErrorText = 8 << 10
	maxStack     = 16 << 10
)

// A burial is what is known of a message when it is given up.
type burial struct {
	Delivery *driver.Delivery
	Reason   Reason
	Err      error
	Last     *Attempt // the attempt that ended it, unless Delivery.State has it; nil if none was made
	Stack    []byte   // nil: that of the runnel.PanicError in Err, if there is one
	Group    string
	Handler  string
	Version  string // of the contract in force where the message was given up
	Time     time.Time
}

// A cause is what [driver.Letter] keeps as Cause. Its JSON is stored by engines: fields are added, and
// never change their meaning.
type cause struct {
	Reason      Reason `json:"reason"`
	Error       string `json:"error"`
	Type        string `json:"type"`
	Fingerprint string `json:"fingerprint"`
	Title       string `json:"title"`
	Stack       string `json:"stack,omitempty"`
	Handler     string `json:"handler"`
	Version     string `json:"version,omitempty"`
	Lapses      int    `json:"lapses,omitempty"`
	History     *trail `json:"history,omitempty"`
}

// letterOf is the letter for the settlement of a message that is given up.
func letterOf(b burial) *driver.Letter {
	c := causeOf(b)
	text, err := json.Marshal(&c)
	if err != nil { // strings, numbers and times of this century: it cannot
		text = []byte("{}")
	}
	r := b.Delivery.Record
	r.Outcome = driver.Stored
	return &driver.Letter{Group: b.Group, Time: b.Time, Record: r, Cause: text}
}

func causeOf(b burial) cause {
	h := trailOf(b.Delivery.State, b.Delivery.Attempts)
	if b.Last != nil {
		h = h.add(*b.Last)
	}
	stack := b.Stack
	if p, ok := findError[*runnel.PanicError](b.Err); ok && stack == nil {
		stack = p.Stack
	}
	c := cause{
		Reason: b.Reason, Error: shorten(textOf(b.Err), maxErrorText), Type: typeOf(b.Err),
		Stack: shorten(string(stack), maxStack), Handler: b.Handler, Version: b.Version,
		Lapses: b.Delivery.Lapses, History: &h,
	}
	c.Fingerprint, c.Title = fingerprint(b, string(stack))
	return c
}

// textOf is err.Error(), which is the user's code: it may panic, and must not take the process along.
func textOf(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("%T, whose Error panics: %v", err, p)
		}
	}()
	return err.Error()
}

// shorten cuts s to at most n bytes plus a note of how many were left out, between runes.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s… (%d bytes left out)", s[:n], len(s)-n)
}
