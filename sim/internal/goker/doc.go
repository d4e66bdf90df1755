// Package goker is a set of concurrency bugs by which the simulator is judged: the shapes of
// bugs that the projects grpc-go, etcd, Kubernetes, Moby, CockroachDB, Istio, Knative Serving
// and Syncthing have had, as collected in the GoKer part of GoBench (Yuan, Li, Lu, Liu, Li,
// Xue: GoBench: A Benchmark Suite of Real-World Go Concurrency Bugs, CGO 2021). Each is named
// by project and number of the issue or pull request, and written afresh with the operations
// of package runnel.
//
// # Usage
//
// A [Kernel] holds a shape in two versions: Buggy, in which the simulator must find the bug
// within 1,000 schedules whatever the seed, and Fixed, its twin, in which it must not find
// anything.
//
//	for _, k := range goker.Kernels {
//		report := sim.Check(k.Buggy, sim.Seed(seed))
//		…
//	}
//
// Two differences to Go's own channels matter to a few shapes. A channel of runnel does not
// panic when a value is sent after Close; where that panic is the bug, the shape panics itself
// (send). And a deadline is a timer of runnel here, not one of package context, so that the
// kernels also run outside of testing/synctest bubbles.
//
// # Concurrency properties
//
// The tasks of a kernel share nothing but what the kernel makes in each run, so kernels may be
// explored again and again, and by several goroutines.
//
// # Blocking and backpressure
//
// Most of the bugs are tasks that block for ever. Loops that were endless upstream are short
// here: a few rounds are enough for the bug, and an unfair schedule must come to an end.
//
// # Errors and closing
//
// Fails lists the kinds of failure that are the bug: which one is seen first may depend on the
// schedule.
//
// # Testing
//
// The test of this package hunts every bug with many seeds and explores every twin.
package goker
