package proof_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/sim"
)

// mutex guards what handlers write, for constant work only.
var mutex sync.Mutex

func seeds(n int) int { return max(scale(n), 3) * *times }

// drained is a consumer that is ended at some moment, and one that does the rest.
type drained struct {
	*sim.T
	topic      mq.Topic[string]
	client     *mq.Client
	running    int
	begun      int
	effects    map[string]int
	c          mq.Consumer[string]
	takes      time.Duration
	messages   int
	endedAfter time.Duration
}

func newDrained(t *sim.T, seed uint64) *drained {
	r := rand.New(rand.NewPCG(seed, 7))
	d := &drained{T: t, effects: map[string]int{}, messages: 2 + r.IntN(6), takes: time.Duration(r.IntN(3)) * time.Second,
		endedAfter: time.Duration(r.IntN(6)) * 500 * time.Millisecond,
		topic:      mq.NewTopic[string]("t", mq.WithCodec[string](text{}), mq.Groups("g"), mq.Keyed()),
		client:     mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.DiscardHandler)})}
	d.c.Workers, d.c.Order, d.c.Prefetch = 1+r.IntN(4), driver.Order(r.IntN(3)), r.IntN(5)
	if r.IntN(3) == 0 {
		d.c.BatchSize, d.c.BatchWait = 2+r.IntN(2), time.Duration(r.IntN(2))*time.Second
	}
	return d
}

// consumer has a lease so long that whoever waits for its end does so in vain.
func (d *drained) consumer() *mq.Consumer[string] {
	c := &mq.Consumer[string]{Topic: d.topic, Group: "g", Lease: 24 * time.Hour, Workers: d.c.Workers, Order: d.c.Order, Prefetch: d.c.Prefetch}
	if d.c.BatchSize == 0 {
		c.Handler = func(_ context.Context, m *mq.Message[string]) error { d.work(m.Value); return nil }
		return c
	}
	c.BatchSize, c.BatchWait = d.c.BatchSize, d.c.BatchWait
	c.Batch = func(_ context.Context, ms []*mq.Message[string]) []error {
		values := []string{}
		for _, m := range ms {
			values = append(values, m.Value)
		}
		d.work(values...)
		return nil
	}
	return c
}

// work is what both forms of handler do.
func (d *drained) work(values ...string) {
	mutex.Lock()
	d.running++
	d.begun += len(values)
	mutex.Unlock()
	runnel.Sleep(context.Background(), d.takes)
	mutex.Lock()
	d.running--
	for _, v := range values {
		d.effects[v]++
	}
	mutex.Unlock()
}

// TestDrain: after Run has returned nil nothing runs and nothing is in flight; what had been begun is
// acked, all else waits at once; and another consumer does it without waiting for a lease.
func TestDrain(t *testing.T) {
	for seed := range uint64(seeds(60)) {
		sim.Test(t, func(t *sim.T) {
			d := newDrained(t, seed)
			end := start(t, d.client, d.consumer())
			for i := range d.messages {
				err := d.topic.Publish(context.Background(), d.client, fmt.Sprint(i), mq.Key(fmt.Sprint("k", i%2)))
				t.Assert(err == nil, "Publish: %v", err)
			}
			runnel.Sleep(context.Background(), d.endedAfter)
			err := end()
			mutex.Lock()
			running, begun := d.running, d.begun
			mutex.Unlock()
			g := group(t, d.client, "t")
			t.Assert(err == nil && running == 0, "Run: %v, %d handlers run", err, running)
			t.Assert(g.InFlight == 0 && g.Acked == int64(begun) && g.Waiting == int64(d.messages-begun), "%d of %d begun: %+v", begun, d.messages, g)
			from := time.Now()
			end = start(t, d.client, d.consumer())
			for g = group(t, d.client, "t"); g.Acked < int64(d.messages); g = group(t, d.client, "t") {
				t.Assert(time.Since(from) < time.Hour, "not done: %+v", g)
				runnel.Sleep(context.Background(), time.Second)
			}
			end()
			for i := range d.messages {
				t.Assert(d.effects[fmt.Sprint(i)] == 1, "%d had its effect %d times", i, d.effects[fmt.Sprint(i)])
			}
			d.client.Close()
		}, sim.Punctual(), sim.Seed(seed), sim.For(0), sim.Exhaustive(0), sim.Schedules(15))
	}
}

// TestFair: one key has all the work, and messages of other keys, published after it, are begun within
// the time of those before them.
func TestFair(t *testing.T) {
	for seed := range uint64(seeds(20)) {
		sim.Test(t, func(t *sim.T) {
			r := rand.New(rand.NewPCG(seed, 8))
			d := newDrained(t, seed)
			began := map[string]time.Duration{}
			from := time.Now()
			c := &mq.Consumer[string]{Topic: d.topic, Group: "g", Order: mq.PerKey, Workers: 2 + r.IntN(2), Prefetch: r.IntN(4),
				Handler: func(_ context.Context, m *mq.Message[string]) error {
					mutex.Lock()
					began[m.Value] = time.Since(from)
					mutex.Unlock()
					return runnel.Sleep(context.Background(), time.Second)
				}}
			hot, cold := 5+r.IntN(8), 2+r.IntN(4)
			for i := range hot + cold {
				key := "hot"
				if i >= hot {
					key = fmt.Sprint("cold", i)
				}
				err := d.topic.Publish(context.Background(), d.client, fmt.Sprint(i), mq.Key(key))
				t.Assert(err == nil, "Publish: %v", err)
			}
			end := start(t, d.client, c)
			runnel.Sleep(context.Background(), time.Duration(hot+cold)*time.Second)
			end()
			for i := range cold {
				at, yes := began[fmt.Sprint(hot+i)]
				t.Assert(yes && at <= time.Duration(i)*time.Second, "the message of key cold%d begins after %v (%v)", i, at, yes)
			}
			t.Assert(len(began) == hot+cold, "%d of %d begun", len(began), hot+cold)
			d.client.Close()
		}, sim.Punctual(), sim.Seed(seed), sim.For(0), sim.Exhaustive(0), sim.Schedules(15))
	}
}
