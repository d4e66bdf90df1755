package mq

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// maxEvents is how many events a letter keeps.
const maxEvents = 50

// A note is what [driver.Letter] keeps as Note: what people did with the letter.
//
// A replay is written down before it is sent (Claim), so that of two who act on a letter one wins
// before anything has happened, and done when it is sent. In between lies the state "replaying". Whoever
// finds a letter in it completes the replay, with the same id and the same content: if the first one
// had sent it, the engine takes it for a duplicate.
type note struct {
	Replays int                `json:"replays,omitempty"` // that were done
	Replay  *Replay            `json:"replay,omitempty"`  // the latest one, also if it is not done yet
	Tries   int                `json:"tries,omitempty"`   // how many have taken it up
	Claim   bool               `json:"claim,omitempty"`   // Replay is begun and not known to be done
	Draft   *draftJSON         `json:"draft,omitempty"`   // what Replay sends instead, until it is done
	Was     driver.LetterState `json:"was,omitempty"`     // the state before it was deleted
	Events  []DeadEvent        `json:"events,omitempty"`
}

type draftJSON struct {
	Key      string      `json:"key,omitempty"`
	Header   []fieldJSON `json:"header,omitempty"`
	Payload  string      `json:"payload"`
	Encoding string      `json:"encoding"`
}

func noteOf(l *driver.Letter) note {
	var n note
	if len(l.Note) == 0 || json.Unmarshal(l.Note, &n) != nil {
		return note{}
	}
	return n
}

func (n note) encode() []byte {
	text, err := json.Marshal(&n)
	if err != nil { // strings, numbers and times of this century: it cannot
		return nil
	}
	return text
}

func (n note) state(s driver.LetterState) DeadState {
	switch s {
	case driver.Held:
		return StateHeld
	case driver.Deleted:
		return StateDeleted
	case driver.Replayed:
		if n.Claim {
			return StateReplaying
		}
		return StateReplayed
	}
	return DeadState(strings.ToLower(s.String()))
}

// with adds an event.
func (n note) with(e DeadEvent) note {
	n.Events = append(n.Events[:len(n.Events):len(n.Events)], e)
	if over := len(n.Events) - maxEvents; over > 0 {
		n.Events = n.Events[over:]
	}
	return n
}

// begun is n with a replay that is about to be sent.
func (n note) begun(l *driver.Letter, draft *Draft, who signature) note {
	n.Claim, n.Tries = true, 0
	n.Replay = &Replay{
		Seq: l.Seq, Group: l.Group, ID: n.replayID(l), Of: l.Record.ID, Key: l.Record.Key,
		Edited: draft != nil, Time: time.Now().Round(0), By: who.by, Note: who.note,
	}
	if draft != nil {
		payload, encoding := encodePayload(draft.Payload)
		n.Draft = &draftJSON{draft.Key, encodeHeader(draft.Header), payload, encoding}
		n.Replay.Key = draft.Key
	}
	return n
}

// done is n after its replay has been sent.
func (n note) done() note {
	n.Claim, n.Tries, n.Draft, n.Replays = false, 0, nil, n.Replays+1
	action := "replayed"
	if n.Replay.Edited {
		action = "edited"
	}
	return n.with(DeadEvent{n.Replay.Time, action, n.Replay.ID, n.Replay.By, n.Replay.Note})
}

// replayID is "<id>#replay-<seq of the letter>", since no other letter of the topic has that; a letter
// that is replayed again after it was restored adds ".2" and so on. The replay of a replay does not
// grow: its id begins with that of the first message.
func (n note) replayID(l *driver.Letter) string {
	id := l.Record.ID
	if _, again := l.Record.Header.Lookup(HeaderReplayOf); again {
		if i := strings.LastIndex(id, "#replay-"); i >= 0 {
			id = id[:i]
		}
	}
	id = fmt.Sprintf("%s#replay-%d", id, l.Seq)
	if n.Replays > 0 {
		id = fmt.Sprintf("%s.%d", id, n.Replays+1)
	}
	return id
}

// record is the message that the replay sends: to the letter's group alone, with a new life.
func (n note) record(l *driver.Letter, dedup bool) (driver.Record, error) {
	now := time.Now()
	r := driver.Record{
		ID: n.Replay.ID, Key: l.Record.Key, Group: l.Group, Payload: l.Record.Payload, Published: now,
		Header: l.Record.Header.Without(HeaderEditedFrom),
	}
	if n.Draft != nil {
		payload, err := decodePayload(n.Draft.Payload, n.Draft.Encoding)
		if err != nil {
			return r, err
		}
		r.Key, r.Payload, r.Header = n.Draft.Key, payload, decodeHeader(n.Draft.Header).With(HeaderEditedFrom, l.Record.ID)
	}
	r.Header = r.Header.With(HeaderReplayOf, l.Record.ID)
	if dedup {
		r.Dedup = fmt.Sprintf("runnel:replay:%d.%d", l.Seq, n.Replays+1)
	}
	if life := l.Record.Expires.Sub(l.Record.Published); !l.Record.Expires.IsZero() && life > 0 {
		r.Expires = now.Add(life)
	}
	return r, nil
}
