// Package runnel is asynchronous message passing: channels with a policy for when they are
// full, a story of how they end, and an account of every value that went through them.
//
// # Usage
//
// A channel is made with a buffer policy and used with a context:
//
//	orders := runnel.New[Order](runnel.Buffer(64), runnel.Name("orders"))
//
//	go func() {
//		defer orders.Close()
//		for _, o := range incoming {
//			if err := orders.Send(ctx, o); err != nil {
//				return // closed by the consumer, or ctx ended; o was not accepted
//			}
//		}
//	}()
//
//	for o := range orders.All(ctx) {
//		handle(o)
//	}
//	if ctx.Err() != nil {
//		return context.Cause(ctx)
//	}
//	return orders.Err() // why the stream ended, nil for a plain Close
//
// Instead of waiting when it is full, a channel can drop the newest value ([Dropping]) or the
// oldest ([Sliding]), grow ([Unbounded]), keep the first value for ever ([NewPromise]), do what
// a [Policy] of your own says ([NewBuffered]), or transform what passes ([NewVia], with the
// steps of package xf).
//
// [Select] chooses among any number of sends and receives of different types, known only at
// run time; [SelectPriority] by order, [TrySelect] without waiting. The timers [After], [At]
// and [Tick] are channels. [From], [Native], [FromSeq] and [Chan.All] lead to native channels
// and sequences and back.
//
// # Concurrency properties
//
// Every method may be called by any number of goroutines at once.
//
// Values of one sender are received in the order in which they were sent, but for those that
// a policy drops or a Policy of the user's reorders. Senders that wait are served in the order
// in which they came, and so are receivers. Less formally: first come, first served, at both
// ends.
//
// A value moves in one step from a sender's hands, or from the buffer, into a receiver's. There
// is no moment at which it is in neither, so an operation that fails has had no effect: a value
// that Send refused is still the sender's, and a Recv that was cancelled took nothing. The same
// holds for Select: one case is carried out, no other has had any effect, and two Selects that
// meet on a rendezvous commit together or not at all.
//
// What happened before a send happens before what follows the receive of that value; what
// happened before a receive happens before what follows the send that took its place, as with
// Go's channels.
//
// # Blocking and backpressure
//
// A send blocks while the channel is full, a receive while it is open and empty, and so do the
// batch forms, Select and the ranges made of them. Everything else returns at once.
// A full channel is how a slow consumer slows its producers down: nothing piles up unless the
// policy says so. Every blocking operation takes a context and ends with its cause when it
// ends. A context that has ended already wins over an operation that could proceed.
//
// A policy that drops never makes a sender wait, and counts what it drops.
//
// # Errors and closing
//
// Closed is a value, never a panic. [Chan.Close] is for the sending side: no send is accepted
// any more, what is buffered is still received, and so are the values of senders that were
// waiting. Any goroutine may close, any number of times; with several producers, [Producer]
// closes with the last one. [Chan.CloseWith] gives a cause, which receivers get at the end of
// the stream. [Chan.Cancel] is for the receiving side: it refuses senders at once, so that a
// stop travels upstream, and gives what is buffered to [Chan.OnDrop].
//
// # Account
//
// At every moment, for every channel but a promise,
//
//	sent = received + buffered + dropped
//
// and dropped is counted by [Reason]. [Chan.Stats] tells it, together with who waits, without
// ever waiting for user code. A channel with a [Name] also measures how long its senders and
// receivers have been waiting, and is listed by [Channels].
//
// # Testing
//
// Everything works inside testing/synctest bubbles: a goroutine that waits for a channel is
// durably blocked, and timers follow the bubble's clock. A channel made outside may be used by
// one bubble after another. What Go forbids remains forbidden: a goroutine in a bubble must
// not be woken from outside of it.
package runnel
