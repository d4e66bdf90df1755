package driver

import (
	"context"
	"time"
)

// Featured is implemented by engines that cannot do everything. What a topic or a subscription asks
// for and the engine cannot give is refused with ErrUnsupported, never imitated.
type Featured interface {
	Features() Features
}

// Features is what an engine can do.
type Features struct {
	Overflow   []Overflow
	Order      []Order
	Durability []Durability
	Delay      bool // Record.NotBefore
	Dedup      bool // Record.Dedup
	Expiry     bool // Record.Expires, Topic.MaxAge
	MaxBytes   int64
	Exact      bool // Accounts are exact at any moment, not only at rest
}

// Admin counts and removes.
type Admin interface {
	// Topics lists what is stored, by name.
	Topics(ctx context.Context) ([]Topic, error)

	// Account of one topic. ErrUnknownTopic if there is none.
	Account(ctx context.Context, topic string) (Account, error)

	// DeleteTopic removes a topic with its groups, records and dead letters; DeleteGroup a group,
	// and the records that were kept for it alone.
	DeleteTopic(ctx context.Context, topic string) error
	DeleteGroup(ctx context.Context, topic, group string) error
}

// Account is the ledger of a topic. See the package comment for the law.
type Account struct {
	Topic      string
	Stored     int64 // records held now
	Published  int64 // accepted ever: stored, or dropped on arrival
	Duplicates int64 // recognised and not stored
	Dropped    Drops // before any group existed
	Expired    int64 // before any group existed
	Groups     []GroupAccount
}

// GroupAccount is the ledger of a group.
type GroupAccount struct {
	Group string

	Published, Acked, Dead, Expired int64
	Dropped                         Drops
	InFlight, Waiting               int64

	Delayed, Retrying int64     // of Waiting: not yet due, by NotBefore and by Retry
	Oldest            time.Time // when the oldest unsettled record was published; zero if there is none
	Redelivered       int64     // deliveries of records that had been delivered before
}

// Drops counts by reason.
type Drops struct {
	Newest   int64 // DropNewest
	Oldest   int64 // DropOldest
	Replaced int64 // LatestPerKey
	Deleted  int64 // by Admin
}

// Total is the sum over the reasons.
func (d Drops) Total() int64 { return d.Newest + d.Oldest + d.Replaced + d.Deleted }

// Balanced tells whether the law of the package comment holds for a.
func (a GroupAccount) Balanced() bool {
	return a.Published == a.Acked+a.Dead+a.Expired+a.Dropped.Total()+a.InFlight+a.Waiting
}

// Morgue keeps the dead letters of Settle, per topic and group, until they are purged.
type Morgue interface {
	// Letters lists letters by rising Seq, those after the one given, at most limit of them (> 0).
	// An empty group stands for all groups.
	Letters(ctx context.Context, topic, group string, after uint64, limit int) ([]Letter, error)

	// MarkLetter moves a letter to another state, or leaves it in its own, and puts note in the
	// place of its Note. ErrLetter if there is none with this Seq, or its Rev is not rev any
	// more: of two that have read the same, one succeeds. To is Purged to remove it for good.
	MarkLetter(ctx context.Context, topic string, seq, rev uint64, to LetterState, note []byte) error
}

// Letter is a dead letter: a record that a group has given up.
type Letter struct {
	Seq    uint64 // its own number, rising along the topic; set by the engine
	Rev    uint64 // another one after each MarkLetter; set by the engine
	State  LetterState
	Group  string
	Time   time.Time // when it was given up
	Record Record    // as it was published
	Cause  []byte    // what package mq knows of the failure
	Note   []byte    // what became of it since
}

// LetterState is where a letter is in its life.
type LetterState uint8

const (
	Held LetterState = iota
	Replayed
	Deleted // can be restored
	Purged  // does not exist any more
)
