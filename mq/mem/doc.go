// Package mem is the engine that keeps topics in memory. It is the reference of package driver: complete,
// exact, and fast; it runs in simulations and in bubbles of testing/synctest.
//
// # Usage
//
//	client := mq.New(mem.New(nil), …)
//
// [New] opens an engine on a store of its own. A test that plays several processes makes a [Store], and
// an [Engine] for each: [Engine.Close] ends one in order, [Engine.Crash] as a kill would, and
// [Store.Open] brings up the next. [Faults] makes calls fail.
//
// # What survives what
//
//	                       source closes   engine closes   engine crashes   process ends
//	records, letters       stay            stay            stay             are gone
//	what it has leased     is handed back  is handed back  lapses           is gone
//	attempts, state        stay            stay            stay             are gone
//	an Ephemeral group     ends, with the last source of it, in each case
//
// Once Close or Crash has returned, no call of that engine stores, gives out or settles anything.
//
// # Life of a record
//
//	Publish ─▶ delayed (shelf) ──its time──▶ placed (log, position = Seq) ──all groups have settled it──▶ gone
//	   │                                       ▲
//	   └───────── no NotBefore ────────────────┘
//
//	stored = delayed + placed <= MaxMessages
//
// A record is stored as long as a group has to settle it, or no group has had it. When it is gone from the
// topic before (it is dropped, replaced, expired), each group ends it, but one that has it leased: its
// account tells how. A group that is new begins with all that is stored and has not expired.
//
// Delays are never early: the clock is looked at again when a record is due, in case it was set back.
//
// # Waiting
//
// No goroutine runs behind a topic. Who waits, for records or for room, stands in a line, and sleeps on a
// channel of its own. One of them, the keeper, also waits for what is due next: a lease, an attempt, a
// delay, an expiry. What makes something possible wakes as many as can use it. Publishers get room in the
// order in which they came, and who comes while others wait stands behind them; fetchers are woken in
// that order too, but one that comes just then may be first. A signal is sent after the lock is released.
//
// Without anybody who waits, nothing happens when something is due: it is done by the next call that could
// tell the difference.
//
// # Bounds
//
// Memory of a message that waits, besides its payload, key and header, in bytes (TestMemoryOfWaiting):
//
//	for its turn, in one group or two, with or without a key         110
//	the same in order per key, with a key that no other has          180
//	in a topic with MaxAge                                           140
//	leased, or for its next attempt                                  270, and the State of Retry
//	for its time                                                     240
//	a lone one of many that are gone                                 250
//
// A Dedup id is remembered for the window of its topic, whatever becomes of its record: so many ids are
// held as come within it. A topic without MaxMessages and MaxAge, and with a group that settles nothing,
// grows without limit; so do dead letters, until they are purged. A span of Seqs of which none is stored
// costs 1 byte for 1,000.
//
// Calls cost O(log n) at most in what waits for a time, and the number of groups. Account looks at all
// that is leased, retrying or delayed, to find the oldest; Subscribe to a group that is new, Close of a
// group that is Ephemeral, and DeleteGroup look at all that is stored.
//
// # Concurrency
//
// A topic has one lock, and nobody waits while holding it. The lock of a store is above those of topics;
// that of an engine guards the list of its sources only.
//
// # Files
//
//	store.go, engine.go   stores, engines
//	topic.go, publish.go  a topic; what Publish does, and overflow
//	source.go             Fetch, Settle, Close
//	wait.go               lines, the keeper, signals
//	log.go, block.go      records by position
//	delayed.go, dues.go   records and times by when they are due
//	dedup.go, latest.go   windows; LatestPerKey
//	letters.go, admin.go  driver.Morgue; driver.Admin
//	faults.go, names.go   injected faults; IDs
package mem
