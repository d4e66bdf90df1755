package mq

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// Message is what a handler gets: plain data.
type Message[T any] struct {
	Value T
	Meta
}

// Meta is what is known of a message besides its value.
type Meta struct {
	Topic, Group string
	ID           string // unique within the topic; also that of a replay, which has a new one
	Key          string // "" on unkeyed topics
	Header       Header
	Seq          uint64    // within the topic
	Published    time.Time // when
	Attempt      int       // 1 for the first
	Last         bool      // no attempt follows this one, if it fails
	Version      string    // of the contract it was published under, or ""
	Payload      []byte    // as stored; not to be changed
}

// Header holds what travels beside a value.
type Header = driver.Header

// The names of header fields that package mq uses itself. All begin with "Runnel-", which others
// must not. Trace context is in "traceparent" and "tracestate".
const (
	HeaderVersion     = "Runnel-Version"     // of the contract
	HeaderReplayOf    = "Runnel-Replay-Of"   // ID of the message that a replay repeats
	HeaderReplyTo     = "Runnel-Reply-To"    // where a reply is awaited
	HeaderCorrelation = "Runnel-Correlation" // which request a reply answers
	HeaderDeadline    = "Runnel-Deadline"    // when nobody awaits the reply any more, RFC 3339 with nanoseconds
	HeaderError       = "Runnel-Error"       // a reply that is an error: its text
)
