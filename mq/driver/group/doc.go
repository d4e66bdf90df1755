// Package group is the state of one group of consumers as a pure machine: which records are ready, to
// whom the others are leased, what waits for its time or its turn. It knows no clock, no channels and no
// records; engines tell it what happens, and do what it answers.
//
// # Usage
//
// An engine keeps one [Group] for each group of a topic, and guards it by its own lock:
//
//	g := group.New(driver.PerKey, keyOf)     // keyOf asks the engine's store
//	g.Add(pos, key)                          // a record has got its place
//	ends := g.Advance(now, nil)              // leases and waits that are over; count these ends
//	grant, ok := g.Take(member, now+lease)   // for a Fetch, as often as ok
//	fate, why := g.Settle(&event)            // for each settlement; count the fate
//	ended := g.Remove(pos, group.Expired)    // the topic has lost the record
//	ends = g.Return(member, nil)             // a member leaves
//	wakeAt := g.Due()                        // when Advance has something to do again
//
// Positions are the engine's: they rise in the order of places. Times are too: they are only compared.
//
// # States and events of a record
//
//	            Add ──────────▶ ready ◀───────────── Advance: due
//	             │               │  ▲                   │
//	   its key   │         Take  │  │ Release, Return,  │
//	   is taken  ▼               ▼  │ Advance: lapsed   │
//	           held ──▶ ready   leased ────────────▶ retrying
//	             its turn        │  ▲       Retry
//	                             └──┘ Extend
//
//	leased ── Ack ──▶ acked    leased ── Dead ──▶ dead    any but leased ── Remove ──▶ ended
//
// A lease that has lapsed leaves its token good until the next Take of the record: Ack, Extend and the
// others still work then, also from ready. What is removed while leased is doomed: it may be acked,
// buried and extended; anything else, and the end of its lease, ends it of what removed it. So each
// record that was added ends exactly once, as acked, dead, or with a [Why]: the engine's account is
// balanced if it counts what [Group.Settle], [Group.Advance], [Group.Return] and [Group.Remove] tell.
//
// # Invariants
//
//	unsettled = ready + held + leased + retrying, and each unsettled position is in exactly one
//	PerKey: of each key one position at most is leased or ready, the lowest unsettled one
//	Strict: one position at most is leased, the lowest unsettled one
//	Take gives the lowest position that is ready
//	tokens rise, so no two leases have the same
//
// The last but one is the fairness of the machine: whoever is passed over is passed over by records
// that were published before. For a record that is ready,
//
//	times passed over <= unsettled records before it when it became ready + returns of such ones since
//
// A hot key with a long line in front of a record costs it no more than that line, and with a worker to
// spare less, since only the head of the line is ready; a hot key behind it costs it nothing.
//
// # Costs
//
// Add, Take, Settle, Remove: amortised O(log n) in the number of records that are leased, retrying or
// returned, and O(1) for what is leased for equally long and acked in time. A record that is ready or
// held costs a bit in a page of 1,024, held ones 8 bytes more for their place in the lane, a key 70; one
// that is leased or retrying costs about 150 bytes. Return and Oldest look at all of these. Nothing is kept of what is
// settled, but at most 1,024 entries for reuse.
//
// # Files
//
//	group.go    the state; Add, Take, Advance
//	settle.go   Settle, Remove, Return
//	reorder.go  another order; Restore after a restart
//	lane.go     the line of one key
//	set.go      positions, a bit each
//	times.go    entries by time: a line of leases, a heap of the rest
//	queue.go    the heap
//	table.go    entries by position
//
// # Restart
//
// An engine that outlives its process keeps what Retry told it, per record, in its own way. It builds the
// group anew by rising position, with [Group.Add] for what was never given out and [Group.Restore] for
// the rest, and sets [Group.TokensAfter].
//
// # Testing
//
// The stories in testdata are played line by line, and show what becomes of each record; go test -update
// writes them. FuzzModel and TestModel play random events on the machine and on a list that is searched
// from its start, and compare all answers.
package group
