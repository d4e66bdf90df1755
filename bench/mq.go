package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

const handlers = "handlers" // a group

// consuming runs a consumer until end is called, which checks that all n messages have been acked.
func consuming[T any](c *mq.Consumer[T]) (client *mq.Client, end func(n int)) {
	engine := mem.New(nil)
	client = mq.Open(engine, &mq.Options{Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, client) }()
	return client, func(n int) {
		cancel()
		must(<-ended)
		acked(engine, c.Topic.Name(), n)
		must(client.Close())
	}
}

// acked checks the ledger of the only group of a topic.
func acked(engine *mem.Engine, topic string, n int) {
	a, err := engine.Account(context.Background(), topic)
	must(err)
	guard(len(a.Groups) == 1 && a.Groups[0].Balanced() && a.Groups[0].Acked == int64(n),
		"%d messages were acked, want %d: %+v", a.Groups[0].Acked, n, a)
}

// counting is a handler that adds up the sizes of payloads.
func counting(done *countdown) mq.Handler[[]byte] {
	return func(_ context.Context, msg *mq.Message[[]byte]) error {
		done.one(len(msg.Value))
		return nil
	}
}

func mqBytes(workers int, order driver.Order, opts ...mq.TopicOption) func(*meter) {
	return func(m *meter) {
		done, topic := newCountdown(m.n), mq.NewTopic[[]byte]("messages", opts...)
		client, end := consuming(&mq.Consumer[[]byte]{
			Topic: topic, Group: handlers, Workers: workers, Order: order, Handler: counting(done),
		})
		ctx, payload := m.cancellable(), make([]byte, payloadSize)
		m.together(func() {
			for range m.n {
				must(topic.Publish(ctx, client, payload))
			}
		}, done.wait)
		end(m.n)
		done.check(m.n * payloadSize)
	}
}

func mqKeyed(workers int) func(*meter) {
	return func(m *meter) {
		done, topic := newCountdown(m.n), mq.NewTopic[[]byte]("messages", mq.Keyed())
		client, end := consuming(&mq.Consumer[[]byte]{
			Topic: topic, Group: handlers, Workers: workers, Order: mq.PerKey, Handler: counting(done),
		})
		var keys [keyCount]string
		for i := range keys {
			keys[i] = fmt.Sprint("key ", i)
		}
		ctx, payload := m.cancellable(), make([]byte, payloadSize)
		m.together(func() {
			for i := range m.n {
				must(topic.Publish(ctx, client, payload, mq.Key(keys[i%keyCount])))
			}
		}, done.wait)
		end(m.n)
		done.check(m.n * payloadSize)
	}
}

// mqJSON times values in JSON; codec is nil for the one of the library.
func mqJSON(codec mq.Codec[benchOrder]) func(*meter) {
	var opts []mq.TopicOption
	if codec != nil {
		opts = append(opts, mq.WithCodec(codec))
	}
	return func(m *meter) {
		done, topic := newCountdown(m.n), mq.NewTopic[benchOrder]("messages", opts...)
		client, end := consuming(&mq.Consumer[benchOrder]{
			Topic: topic, Group: handlers, Workers: 4,
			Handler: func(_ context.Context, msg *mq.Message[benchOrder]) error {
				done.one(msg.Value.Number)
				return nil
			},
		})
		ctx := m.cancellable()
		m.together(func() {
			for i := range m.n {
				must(topic.Publish(ctx, client, orderNumbered(i)))
			}
		}, done.wait)
		end(m.n)
		done.check(m.n * (m.n - 1) / 2)
	}
}

func plainJSON(m *meter) {
	m.summed(func() (sum int) {
		for i := range m.n {
			payload, err := json.Marshal(orderNumbered(i))
			must(err)
			var o benchOrder
			must(json.Unmarshal(payload, &o))
			sum += o.Number
		}
		return sum
	})
}

// keptTopic keeps its messages for a group that does not consume.
func keptTopic() mq.Topic[[]byte] { return mq.NewTopic[[]byte]("messages", mq.Groups(handlers)) }

func mqPublish(m *meter) {
	client, topic := mq.Open(mem.New(nil), nil), keptTopic()
	ctx, payload := m.cancellable(), make([]byte, payloadSize)
	m.counted(func() (n int) {
		for range m.n {
			if topic.Publish(ctx, client, payload) == nil {
				n++
			}
		}
		return n
	})
	must(client.Close())
}

// memAlone times the engine without the client: publish, fetch, settle, by one goroutine.
func memAlone(m *meter) {
	const most = 64
	engine, topic, ctx := mem.New(nil), driver.Topic{Name: "messages"}, m.cancellable()
	source, err := engine.Subscribe(ctx, &topic, driver.Subscription{Group: handlers, Lease: time.Minute})
	must(err)
	payload, records := make([]byte, payloadSize), make([]driver.Record, most)
	got, settled := make([]driver.Delivery, most), make([]driver.Settlement, most)
	m.counted(func() (sum int) {
		for sum < m.n {
			n := min(most, m.n-sum)
			for i := range n {
				records[i] = driver.Record{Payload: payload, Published: time.Now()}
			}
			_, err := engine.Publish(ctx, &topic, records[:n])
			must(err)
			n, err = source.Fetch(ctx, got)
			must(err)
			for i := range n {
				settled[i] = driver.Settlement{Seq: got[i].Seq, Token: got[i].Token}
			}
			must(source.Settle(ctx, settled[:n]))
			sum += n
		}
		return sum
	})
	must(engine.Close())
}

// mqWaiting measures what messages take that wait for their consumer.
func mqWaiting(m *meter) {
	client, topic := mq.Open(mem.New(nil), nil), keptTopic()
	before, payload := inUse(), make([]byte, payloadSize)
	for range 10 * waiting {
		must(topic.Publish(context.Background(), client, payload))
	}
	m.n, m.gauge = 10*waiting, inUse()-before
	must(client.Close())
}

// inUse is how many bytes of heap are reachable, and how many are stacks.
func inUse() float64 {
	held := heap()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return held + float64(mem.StackInuse)
}

// mqGoroutines counts them while all workers are busy and many messages wait.
func mqGoroutines(m *meter) {
	busy, done, gate := newCountdown(manyWorkers), newCountdown(waiting), make(chan struct{})
	topic, before := keptTopic(), runtime.NumGoroutine()
	client, end := consuming(&mq.Consumer[[]byte]{
		Topic: topic, Group: handlers, Workers: manyWorkers,
		Handler: func(context.Context, *mq.Message[[]byte]) error {
			if busy.left.Load() > 0 {
				busy.one(1)
			}
			<-gate
			done.one(1)
			return nil
		},
	})
	for range waiting {
		must(topic.Publish(context.Background(), client, nil))
	}
	busy.wait()
	m.gauge = float64(runtime.NumGoroutine() - before)
	close(gate)
	done.wait()
	end(waiting)
}
