// Package driver is the contract between package mq and the engines that store and deliver its
// messages. It is for authors of engines; users of mq meet it only where they open one.
//
// # Usage
//
// An engine implements [Engine] and [Source], six methods in all, over plain structs. What goes
// beyond that is optional: [Featured] tells what the engine cannot do, [Admin] counts and lists,
// [Morgue] keeps dead letters to be browsed. An engine is done when the suite of package drivertest
// passes.
//
// # Division of labour
//
// The engine stores records, keeps for each group which of them are settled, and gives them out in
// the order asked for, under a lease. Package mq does the rest, once for all engines: encoding,
// workers, extending leases, deciding about failures, the content of dead letters, metrics.
//
// # Accounts
//
// For each topic and group, at any moment,
//
//	Published = Acked + Dead + Expired + Dropped + InFlight + Waiting
//
// where Waiting includes what waits for its time, or behind a record of its key.
//
// # Concurrency
//
// All methods of all interfaces are called by many goroutines at once.
//
// # How to write an engine
//
//  1. Store records: Publish and the definition of topics, with the errors of the contract. What the
//     engine cannot do, Features says, and it is refused.
//  2. Keep for each group a state of package driver/group, behind the engine's lock. It decides what is
//     ready, under which lease, in which order; the engine says what happens (a record got its place, a
//     settlement came, time has passed) and counts what it is answered.
//  3. Wait: Fetch until the state has something ready, Publish until there is room. The state tells when
//     it has something to do next.
//  4. Make what must last durable: records before Publish returns, settlements before Settle does, with
//     the attempts and the state that Retry brings. After a restart the groups are restored from that.
//  5. Run package drivertest from the first day on. It leaves out what does not exist yet.
//
// Package mq/mem is the reference: who wonders what a sentence means looks what it does.
//
// # What the suite proves
//
// Every sentence of this package that obliges an engine has a case in drivertest that quotes it, or a
// reason why it has none; a test of the suite compares them. Every case is made to fail by an engine that
// is broken on purpose. What it cannot prove is that what is on a disk outlives the loss of power, and
// that an order of events that was never tried is right.
//
// # Errors
//
// An engine returns the errors of this package, wrapped with what they are about. An error that is
// none of them means that the engine is in trouble (a disk, a network); the caller may try again.
package driver
