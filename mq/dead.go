package mq

import (
	"encoding/json"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// DeadLetter is a message that a group has given up, with everything that is known of it. Its JSON is
// stable: fields are added, none changes its name or meaning.
type DeadLetter struct {
	Topic string    `json:"topic"`
	Seq   uint64    `json:"seq"` // its own number, unique within the topic; 0 in OnDead, where it is not stored yet
	State DeadState `json:"state"`
	Group string    `json:"group"` // that has given it up
	Time  time.Time `json:"time"`  // when it was given up

	Reason      Reason `json:"reason"`
	Error       string `json:"error"`           // text of the last error, the first 8 KiB
	Type        string `json:"type"`            // of the error, in Go's notation, wrappings aside
	Fingerprint string `json:"fingerprint"`     // equal for letters of the same failure
	Title       string `json:"title"`           // of the failure, for people: the text without its variable parts
	Stack       string `json:"stack,omitempty"` // of a panic, the first 16 KiB
	Handler     string `json:"handler"`
	Version     string `json:"version,omitempty"` // of the contract in force at the handler

	Attempts int       `json:"attempts"`           // that failed
	History  []Attempt `json:"history,omitempty"`  // the first 3 and the last 7 of them
	Omitted  int       `json:"omitted,omitempty"`  // attempts that History leaves out
	Lapses   int       `json:"lapses,omitempty"`   // leases that ended with neither settlement nor hand back
	Message  DeadBody  `json:"message"`            // as it was published
	ReplayOf string    `json:"replayOf,omitempty"` // ID of the message that Message repeats, having died before
	Edited   bool      `json:"edited,omitempty"`   // Message differs from the one that it repeats

	Replay *Replay     `json:"replay,omitempty"` // the latest one; nil if there was none
	Events []DeadEvent `json:"events,omitempty"` // what people did with the letter: the latest 50
}

// DeadState is where a letter is in its life.
//
//	held → replaying → replayed       Replay, Edit
//	held, replayed → deleted          Delete
//	deleted → as before; replayed → held   Restore
//	any → gone for good               Purge
type DeadState string

// The states of letters. StateAny is for filters: all of them.
const (
	StateHeld      DeadState = "held"
	StateReplaying DeadState = "replaying" // a replay has begun and is not known to be done: another Replay completes it
	StateReplayed  DeadState = "replayed"
	StateDeleted   DeadState = "deleted"
	StateAny       DeadState = "any"
)

// DeadBody is the message of a letter. In JSON the payload is a string: as it is if that is UTF-8, which
// "encoding": "text" tells, otherwise "base64".
type DeadBody struct {
	ID        string
	Key       string
	Seq       uint64 // of the message within the topic
	Header    Header
	Payload   []byte
	Published time.Time
	NotBefore time.Time // zero: at once
	Expires   time.Time // zero: as the topic says
	Dedup     string    // its DedupID
}

// Replay is a message that repeats that of a letter.
type Replay struct {
	Seq    uint64    `json:"seq"`   // of the letter
	Group  string    `json:"group"` // which alone gets it
	ID     string    `json:"id"`    // of the new message
	Of     string    `json:"of"`    // ID of the message repeated
	Key    string    `json:"key,omitempty"`
	Edited bool      `json:"edited,omitempty"`
	Time   time.Time `json:"time"` // when it was begun
	By     string    `json:"by,omitempty"`
	Note   string    `json:"note,omitempty"`
}

// DeadEvent is something that was done with a letter.
type DeadEvent struct {
	Time   time.Time `json:"time"`
	Action string    `json:"action"`       // "replayed", "edited", "deleted", "restored"
	ID     string    `json:"id,omitempty"` // of the message that a replay has sent
	By     string    `json:"by,omitempty"`
	Note   string    `json:"note,omitempty"`
}

// Header fields that replays have besides HeaderReplayOf.
const HeaderEditedFrom = "Runnel-Edited-From" // ID of the message that was edited to make this one

// deadLetterOf reads a letter. What cannot be read of its cause, being of another version, is left
// out, and the error tells so; the message is there in any case.
func deadLetterOf(topic string, l *driver.Letter) DeadLetter {
	c := cause{History: &trail{}}
	if err := json.Unmarshal(l.Cause, &c); err != nil {
		c = cause{Error: "mq: the cause of this letter is not readable: " + err.Error(), History: &trail{}}
	}
	if c.History == nil {
		c.History = &trail{}
	}
	d := DeadLetter{
		Topic: topic, Seq: l.Seq, Group: l.Group, Time: l.Time,
		Reason: c.Reason, Error: c.Error, Type: c.Type, Fingerprint: c.Fingerprint, Title: c.Title,
		Stack: c.Stack, Handler: c.Handler, Version: c.Version,
		Attempts: c.History.made(), History: c.History.attempts(), Omitted: c.History.Out, Lapses: c.Lapses,
		Message: bodyOf(&l.Record), ReplayOf: l.Record.Header.Get(HeaderReplayOf),
	}
	_, d.Edited = l.Record.Header.Lookup(HeaderEditedFrom)
	n := noteOf(l)
	d.State, d.Replay, d.Events = n.state(l.State), n.Replay, n.Events
	return d
}

func bodyOf(r *driver.Record) DeadBody {
	return DeadBody{
		ID: r.ID, Key: r.Key, Seq: r.Seq, Header: r.Header, Payload: r.Payload,
		Published: r.Published, NotBefore: r.NotBefore, Expires: r.Expires, Dedup: r.Dedup,
	}
}
