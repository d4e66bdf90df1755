// Package sim runs a test under many schedules: who goes on at each operation, which ready case
// a Select takes, and when timers fire are decided by the package instead of by chance. A
// schedule that fails is run again, shortened to the decisions that matter, and told.
//
// # Usage
//
// The body of a test makes channels, starts tasks and asserts what must hold, as in any test:
//
//	func TestShutdown(t *testing.T) {
//		sim.Test(t, func(t *sim.T) {
//			jobs := runnel.New[int](runnel.Buffer(4))
//			t.Go("producer", func() {
//				defer jobs.Close()
//				jobs.Send(t.Context(), 1)
//			})
//			v, err := jobs.Recv(t.Context())
//			t.Assert(v == 1 && err == nil, "got %d, %v", v, err)
//		})
//	}
//
// It runs once for each schedule, and must make all that it uses anew. [Test] tries all
// schedules if they are few, and otherwise 1,000, or as many as fit into a second; options
// change that. [Check] does the same without a test. Goroutines are started by [T.Go] or
// runnel.Go, and wait and sleep by runnel's operations. Nothing else in the code under test need
// know that it is simulated: stages of package pipe, say, run as they are.
//
// The guide docs/guide/testing.md goes from a flaky test to its shortest interleaving.
//
// # What is explored
//
// Before each operation on a channel or lock of package runnel another task may go on. So may it
// where the body calls [T.Point], and only there between two uses of plain variables or of
// package sync/atomic. [T.Choose] lets the body itself be varied.
//
// Several strategies take turns, because each misses what another one finds soon: [POS],
// [Random] and [PCT]. They draw from a seed, which every report names.
//
// If there are not too many, all schedules are run instead, except those that differ from
// another one only in the order of operations that have nothing to do with each other; see
// [Exhaustive]. Only then does a test that passes mean that the body cannot fail.
//
// # Time
//
// Time is virtual: an hour passes at once when nobody can do anything before. In every second
// schedule it may also pass while tasks could run, since on a real machine a goroutine can be
// held up for longer than any timeout; [Punctual] excludes that. In Test, package time and the
// deadlines of contexts follow. Timers of package time itself do not count as something that
// is still to come: a schedule in which tasks wait for them alone is a deadlock.
//
// # Failures
//
// A schedule fails if the body says so, by methods of [T] named as those of testing.T, or by a
// [T.Invariant]; if a task panics; if tasks wait for ever ([Deadlock]; [Leak] if the body has
// ended); and if it comes to no end ([Livelock]). The methods of the outer testing.T that end a
// test, used in a body, are an [Exit].
//
// The report tells where each task is that has not ended, and what each has done, in the order in
// which it happened. Forced decisions are marked. Everywhere else the schedule is the plainest there is:
// a task goes on until it waits or ends, then the next one does, and time stands still until
// nobody can go on. So the marks show what it takes for the failure.
//
// # Replaying
//
// A report ends with commands that run the failing schedule again, by tokens in the environment:
// the shortened one (d1.…) outlives changes of the program that do not touch the decisions in
// it, and the one that was found (s1.…, by a fuzzer t1.…) is good for the same build. To keep
// one as a test of its own, give the token to [Replay].
//
//	RUNNEL_SIM_REPLAY=token       run this schedule only, and tell it
//	RUNNEL_SIM_SEED=number        as the option Seed
//	RUNNEL_SIM_SCHEDULES=number   as the option Schedules
//	RUNNEL_SIM_FOR=duration       as the option For
//
// # Fuzzing
//
// [Fuzz] makes a body the target of Go's native fuzzing. The input is the schedule, one byte for
// each deviation from the plainest one, and what [T.Choose] draws:
//
//	func FuzzShutdown(f *testing.F) { sim.Fuzz(f, shutdown) }
//
//	go test -fuzz '^FuzzShutdown$'
//
// So a search goes on for as long as it is let, is guided by the code that schedules reach, and
// keeps in its corpus what it has learned. What it makes up is no better than what the strategies
// draw: without -fuzz the target is a Test, which also runs the inputs that have failed before.
// Fuzzers shorten the inputs that they keep, which takes long where a schedule does;
// -fuzzminimizetime 1s limits that.
//
// # Data races
//
// Under the race detector (go test -race) a schedule in which two tasks use a variable without
// an order between them fails as a [Race], although one task runs at a time: the detector is not
// told in which order tasks happen to run, only what puts them in order in the real program, too.
// So a race shows in the first schedule that comes to both uses, not when two processors happen to
// meet, and its token brings it up again. A [T.Invariant] looks at what tasks share after every
// step, which puts all of them in order: a body with one shows no races.
//
// # Waiting by other means
//
// A task may wait by other means than runnel's: in a native channel, time.Sleep, a sync.WaitGroup
// or a sync.Cond, <-ctx.Done(). When Test finds one waiting so, it begins again in a way in which
// others can go on meanwhile. That takes some five times as long, and what such operations let go
// on runs until its next operation of runnel in no order that a schedule could change. So write
// the waits that matter with runnel. [Report.Native] tells where it happened. The goroutines of
// the first attempt stay behind, blocked.
//
// Neither Check, which has no bubble, can do that, nor can a sync.Mutex be waited for so, nor a
// system call: they hold up the whole simulation, as does a loop that comes to no operation. After
// five seconds a message names the place.
//
// # Honest limits
//
// That a number of schedules passed proves nothing about the others.
//
// What is not done by runnel's operations is not reordered: native channels and locks, atomics,
// plain memory. All runs are sequentially consistent: that processors may see writes in different
// orders is not explored, only told of as a race.
//
// A batch goes through the transducer of a channel ([runnel.NewVia]) in one step, and really value
// by value, so that a receiver may come between.
//
// Goroutines that the go statement starts run as they like, between two operations of tasks, and
// must not use what belongs to the simulation. Real input and output is best replaced by fakes.
//
// The body must depend on nothing but its schedule. A global variable that keeps a value, the
// order of a map or a random number can make a schedule differ when it is run again; then the
// report says where, and cannot shorten it.
//
// Schedules in which timers are late fail for programs that rely on being fast enough. That
// may be the bug, or a noise that Punctual ends.
//
// One simulation runs at a time in a process. runtime.LockOSThread must not be called in a task.
// A task that never waits can be ended only at its next operation.
//
// # Testing
//
// The semantics of channels under simulation are compared with those of real ones by the same
// programs in both, and the strategies are measured by bugs of real programs, of which
// internal/goker holds 52 with a corrected twin for each.
package sim
