// Package marble makes the pictures of the guide: it runs operators, records what they do, and
// draws it as marble diagrams do. So the pictures are true, and a test notices when they are not
// any more.
//
// # Usage
//
// A picture is a function that wires real channels between scripted sources and consumers:
//
//	func Map(s *marble.Scene) {
//		in := s.In("in", "a - b - c |")
//		f := s.Work("a4 b1 c1")
//		out := pipe.Map(ctx, in, 2, f)
//		marble.Out(s, "out", out)
//	}
//
// [Record] runs it in a bubble of testing/synctest, where time is exact, and [Film.SVG] draws
// what happened. A script has one word for each tick: a value, "-" for none, "|" for a plain end,
// "!" for an end with [ErrLost]. A piece of work has one word for each value: the value, how many
// ticks a call takes, and "!" if it then fails with [ErrBad], "!2" if only the first two calls do.
//
// # Concurrency properties
//
// Everything that is recorded happens inside the bubble. What happens at one moment is drawn
// in the order in which one channel saw it, so a picture is the same in every run if its values
// do not race at one moment for one channel.
//
// # Blocking and backpressure
//
// A source offers a value at its tick and waits until the channel has accepted it; the next one
// is offered no sooner. The wait is drawn as a tail.
//
// # Errors and closing
//
// A source that is refused stops; the value that it could not send is drawn as refused. The
// bubble ends when all goroutines of the picture have ended: a picture that leaves one behind
// fails its test.
//
// # Testing
//
// The package is for tests only. Those that are here define every picture of docs/guide,
// compare it with the committed file, and run the code fragments of the guide; with -update they
// rewrite both.
package marble
