// Package mq carries messages between goroutines, processes and machines: typed topics, groups of
// consumers, retries, dead letters, contracts. What it promises is the same on every engine; package
// mem is the one in memory, package driver says what makes another one.
//
// # What it is
//
// A Topic is a named sequence of messages of one type. Publish adds one. A group is one reader of the
// topic, with any number of Consumers, here and elsewhere, which share its messages; each group gets all
// of them. A message is leased to a consumer, and settled: acked when the handler returns nil,
// tried again later when it fails, a dead letter when it fails for the last time. A lease that ends
// without that, because the process has died, gives the message to another one. So a message is
// handled at least once, and a handler must bear to see one twice.
//
// # The law
//
// For each topic and group, at any moment:
//
//	published = acked + dead + expired + dropped + in flight + waiting
//
// Nothing else can become of a message. Client.Account tells these numbers, and Client.Stats
// what this process has done.
//
// # A first program
//
//	var orders = mq.NewTopic[Order]("orders")
//
//	client := mq.Open(mem.New(nil), nil)
//	err := orders.Publish(ctx, client, Order{"kettle", 1})
//
//	packing := &mq.Consumer[Order]{Topic: orders, Group: "packing",
//		Handler: func(ctx context.Context, m *mq.Message[Order]) error {
//			return pack(ctx, m.Value)
//		}}
//	err = packing.Run(ctx, client) // until ctx ends, then what runs is waited for
//
// # Where things lie
//
//	define           NewTopic and its options: Keyed, MaxMessages, Overflow, DedupWindow, …; Client.Declare
//	publish          Topic.Publish, PublishAll; Key, DedupID, Delay, At, TTL, SetHeader; PublishMiddleware
//	consume          Consumer: Run with Handler or Batch, Pause, Resume; Run for several at once; Middleware
//	order            Unordered, PerKey, Strict
//	failures         Retry, Dead, RetryAfter; Consumer.OnDead; DeadLetters to list, replay, edit and delete
//	pull             Consumer.Messages for a loop, Consumer.Open for runnel.Select; Delivery
//	ask              Request and Replies
//	look             Client.Account, Client.Stats, Consumer.Stats; package mqotel
//	contracts        package contract
//	tests            package mqtest
//	other engines    packages driver and drivertest
//
// Errors are for errors.Is with those in this package, and name the topic and what would be right. Trouble
// of an engine is logged and tried again, and is not an error of Run unless it is for good.
package mq
