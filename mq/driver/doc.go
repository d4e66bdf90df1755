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
// # Errors
//
// An engine returns the errors of this package, wrapped with what they are about. An error that is
// none of them means that the engine is in trouble (a disk, a network); the caller may try again.
package driver
