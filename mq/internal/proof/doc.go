// Package proof proves the messaging layer as a whole: mq over mq/mem, in simulated schedules, with
// faults. It has nothing but tests.
//
// A world is drawn from a seed: topics, groups, processes that publish and consume, handlers that
// succeed, fail, panic and take too long, and what goes wrong around them. What handlers do is written
// into a ledger outside of the broker; a witness between mq and the engine writes down each lease and
// what became of it. The laws below are about the two, and are checked at every event or at the end.
//
// # Laws
//
// For a group g and a value v that was published; h, h' are handlings: calls of a handler with v.
//
//	balance     published = acked + dead + expired + dropped + in flight + waiting        at every look
//	            published(g) = publishes that were accepted, and are no duplicates
//	nothing     h(v) ⇒ v was published
//	  invented
//	nothing     v accepted ⇒ at the end, some h(v) ended well, or v has a dead letter, or v is counted as
//	  lost        expired or dropped: acked ≤ |{v: some h(v) ended well}|, dead = |letters|
//	acks        Ack(v) ⇒ an h(v) of that process ended well. Retry, Dead(v) ⇒ one failed, or is stuck,
//	  are true    or nothing could be tried. Release(v) ⇒ none began, or it was ended by the drain
//	once        h' follows h ⇒ h failed and was to be tried again; or its process died, or the schedule let
//	  unless      its lease end, or the engine was told to lose the settlement. If it was settled all the
//	              same, a fault lied: there are as many of these as faults struck, at most
//	attempts    the attempt of h(v) = 1 + Retry's settlements of v; at most Retry.Attempts; never less than
//	              before, whatever crashes
//	never       h(v) begins at or after v's publishing + delay, and after a failure not before the retry's
//	  early       time, which is at least half of what Retry says
//	leases      h begins under a lease that runs; while h runs and its process lives nobody else is given v;
//	              an extension is of a handling that runs
//	order       PerKey: v before w of one key ⇒ h(w) begins only when some h(v) has ended v: well, or for
//	              good; first handlings are in publishing order. Strict: the same for the whole topic.
//	              Excepted is what was expired or dropped
//	fair        with n workers, whatever one key does, a message of another key begins within the time of
//	              the handlings that are before it
//	drain       after Run has returned nil, no handler of it runs, nothing is in flight of it, and
//	              what it had fetched and not begun is waiting at once
package proof
