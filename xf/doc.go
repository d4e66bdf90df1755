// Package xf holds typed transducers: transformations of a stream of values that do not know where the values come
// from or where they go. The same [Step] runs on a slice, on an iterator and on a channel (runnel.NewVia), and gives the
// same values everywhere.
//
// # Usage
//
// Make steps, join them from left to right, and hand the result to whatever has the values:
//
//	words := xf.Compose3(
//		xf.FlatMap(strings.Fields), // one line becomes many words
//		xf.Map(strings.ToLower),
//		xf.Distinct[string](),
//	)
//	list := xf.Slice(words, lines)          // a slice in, a slice out
//	for w := range xf.Seq(words, input) {   // an iterator in, an iterator out, lazily
//		…
//	}
//
// A step without a function argument cannot guess its type, so it is named: Take[string](3). [Compose2], [Compose3]
// and [Compose4] check at compile time that each step takes what the one before it gives; longer chains nest them.
// [Compose] joins any number of steps that keep the type, also when the list is only known at run time.
//
// A fold needs no function of its own: range over [Seq] and add up.
//
// The steps, by what they do with a value:
//
//   - change it: [Map], [Scan]
//   - keep it or not: [Filter], [Remove], [FilterMap], [Dedupe], [DedupeBy], [Distinct], [DistinctBy]
//   - make several of it: [FlatMap], [FlatMapSeq], [Interpose]
//   - make one of several: [Batch], [BatchBy]
//   - cut the stream: [Take], [TakeWhile] at the end; [Drop], [DropWhile] at the start
//
// To write another one, return a type with Put and Close around the next [Sink]; the example of [Step] is complete.
//
// # Order and completion
//
// Order is kept: what the first value leads to comes before anything that the second leads to. Composition reads from
// left to right, so Compose2(a, b) gives a's results to b.
//
// A stream ends by Close, which travels from the first step to the last, exactly once in each run, whether the input
// ran out or somebody stopped early. A step that still holds values (a started [Batch]) passes them on before it passes
// the Close on. Later steps may take such a value or refuse it like any other.
//
// # Early stop
//
// Put reports whether more is wanted. The false comes back with the last value that mattered, not with the one after
// it: Take(3) refuses to go on while it accepts its third value, so a source is never asked for a fourth. A stop
// travels from the consumer towards the source within the same call, through every step, also out of the middle of a
// [FlatMap]; the values that it would still have made are not made. More formally, with the sinks s1 … sn of a run:
//
//	a Put on si that returns false ⇒ no later Put on si reaches s(i+1), and each returns false
//	s(i+1) returned false to si    ⇒ the Put on si during which it happened returns false
//	Close on si                    ⇒ exactly one Close on s(i+1), after every Put on it
//
// Less formally: nobody is asked to do work whose result nobody will see, and everybody hears about the end. What is
// flushed at Close towards a sink that has stopped is discarded.
//
// # Errors
//
// A step has no error channel. Where a function can fail, let it return a value that carries the error, or keep the
// failing call out of the step.
//
// A panic in a function given to a step passes through Put to whoever runs the step; nothing is recovered here, and
// [Slice] and [Seq] end without a Close. A runner that recovers may go on with the next Put, or with Close: what
// the panicking call was passing on is lost, and nothing else. A Close that panics has closed every later sink all
// the same.
//
// Wrong arguments (Batch(0), Take(-1), a nil function) panic where the step is made, not where it first runs.
//
// # Concurrency
//
// No step starts a goroutine, locks, waits or looks at a clock. A [Step] is an immutable value: keep it in a
// package variable, run it as often as you like, in several goroutines at once if the functions given to it allow
// that. A [Sink] is one run of it, holds that run's state, and belongs to one caller at a time.
//
// No step allocates per value, except for the slices that [Batch] and [BatchBy] hand out and for the keys that
// [Distinct] and [DistinctBy] remember; functions given to a step do what they do. These four are also the only
// ones that need more than constant memory, and their comments say how much.
//
// # Testing
//
// A step is tested without channels, clocks or goroutines: compare what [Slice] gives with what you expect. To test
// how far a step reads, range over [Seq] with an input that counts.
package xf
