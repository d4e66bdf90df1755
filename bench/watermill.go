package main

import (
	"context"
	"encoding/json"
	"runtime"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
)

// Watermill's GoChannel and Router are used as its documentation shows them, but without what they
// can do without: there is no logger and no middleware. They have no workers: with a publisher that
// waits for the ack one message is handled at a time, without it each message that waits has two
// goroutines.

const watermillTopic = "messages"

func newID() string { return watermill.NewUUID() }
func noID() string  { return "" }

// watermillRouter runs a handler of a topic until end is called.
func watermillRouter(config gochannel.Config, handle message.NoPublishHandlerFunc) (pub *gochannel.GoChannel, end func()) {
	pub = gochannel.NewGoChannel(config, nil)
	router := message.NewDefaultRouter(nil)
	router.AddConsumerHandler("handler", watermillTopic, pub, handle)
	ended := make(chan error, 1)
	go func() { ended <- router.Run(context.Background()) }()
	<-router.Running()
	return pub, func() {
		must(router.Close())
		must(<-ended)
		must(pub.Close())
	}
}

func waterBytes(config gochannel.Config, id func() string) func(*meter) {
	return func(m *meter) {
		done := newCountdown(m.n)
		pub, end := watermillRouter(config, func(msg *message.Message) error {
			done.one(len(msg.Payload))
			return nil
		})
		payload := make([]byte, payloadSize)
		m.together(func() {
			for range m.n {
				must(pub.Publish(watermillTopic, message.NewMessage(id(), payload)))
			}
		}, done.wait)
		end()
		done.check(m.n * payloadSize)
	}
}

func waterJSON(config gochannel.Config) func(*meter) {
	return func(m *meter) {
		done := newCountdown(m.n)
		pub, end := watermillRouter(config, func(msg *message.Message) error {
			var o benchOrder
			if err := json.Unmarshal(msg.Payload, &o); err != nil {
				return err
			}
			done.one(o.Number)
			return nil
		})
		m.together(func() {
			for i := range m.n {
				payload, err := json.Marshal(orderNumbered(i))
				must(err)
				must(pub.Publish(watermillTopic, message.NewMessage(newID(), payload)))
			}
		}, done.wait)
		end()
		done.check(m.n * (m.n - 1) / 2)
	}
}

// waterPublish publishes to a topic that keeps what nobody has subscribed to.
func waterPublish(m *meter) {
	pub := gochannel.NewGoChannel(gochannel.Config{Persistent: true}, nil)
	payload := make([]byte, payloadSize)
	m.counted(func() (n int) {
		for range m.n {
			if pub.Publish(watermillTopic, message.NewMessage(newID(), payload)) == nil {
				n++
			}
		}
		return n
	})
	must(pub.Close())
}

// waterWaiting measures what messages take that wait for a handler.
func waterWaiting(m *meter) {
	before := inUse()
	waterBacklog(func() { m.n, m.gauge = waiting, inUse()-before })
}

func waterGoroutines(m *meter) {
	before := runtime.NumGoroutine()
	waterBacklog(func() { m.gauge = float64(runtime.NumGoroutine() - before) })
}

// waterBacklog looks while a handler is busy and messages wait for it.
func waterBacklog(look func()) {
	done, gate := newCountdown(waiting), make(chan struct{})
	pub, end := watermillRouter(gochannel.Config{}, func(msg *message.Message) error {
		<-gate
		done.one(len(msg.Payload))
		return nil
	})
	for range waiting {
		payload := make([]byte, payloadSize)
		must(pub.Publish(watermillTopic, message.NewMessage(newID(), payload)))
	}
	look()
	close(gate)
	done.wait()
	end()
}

// countdown waits until n messages have been handled, and adds up what they say.
type countdown struct {
	left, sum atomic.Int64
	done      chan struct{}
}

func newCountdown(n int) *countdown {
	c := &countdown{done: make(chan struct{})}
	c.left.Store(int64(n))
	return c
}

func (c *countdown) one(v int) {
	c.sum.Add(int64(v))
	if c.left.Add(-1) == 0 {
		close(c.done)
	}
}

func (c *countdown) wait() { <-c.done }

func (c *countdown) check(sum int) {
	guard(c.left.Load() == 0 && c.sum.Load() == int64(sum),
		"messages changed on their way: %d not handled, the sum is %d, want %d", c.left.Load(), c.sum.Load(), sum)
}
