// Package mqtest is for tests of programs that use package mq: it waits until everything has been
// settled, tells what was published, and fails a test in which a message has vanished.
//
// # Usage
//
// A [Kit] is a client on a memory engine of its own, which is the real one, not a mock:
//
//	func TestBilling(t *testing.T) {
//		kit := mqtest.New(t, nil)
//		kit.Run(&mq.Consumer[Order]{Topic: Orders, Group: "billing", Handler: bill})
//		err := Orders.Publish(t.Context(), kit.Client, Order{ID: "7"})
//		…
//		kit.Settle()
//		invoices := mqtest.Published(kit, Invoices)
//	}
//
// When the test ends the kit stops its consumers, closes the client, and compares the accounts of all
// topics with law: published = acked + dead + expired + dropped + in flight + waiting.
//
// # Faults
//
// [Faults] opens a memory engine on which publishing, fetching and acking go wrong now and then, as
// on a real one: handlers must be ready for messages that come twice, publishers for errors. The
// faults come from a seed, or from package sim, which then finds the shortest bad story.
//
// # Contracts
//
// [Golden] keeps the schema of each topic in a file beside the test. A change of a Go type that changes
// what goes over the wire fails the test, and says which field breaks whom.
//
// # Time
//
// Nothing here sleeps. In a bubble of testing/synctest and under package sim, retries that wait for
// an hour take no time.
package mqtest
