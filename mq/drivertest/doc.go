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
// To run one case, or what an engine is being written for:
//
//	go test -run 'TestConformance/(Publish|Fetch|Settle)'
//
// [Cases] lists all with what they quote. In the order in which an engine grows they are Publish, Limit,
// Fetch, Settle, Close, Group; Lease, Retry, Order; Delay, Expiry, Dedup, Overflow; Dead, Account, Admin;
// Restart; Load, Life.
//
// # What other suites lack
//
//	dead letters                   Dead, Restart/Dead
//	delays, clocks and time zones  Delay; with Virtual, hours and days
//	order per key under failure    Order/PerKey, Load/FailingKey, Life/PerKey
//	a process that is killed       Lease/Crash, Retry/Crash, Delay/Crash, Life
//	a broker that is killed        Restart
//	duplicates, counted            Load/Competing, Dedup
//	slow consumers, full topics    Load/SlowConsumer, Overflow
//	the end of a lease             Lease, Settle
//	what closing hands back        Close
//	limits of headers and keys     Limit, Publish/Intact
//	accounts                       Account, and in all others
//	calls that fail                Restart/Calls, Life
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
// The suite is tested by engines that break one obligation each: every one of them must fail the case that
// names what is broken, every case must notice one of them, and every sentence of the contract must have
// a case or a reason.
package drivertest
