// Package flow runs graphs of processes. The topology is data; a process is a plain function, or
// a state with handlers; the graph does execution, lifecycle, failure and monitoring.
//
// # Usage
//
// Processes have names and typed ports, edges go from an output to an input and are channels
// with a policy of their own:
//
//	g := flow.New("delays").
//		Add("flights", flow.Source(readFlights)).
//		Add("parse", flow.Step(parse), flow.Parallel(4)).
//		Add("store", flow.Sink(store), flow.Timeout(time.Second)).
//		Add("show", flow.Sink(show)).
//		Connect("flights", "parse", runnel.Buffer(64)).
//		Connect("parse", "store", runnel.Buffer(64)).
//		Connect("parse", "show", runnel.Sliding(1)) // only the latest, and never in the way
//	err := g.Run(ctx)
//
// [Graph.Check] finds mistakes before anything runs: names that do not exist, ports of different
// types, ports that nobody connected; all at once, and what was probably meant.
//
// [Graph.Mermaid] and [Graph.DOT] draw the graph, and [json.Marshal] gives it as data.
//
// A process is made by [Step], [FlatStep], [Source] or [Sink] from a function, or by [Stateful]
// from a state and a handler for each of its inputs. Neither knows who comes before or after it.
//
// [Graph.Start] gives the [Flow] that runs, to be asked and told things: [Flow.Status],
// [Flow.Failures], [Flow.Pause], [Flow.Inject], [Flow.Drain], [Flow.Stop]. It can be changed while it
// runs: [Flow.Scale] gives a process more workers or fewer, [Flow.Swap] other functions. [Cast] sends
// a signal past the edges to all processes that [Listen].
//
// # Concurrency properties
//
// A process is one goroutine, or n with [Parallel], and works on one message at a time in each.
// What it sends on one edge arrives in that order; with Parallel messages may overtake each
// other within a process. An input with several edges, and a process with several inputs, takes
// from any that has something, by a fair draw. A state is used by one goroutine at a time.
//
// For each edge and each process, at every moment:
//
//	sent = received + buffered + dropped, by reason
//	Σ received = done + in hand, at most one message for each worker
//
// and when the flow has ended nothing is buffered or in hand. A message that was not carried
// through counts as dropped on the edge by which it came: Failed, or Undelivered if the flow
// stopped meanwhile.
//
// Graphs may have cycles. A cycle ends when nothing comes from outside of it any more and no
// message is left in it. As everywhere, a cycle whose edges are all full waits for itself: give
// one of them a buffer that holds what can be in it.
//
// # Blocking and backpressure
//
// An edge without options hands each value over; [runnel.Buffer] lets its sender run ahead; the
// policies that drop never make it wait. A value goes to all edges of an output at once, and the
// process goes on when all have taken it. So a slow process slows down those before it, up to the
// source, unless an edge between them drops, which is counted.
//
// [Flow.Pause] holds between two outputs, also in the middle of a message. Start, Resume, Status
// and Failures do not block; Pause, Scale and Swap wait for movements only, not for functions.
//
// # Errors and closing
//
// When all sources have ended, what is in flight is carried through, process after process ends,
// and [Flow.Wait] returns nil. [Flow.Drain] ends the sources and does the same. [Flow.Stop] drains
// until its context ends, then gives up the rest, and tells in its account what that was.
//
// A call that fails, by an error, a panic or its [Timeout], is repeated as [Retry] says. Then it is a
// [*Failure] of the process: it is counted, sent to [Flow.Failures], and ends the flow, unless the
// process goes on: by [Skip] with the next message, by [Restart] with a new state, or because its
// dead letters are connected. These are an output of type *Failure, named "failures", that every
// process has:
//
//	Connect("parse.failures", "bury", runnel.Buffer(16))
//
// What comes in there is under the policy, and in the account, of that edge. It may be sent back: see
// the example of [Failure]. A function
// that returns [ErrDone] ends its process. A process whose outputs nobody takes any more ends too, and
// so do those before it.
//
// A function should give up when its context ends: then the flow stops, or its [Timeout] is over.
// It is never abandoned: if it hangs, the end of the flow waits for it, and Status tells so.
//
// # Watching
//
// [Flow.Status] tells what every process and every edge has done and does, and never waits for
// a function. Two readings make rates: [Status.Since]. [Flow.Explain] says why a flow does not move: which
// process the others wait for, or which wait for each other. [Log] tells events to
// slog, [Report] lets a function tell what it likes.
//
// # Testing
//
// A flow starts goroutines and waits by means of package runnel only. So it runs in a bubble of
// testing/synctest, and package sim tries a graph, with the functions in it, in every order.
//
// How it is built, and why: docs/design/0013-flow.md.
package flow
