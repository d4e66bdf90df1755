// Package pipe holds stages: operators that take values out of a channel, do something with
// them, and put the results into another. Each runs in goroutines of its own, and each knows
// how it ends.
//
// # Usage
//
// There are two shapes only. A function that returns a channel starts a stage and never blocks;
// a function that returns an error runs to the end.
//
//	lines := runnel.FromSeq(ctx, input)                  // a sequence becomes a channel
//	orders := pipe.Map(ctx, lines, 1, parse)
//	priced := pipe.Map(ctx, orders, 8, fetchPrice)       // 8 at a time, the order is kept
//	batches := pipe.Batch(ctx, priced, 100, time.Second) // 100, or what came within a second
//	err := pipe.ForEach(ctx, batches, 1, store)          // the first error of any stage
//
// The function of a stage gets a context and may fail. Pure steps belong into one [Through]
// instead of a chain of stages: a step of package xf costs a function call, a stage a goroutine
// and two operations on a channel.
//
// The options at the end of every stage are those of [runnel.New], for its output: without one
// each value is handed over from stage to stage; with [runnel.Buffer] the stage may run ahead;
// with [runnel.Sliding] its consumer gets the latest values and the account tells what was
// dropped; with [runnel.Name] the output is listed.
//
// The stages, by what they do:
//
//   - call a function, n at a time: [Map], [MapUnordered], [MapKeyed], [FlatMap],
//     [FlatMapUnordered], [Filter]; and [Retry], [RetryEach], [Try] for the function
//   - change the stream without waiting: [Through], [Take]
//   - look at the clock: [Batch], [Window], [WindowBy], [Throttle], [Debounce], [Timeout]
//   - several streams into one: [Merge], [MergePriority], [Zip], [ZipAll]
//   - one stream into several: [Split], [Partition], [Tee]; package fan has those that change
//     while they run
//   - begin: [Generate], [FromSeq2]; [runnel.FromSeq], [runnel.From]
//   - end: [ForEach], [Collect], [Reduce], [Pipe], [Seq2]; and [Group], which waits for all of it
//
// # Concurrency properties
//
// Order is kept unless the name says otherwise. A stage with n workers holds at most n values;
// its number of goroutines does not depend on the length of its input. A value belongs to one
// goroutine at a time, and what happened before a send happens before the receive, through any
// number of stages.
//
// # Blocking and backpressure
//
// A stage takes a value when it is ready to work on it, and sends its result before it takes the
// next. So a slow consumer slows the whole chain down, up to its source, and nothing piles up
// but in buffers that were asked for.
//
// # Errors and closing
//
// The documentation of each stage answers five questions; these are the answers where it does
// not say otherwise.
//
//   - The input ends: the output closes once everything is delivered.
//   - The input ends with an error: the same, and the output closes with that error. So the end
//     of a chain gets the first error of any stage, behind the values that came before it.
//   - The function fails, panics or ends its goroutine: the output closes with the error, for a
//     panic a [runnel.PanicError] with its stack. The input is cancelled.
//   - The consumer stops: it cancels the output ([runnel.Receiver] Cancel; the functions of this
//     package that run to the end do so by themselves), and the input is cancelled with the same
//     cause within that call. So a stop travels to the source, and no stage needs somebody who
//     drains it.
//   - ctx ends: the output closes with its cause, the input is cancelled.
//
// A stage that has stopped takes no more values. Whatever it held is accounted for where it was:
// a value that it failed on is counted on its input as Failed; values that it had not begun
// with, on its input as Undelivered; results that nobody takes, on its output as Undelivered.
// The OnDrop of these channels gets them. Thus, for every stage, values received from the input
// and their results, sent or counted, are in balance.
//
// The functions that run to the end wait for their own calls. When one returns, the stages in
// front of it have been told to stop, but a call of theirs may still be running; a [Group]
// waits for them. In a chain the first error ends everything. Where it branches (Split,
// Partition, Tee, or a Mult of package fan), a consumer that stops or fails ends its branch
// only, and a Group is what ends the others.
//
// A function should give up when its context ends: then the stage has been stopped. Stages
// never abandon a call; if it hangs, they wait for it. The context given to a stage is for its
// whole life; it costs nothing while values flow.
//
// Wrong arguments (n = 0, a nil function) panic where the stage is made.
//
// # Testing
//
// Stages work inside testing/synctest bubbles, with virtual time: a bubble whose stages have
// not ended does not end either, so a test that returns is also a proof that nothing leaked.
package pipe
