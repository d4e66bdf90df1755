// Package step is what the channels' own algorithms share between goroutines: atomic words, what
// a goroutine sleeps on, the end of a context, chance. Without the build tag steps its names are
// those of the standard library, and it costs nothing. With the tag a simulation decides before
// every access who goes on.
//
// # Usage
//
// The root package declares its words with the types of this package and uses them as ever.
// Package sim then explores the code that is shipped, access by access:
//
//	go test -tags steps -run '^TestSteps' .
//
// With the tag channels that a task makes are real ones: their operations are no steps, what
// they do is. (Without it, an operation on a channel of a simulation is one step.) So nothing
// but those tests can be run with it.
//
// # Concurrency properties
//
// Every access is sequentially consistent, as those of sync/atomic are. A task that waits for a
// word to change, as who finds a lock taken does, goes on when that has happened: its turns of
// looking in vain are left out, since they change nothing.
//
// Plain memory is not interleaved. It need not be: between two accesses a task runs alone, and
// if the program has no data race, which the race detector finds in the tests without the tag,
// then no other task can see where between them plain memory is used.
//
// # Testing
//
// The tests here hold the words, the sleep and the context of a simulation against the real
// ones. Those of the algorithms are in the root package: steps_*_test.go.
package step
