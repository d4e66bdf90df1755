// Package drivertest is the conformance suite of engines: an engine of package driver is done when
// [Run] passes. It judges by the contract alone, so that all engines mean the same.
//
// # Usage
//
// A test of the engine hands over a [Harness], which makes brokers:
//
//	func TestConformance(t *testing.T) {
//		drivertest.Run(t, drivertest.Harness{New: newBroker, Virtual: true})
//	}
//
// Each obligation of package driver is a subtest of its own, which quotes it when it fails. What
// the engine says in Features that it lacks must be refused with ErrUnsupported: that is tested
// then instead. What it does not offer at all (Admin, Morgue, a Restart) is left out, and logged.
//
// # Time
//
// With Virtual each subtest runs in a bubble of testing/synctest: hours pass at once, and the whole
// suite takes seconds. Otherwise leases and delays are short and limits generous: a subtest never
// sleeps to succeed, it polls until a limit; only that something does not happen costs time.
//
// # Concurrency properties
//
// Many subtests use an engine from many goroutines, so the suite is worth most under the race
// detector. [Life] is a randomized life of a broker with crashes; the flags drivertest.seed and
// drivertest.lives vary and lengthen it.
//
// # Testing
//
// The suite is tested by engines that break one obligation each: every one of them must fail.
package drivertest
