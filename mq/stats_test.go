package mq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// worked is a client that has published and consumed a little, without an engine: at 12:00:00 of the
// bubble. It still runs one message, stuck.
func worked() *Client {
	c := &Client{opened: time.Now()}
	start := time.Now()
	topic := c.meters.topic("orders")
	topic.published([]driver.Record{
		{Payload: make([]byte, 90), Key: "customer-1"}, {Outcome: driver.Duplicate}, {Outcome: driver.Dropped},
	}, 3*time.Millisecond, nil)
	topic.published([]driver.Record{{Header: driver.Header{{Name: "a", Value: "b"}}}}, time.Millisecond, context.Canceled)
	topic.refused(&ContractError{})

	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	one := func(attempts int) []driver.Delivery {
		return []driver.Delivery{{Record: driver.Record{ID: "o-17", Seq: 17, Key: "k", Published: start}, Attempts: attempts}}
	}
	m := c.meters.group("orders", "billing").join("bill", 2, func(s *ConsumerStats, now time.Time) {
		s.Prefetched, s.Paused = 7, true
		if now.Before(at(20)) {
			s.add(one(2), at(4), now, true)
		}
	})
	w, batch := m.worker(), m.worker()
	w.handled(one(0), []error{errors.New("no")}, at(1), at(2))
	m.settled([]driver.Settlement{{Verb: driver.Retry}})
	w.handled(one(1), []error{nil}, at(2), at(4))
	m.settled([]driver.Settlement{{Verb: driver.Ack}})
	two := []driver.Delivery{one(0)[0], one(0)[0]}
	batch.handled(two, []error{nil, errors.New("no")}, at(0), at(1))
	m.settled([]driver.Settlement{
		{Verb: driver.Ack}, {Verb: driver.Ack, Err: driver.ErrLeaseLost}, {Verb: driver.Dead, Letter: letter("failed", start, at(1))},
		{Verb: driver.Release}, {Verb: driver.Extend}, {Verb: driver.Dead, Err: driver.ErrLeaseLost},
	})
	m.stuck(1)
	time.Sleep(10 * time.Second)
	return c
}

func letter(reason string, published, now time.Time) *driver.Letter {
	return &driver.Letter{Time: now, Record: driver.Record{Published: published}, Cause: []byte(`{"reason":"` + reason + `"}`)}
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := worked()
		s := c.Stats()
		checkPublished(t, s)
		g := s.Groups[0]
		counts := g.ConsumeCounts
		counts.Handling, counts.Waiting, counts.Critical = Histogram{}, Histogram{}, Histogram{}
		want := ConsumeCounts{
			Succeeded: 2, Failed: 2, Stuck: 1, Acked: 2, Retried: 1, Released: 1, Extended: 1, LeaseLost: 2,
			Dead: map[string]uint64{"failed": 1},
		}
		if !reflect.DeepEqual(counts, want) {
			t.Errorf("counts: %+v, want %+v", counts, want)
		}
		for name, h := range map[string]struct {
			Histogram
			count uint64
			sum   time.Duration
		}{
			"handling": {g.Handling, 3, 4 * time.Second},
			"waiting":  {g.Waiting, 3, time.Second}, // one alone and two in a batch; later attempts do not count
			"critical": {g.Critical, 3, 6 * time.Second},
		} {
			if h.Count() != h.count || h.Sum() != float64(h.sum) {
				t.Errorf("%s: %d values of %v, want %d of %v", name, h.Count(), time.Duration(h.Sum()), h.count, h.sum)
			}
		}
		if g.Rate != 0.3 || g.ErrorRate != 0.5 {
			t.Errorf("rate %v, error rate %v; want 0.3 and 0.5", g.Rate, g.ErrorRate)
		}
	})
}

func checkPublished(t *testing.T, s Stats) {
	t.Helper()
	p := s.Topics[0]
	if p.Stored != 2 || p.Duplicates != 1 || p.Dropped != 1 || p.Rate != 0.2 {
		t.Errorf("published: %+v", p)
	}
	if want := map[string]uint64{"canceled": 1, "contract": 1}; !reflect.DeepEqual(p.Failed, want) {
		t.Errorf("failed: %v, want %v", p.Failed, want)
	}
	if p.Publishing.Sum() != float64(4*time.Millisecond) || p.Publishing.Count() != 2 || p.Sizes.Sum() != 102 || p.Sizes.Count() != 4 {
		t.Errorf("publishing: %v, sizes: %v", p.Publishing, p.Sizes)
	}
}

func TestStatsOfARunningConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := worked()
		got := client.Stats().Groups[0].Consumers
		if len(got) != 1 {
			t.Fatalf("%d consumers, want 1", len(got))
		}
		c := got[0]
		if c.Name != "bill" || c.Workers != 2 || c.Busy != 1 || c.Stuck != 1 || c.Prefetched != 7 || !c.Paused {
			t.Errorf("consumer: %+v", c)
		}
		want := []Running{{ID: "o-17", Seq: 17, Key: "k", Attempt: 3, For: 6 * time.Second, Stuck: true}}
		if !reflect.DeepEqual(c.Running, want) {
			t.Errorf("running: %+v, want %+v", c.Running, want)
		}
	})
}

// A stuck handler is in sight after its consumer has ended, and counted when it returns.
func TestStuckBeyondTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := worked()
		m := client.meters.group("orders", "billing").members[0]
		m.leave()
		if s := client.Stats().Groups[0]; len(s.Consumers) != 1 || s.Consumers[0].Stuck != 1 {
			t.Fatalf("consumers: %+v, want the one with the stuck handler", s.Consumers)
		}
		time.Sleep(10 * time.Second)
		m.workers[0].handled([]driver.Delivery{{}}, []error{context.DeadlineExceeded}, time.Now(), time.Now())
		for range 2 {
			s := client.Stats().Groups[0]
			if len(s.Consumers) != 0 || s.TimedOut != 1 || s.Succeeded != 2 || s.Acked != 2 {
				t.Errorf("after its end: %d consumers, counts %+v", len(s.Consumers), s.ConsumeCounts)
			}
		}
	})
}

func TestStatsSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := worked()
		first := client.Stats()
		if same := client.Stats().Since(first); same.Groups[0].Acked != 0 || same.Groups[0].Dead != nil || same.Groups[0].Rate != 0 {
			t.Errorf("nothing was done since: %+v", same.Groups[0])
		}
		time.Sleep(4 * time.Second)
		now := time.Now()
		m := client.meters.group("orders", "billing").members[0]
		m.workers[0].handled([]driver.Delivery{{Attempts: 1}}, []error{fmt.Errorf("it %w", &runnel.PanicError{})}, now, now)
		m.settled([]driver.Settlement{{Verb: driver.Dead, Letter: letter("panic", now.Add(-time.Minute), now)}})
		client.meters.topic("orders").published(make([]driver.Record, 8), 5*time.Millisecond, nil)
		client.meters.topic("new").published(make([]driver.Record, 4), 5*time.Millisecond, nil)
		d := client.Stats().Since(first)
		g := d.Groups[0]
		if d.Over != 4*time.Second || g.Rate != 0.25 || g.ErrorRate != 1 || g.Panicked != 1 || g.Acked != 0 || g.Consumers[0].Rate != 0.25 {
			t.Errorf("group: over %v %+v", d.Over, g)
		}
		if want := map[string]uint64{"panic": 1}; !reflect.DeepEqual(g.Dead, want) {
			t.Errorf("dead: %v, want %v", g.Dead, want)
		}
		if q := g.Critical.Quantile(0.5); math.Abs(float64(q)/float64(time.Minute)-1) > 0.06 {
			t.Errorf("critical time of the interval: %v, want 1m0s", time.Duration(q))
		}
		if d.Topics[0].Rate != 1 || d.Topics[1].Rate != 2 || d.Topics[1].Failed != nil {
			t.Errorf("topics: %+v", d.Topics)
		}
		if other := (&Client{opened: now}).Stats(); !reflect.DeepEqual(other.Since(first), other) {
			t.Error("since a look at another client is not the whole")
		}
	})
}

func TestStatsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := worked().Stats()
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Stats
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, _ := json.Marshal(back)
		if string(again) != string(text) {
			t.Errorf("read back:\n%s\nwant\n%s", again, text)
		}
		if d := s.Since(back); d.Groups[0].Acked != 0 {
			t.Error("a look that was stored as JSON is not taken for the same client's")
		}
		for _, name := range []string{`"topics":[{"topic":"orders"`, `"stored":2`, `"groups":[{"topic":"orders","group":"billing"`, `"error_rate":0.5`, `"consumers":[{`, `"stuck_now":1`, `"running":[{"id":"o-17"`} {
			if !strings.Contains(string(text), name) {
				t.Errorf("JSON lacks %s:\n%s", name, text)
			}
		}
	})
}

func TestStatsTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := worked().Stats().String()
		want := `
published, 10.0s         messages   per s   again dropped failed     p50     p99
orders                          2    0.20       1       1      2  1.01ms  3.01ms
consumed              acked   per s errors retried  dead     p50     p99  crit99
orders/billing            2    0.30  50.0%       1     1   971ms   1.94s   3.88s
  bill: 1 of 2 busy, 7 at hand, paused, 1 stuck
    stuck     6.00s  o-17, attempt 3
`
		if got != want[1:] {
			t.Errorf("table:\n%s\nwant\n%s", got, want[1:])
		}
	})
}

// The table keeps its 80 columns, whatever the numbers.
func TestStatsTableIsNarrow(t *testing.T) {
	long := strings.Repeat("über-langer-name.", 12)
	for _, n := range []uint64{0, 1, 999, 99_999, 100_000, 999_499, 999_500, 12_345_678, math.MaxUint64} {
		for _, d := range []time.Duration{0, 999, 999_999, time.Second - 1, time.Minute - 1, time.Hour - 1, 100*time.Hour - 1, math.MaxInt64} {
			h := observed(int64(d))
			s := Stats{Over: d, Topics: []TopicStats{{Topic: long, Rate: float64(n), PublishCounts: PublishCounts{
				Stored: n, Duplicates: n, Dropped: n, Failed: map[string]uint64{"full": n}, Publishing: h, Sizes: h,
			}}}}
			counts := ConsumeCounts{Acked: n, Retried: n, Dead: map[string]uint64{"failed": n}, Handling: h, Critical: h}
			s.Groups = []GroupStats{{Topic: long, Group: long, Rate: float64(n), ErrorRate: 1, ConsumeCounts: counts, Consumers: []ConsumerStats{{
				Name: long, Workers: 10_000, Busy: 10_000, Stuck: 9999, Prefetched: 10_000, Paused: true,
				Running: []Running{{ID: long, Attempt: 100, For: d, Stuck: true}},
			}}}}
			for line := range strings.Lines(s.String()) {
				if columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > 80 {
					t.Fatalf("%d columns with %d and %v:\n%s", columns, n, d, s)
				}
			}
		}
	}
}

func TestKindsOfErrors(t *testing.T) {
	for err, want := range map[error]string{
		fmt.Errorf("mq: topic %q: %w", "t", ErrFull): "full",
		&ContractError{}:         "contract",
		context.DeadlineExceeded: "timeout",
		errors.New("disk"):       "other",
	} {
		if got := Kind(err); got != want {
			t.Errorf("Kind(%v) = %q, want %q", err, got, want)
		}
	}
}
