package driver

import (
	"context"
	"time"
)

// Engine stores records by topic.
type Engine interface {
	// Publish stores records of one topic, in their order, and returns when they are as durable
	// as the topic asks for. n is how many of them, from the first on, have been dealt with:
	// Seq and Outcome of these are set. err is nil if and only if n = len(records); otherwise
	// it tells why records[n] was not accepted, and neither it nor any after it has had an
	// effect:
	//
	//	ErrFull             the topic is full, and its Overflow is Reject
	//	ErrTooLarge         the record alone is more than the topic or the engine can hold
	//	ErrUnknownTopic     topic.MustExist, and it does not
	//	ErrConflict         the topic exists with another definition
	//	ErrUnsupported      the engine cannot give what the topic asks for
	//	ErrClosed           the engine has been closed
	//	context.Cause(ctx)  ctx ended before there was room (Overflow Block), or before it began
	//
	// Otherwise a topic that does not exist is made, also if there are no records. A record with
	// NotBefore takes its room when it is stored, and its place in the order when its time has
	// come: behind all records that have theirs by then. Header and Payload are neither changed by the engine nor, after the
	// call, by the caller; records itself belongs to the caller again.
	Publish(ctx context.Context, topic *Topic, records []Record) (n int, err error)

	// Subscribe opens a source of a topic's records for a group, and makes both if they do not
	// exist. Sources of one group compete, each record goes to one of them; each group gets
	// every record. A new group begins with the oldest record that is still stored, or with
	// those published after this call if s.Latest. From then on records are kept for the group
	// until it has settled them, also while it has no source. Errors as for Publish, and
	// ErrConflict if the group is in use with another Order.
	Subscribe(ctx context.Context, topic *Topic, s Subscription) (Source, error)

	// Close closes all sources and ends all calls with ErrClosed. What is stored stays, as far
	// as the engine is durable. A second call does nothing, and returns nil.
	Close() error
}

// Source gives out the records of a topic to a member of a group.
//
// A record is ready for a group if its time (NotBefore, or At of the last Retry) has come, it is
// leased to nobody and not settled, and
//
//	Unordered  always
//	PerKey     no record of its key with an earlier place is unsettled; a record without a key
//	           is its own key
//	Strict     no record with an earlier place is unsettled
//
// So at most one record of a key is leased at a time, and one that waits for its next attempt
// holds up its successors, and nobody else. Records that are ready are given out in the order of
// their places, which is that of publishing; only Retry comes when it is due.
type Source interface {
	// Fetch waits until a record is ready, then fills into with those that are, without
	// waiting for more, and returns how many: 1 to len(into). Each is leased for
	// Subscription.Lease from now: given to nobody else before that has passed or it is
	// settled. n is 0 if and only if err is not nil: ErrClosed, or context.Cause(ctx), and then
	// nothing has been leased.
	Fetch(ctx context.Context, into []Delivery) (n int, err error)

	// Settle says what becomes of deliveries. Each stands for itself: its Err is set to nil, or to
	// ErrLeaseLost if Token is not that of the record's present lease, and then it has had no
	// effect. A Token stays valid beyond the lease's time as long as the record has been given
	// to nobody else. The error returned is the engine's own trouble, for all of them: what
	// became of them is unknown then, and they may be settled again, or lapse. ErrClosed if the
	// source has been closed.
	Settle(ctx context.Context, s []Settlement) error

	// Close hands back what has not been settled, as Release does, and ends all calls with
	// ErrClosed. A second call does nothing, and returns nil.
	Close() error
}

// Topic is the definition of a topic. Engines compare all fields but MustExist and Groups with
// those of the stored one.
type Topic struct {
	Name        string
	Overflow    Overflow
	MaxMessages int64         // stored at once; 0: no limit
	MaxBytes    int64         // of one record's key, header and payload; 0: the engine's own limit
	MaxAge      time.Duration // records expire that long after they were published; 0: never
	DedupWindow time.Duration // how long a Dedup id is remembered; 0: 2 minutes
	Durability  Durability
	Groups      []string // made with the topic, so that records are kept for them from the start
	MustExist   bool     // the topic is not made by Publish and Subscribe
}

// Subscription says who wants a topic's records, and how.
type Subscription struct {
	Group  string
	Order  Order
	Lease  time.Duration // > 0
	Latest bool          // a new group begins with what is published from now on

	// Ephemeral: the group ends with its last source, and its records are forgotten.
	Ephemeral bool
}

// Record is what is stored.
type Record struct {
	ID        string // "" to have the engine name it; not looked at otherwise
	Key       string
	Dedup     string // a record with the Dedup of another one, within the topic's window, is a duplicate
	Group     string // for this group alone; "" for all
	Header    Header
	Payload   []byte
	Published time.Time // set by the caller
	NotBefore time.Time // zero: at once. Never given out earlier
	Expires   time.Time // zero: as MaxAge says. Not given out later; one that is running is not stopped

	// Seq names the record within its topic; it rises in the order of publishing and is never used
	// again. Publish sets it, and may leave 0 for a record with NotBefore.
	Seq     uint64
	Outcome Outcome // set by Publish
}

// Delivery is a record under a lease.
type Delivery struct {
	Record
	Token uint64    // proves the lease; new for each
	Until time.Time // when the lease lapses unless it is extended

	// Attempts and State are what the last Retry told to keep. They outlive a crash.
	Attempts int
	State    []byte

	// Lapses counts leases that ended with neither a settlement nor a Close: whoever had the
	// record died, or was stopped for longer than a lease.
	Lapses int
}

// Settlement says what becomes of one delivery.
type Settlement struct {
	Seq, Token uint64
	Verb       Verb

	// For Retry: the record is not ready before At, and then comes with Attempts and State.
	At       time.Time
	Attempts int
	State    []byte

	// For Dead: stored where [Morgue] finds it, before the record is given up.
	Letter *Letter

	Err error // set by Settle
}

// Verb is what becomes of a delivery.
type Verb uint8

const (
	Ack     Verb = iota // it is done
	Release             // not begun: it is ready again at once, in its place, with nothing changed
	Extend              // still at work: the lease runs Subscription.Lease from now
	Retry               // failed: it is ready again At
	Dead                // given up: Letter is stored, once however often this is repeated
)

// Outcome is what became of a record that was published.
type Outcome uint8

const (
	Stored    Outcome = iota
	Duplicate         // its Dedup is known: it was not stored again, and Seq is the first one's
	Dropped           // by DropNewest, and counted
)

// Overflow is what happens when a topic holds MaxMessages: the policies of channels, by name.
type Overflow uint8

const (
	Block        Overflow = iota // Publish waits until there is room
	Reject                       // Publish returns ErrFull
	DropNewest                   // the record is dropped
	DropOldest                   // the oldest one stored is dropped
	LatestPerKey                 // at any time: a record takes the place of the one with its key. When full: DropOldest
)

// Order is how far a group keeps the order of a topic.
type Order uint8

const (
	Unordered Order = iota
	PerKey
	Strict
)

// Durability is what an accepted record outlives.
type Durability uint8

const (
	DefaultDurability Durability = iota // the engine's own
	Memory                              // nothing: it ends with the process
	OSFlush                             // the process; it is forced to the disk every 100 ms
	Fsync                               // the machine: it is on the disk
)
