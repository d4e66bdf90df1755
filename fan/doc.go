// Package fan brings values from one channel to many and from many to one: [Mult] gives every
// value to everybody, [Pub] to those who have subscribed to its key, [Mix] joins inputs that
// can be muted, paused and played solo while values flow.
//
// # Usage
//
// A Mult is made of a receiver and tapped. Each tap says for itself what happens while it is
// slow:
//
//	m := fan.NewMult(prices)
//	audit := m.Tap(runnel.Buffer(64))                                   // everybody waits for it
//	live := m.Tap(runnel.Sliding(16))                                   // it misses values
//	slow := m.Tap(runnel.Buffer(8)).EvictAfter(200 * time.Millisecond)  // it is thrown out
//
//	runnel.Go(func() { err = m.Run(ctx) })
//	for p := range live.All(ctx) {
//		…
//	}
//
// A Pub does that by key, and forgets a key when its last subscriber leaves:
//
//	p := fan.NewPub(orders, func(o Order) string { return o.Country })
//	german := p.Sub("de", runnel.Buffer(16))
//
// A Mix has one output and inputs that come and go:
//
//	x := fan.NewMix(out)
//	x.Add(music, speech)
//	x.Set(fan.Setting[Sample]{In: music, Mode: fan.Mute})
//	x.Settings() // to show what plays
//	x.Close() // there will be no other inputs: out is closed when these have ended
//
// All three are passive until Run is called, which does the work on the goroutine that calls
// it and returns when there is nothing more to do. No goroutine is started.
//
// # Concurrency properties
//
// Every method may be called by any number of goroutines at once, but Run has an effect only
// the first time.
//
// Taps get values in the order of the input, with gaps only where their own policy drops. For
// all values that the Run of a Mult or a Pub has received from its input, at any moment at
// which it is not at work on one:
//
//	value = offered to each tap that was there at the time, at least one
//	      | rejected as Unheard | rejected as Failed, if the key function panicked
//	for each tap:  offered = received + buffered + dropped
//
// More exactly, a tap was there if it had joined before the taps for the value were looked up,
// and had not been closed when the value was offered to it. Less formally: nothing vanishes, and
// who missed what can be told by the numbers.
//
// A Mix sends the values of each input in their order and draws evenly among the inputs. For
// each input:
//
//	received = sent to the output + held (at most one value, while it waits or is paused)
//
// where what was muted, or could not be sent at the end, no longer counts as received but as
// dropped. A change of settings is done at one moment, and holds when the call returns.
//
// # Blocking and backpressure
//
// Only Run waits for others: for its input, then for those taps that block and are full, or
// for the output. It waits for all full taps at the same time; each of them gets the value as
// soon as it has room, and the next value is received when the last one has it. A tap that
// blocks slows the input down, and with it, in the long run, the others: that is what blocking
// means. It cannot do so once it has left, has been cancelled, or has been evicted.
//
// Tap, Sub, Leave and EvictAfter return at once. The calls that change a Mix wait until Run has
// carried them out, which is not held up by inputs or by the output.
//
// Values that flow allocate no memory. A wait does only if it is for other taps than the wait
// before, because a Select learns a new set of cases; and now and then for the timer of an
// eviction.
//
// Each time Run has waited it looks at all taps that are still full, and learns them anew. For
// many taps without a buffer this is what a value costs most: give them one, if only of a few
// values, and Run seldom waits.
//
// # Errors and closing
//
// The end travels downstream: when the input ends, the taps are closed with the same cause,
// after they have been given everything. A stop travels upstream: when the output of a Mix is
// closed by its consumer, or ctx ends, the inputs are cancelled, so that their senders learn of
// it. A Mult or a Pub whose taps have all left does not stop, since others may join; end its ctx
// or cancel its input for that. What Run returns is the cause of the end, nil for a plain one.
// The end of a ctx never looks like a plain one: if its cause matches [runnel.ErrClosed], it is
// wrapped in an error that does not.
//
// A Run that is left by a panic in a function of the user's ends, too, and tells both sides, so
// nobody waits for a goroutine that is gone.
//
// What happens in each case to each value says the documentation of [Mult], [Pub] and [Mix].
//
// # Testing
//
// Everything works in testing/synctest bubbles: Run waits in channel operations only, and an
// eviction follows the clock of the bubble. When Run has returned nothing is left running, so
// a bubble ends when its taps have been received from to their end.
package fan
