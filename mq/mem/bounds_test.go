package mem_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fill publishes n records with payloads of 100 bytes each.
func fill(t *testing.T, e *mem.Engine, topic *driver.Topic, n int, change func(i int, r *driver.Record)) {
	t.Helper()
	for i := range n {
		r := []driver.Record{{Payload: make([]byte, 100), Published: time.Now()}}
		change(i, &r[0])
		if _, err := e.Publish(ctx, topic, r); err != nil {
			t.Fatal(err)
		}
	}
}

// A message that waits takes its payload and at most 200 bytes, whatever it waits for that is common:
// its turn, two groups, its key, also one that no other has, its age. A lease, the next attempt, or a
// time to wait for are more to remember.
func TestMemoryOfWaiting(t *testing.T) {
	const n, payload = 100_000, 100
	keys := make([]string, 64)
	for i := range keys {
		keys[i] = "key " + strconv.Itoa(i)
	}
	for name, c := range map[string]struct {
		topic  driver.Topic
		order  driver.Order
		most   int64
		change func(i int, r *driver.Record)
		after  func(t *testing.T, s driver.Source)
	}{
		"its turn":    {most: 200},
		"two groups":  {most: 200, topic: driver.Topic{Groups: []string{"more"}}},
		"its key":     {most: 200, order: driver.PerKey, change: func(i int, r *driver.Record) { r.Key = keys[i%64] }},
		"an own key":  {most: 200, order: driver.PerKey, change: func(i int, r *driver.Record) { r.Key = strconv.Itoa(i) }},
		"a retention": {most: 200, topic: driver.Topic{MaxAge: time.Hour}},
		"its time":    {most: 450, change: func(i int, r *driver.Record) { r.NotBefore = time.Now().Add(time.Hour) }},
		"a lease":     {most: 400, after: func(t *testing.T, s driver.Source) { takeAll(t, s, n, driver.Extend) }},
		"an attempt":  {most: 400, after: func(t *testing.T, s driver.Source) { takeAll(t, s, n, driver.Retry) }},
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			e := mem.New(nil)
			c.topic.Name = "t"
			s := subscribe(t, e, &c.topic, driver.Subscription{Group: "g", Order: c.order, Lease: time.Hour})
			if c.change == nil {
				c.change = func(int, *driver.Record) {}
			}
			fill(t, e, &c.topic, n, c.change)
			if c.after != nil {
				c.after(t, s)
			}
			each := (heap()-before)/n - payload - 12 // 100 bytes are allocated as 112
			t.Logf("%d bytes besides the payload", each)
			if each > c.most {
				t.Errorf("%d bytes besides the payload, want at most %d", each, c.most)
			}
			if a, err := e.Account(ctx, "t"); err != nil || a.Stored != n {
				t.Errorf("%d are stored, %v; want %d", a.Stored, err, n)
			}
			runtime.KeepAlive(s)
		})
	}
}

// takeAll takes n records, and does the same to all.
func takeAll(t *testing.T, s driver.Source, n int, verb driver.Verb) {
	ds, vs := make([]driver.Delivery, 100), make([]driver.Settlement, 100)
	for n > 0 {
		k, err := s.Fetch(ctx, ds)
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range ds[:k] {
			vs[i] = driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: verb, At: time.Now().Add(time.Hour), Attempts: 1}
		}
		if err := s.Settle(ctx, vs[:k]); err != nil {
			t.Fatal(err)
		}
		n -= k
	}
}

// A million messages go through a topic that keeps a thousand, or those of a second: every one of them
// is counted, and what is kept is no more than that.
func TestRetention(t *testing.T) {
	const n, kept = 1_000_000, 1000
	for name, topic := range map[string]driver.Topic{
		"count": {Name: "t", Overflow: driver.DropOldest, MaxMessages: kept, Groups: []string{"g"}},
		"age":   {Name: "t", MaxAge: time.Second, Groups: []string{"g"}},
		"keys":  {Name: "t", Overflow: driver.LatestPerKey, Groups: []string{"g"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, keys := mem.New(nil), make([]string, kept)
				for i := range keys {
					keys[i] = strconv.Itoa(i)
				}
				payload, before := make([]byte, 10), heap()
				rs := make([]driver.Record, kept)
				for range n / kept {
					for i := range rs {
						rs[i] = driver.Record{Payload: payload, Key: keys[i], Published: time.Now()}
					}
					if _, err := e.Publish(ctx, &topic, rs); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				}
				a, err := e.Account(ctx, "t")
				g := a.Groups[0]
				gone := g.Dropped.Oldest + g.Dropped.Replaced + g.Expired
				if err != nil || a.Published != n || a.Stored > kept || g.Waiting != a.Stored || gone != n-a.Stored {
					t.Errorf("%+v, %v", a, err)
				}
				if used := heap() - before; used > 2<<20 {
					t.Errorf("%d bytes for %d records", used, a.Stored)
				}
			})
		})
	}
}

// Nothing runs behind a topic: neither what it holds nor who waits makes a goroutine.
func TestGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		e := mem.New(nil)
		var wg runnel.WaitGroup
		const topics, waiters = 50, 4
		for i := range topics {
			topic := &driver.Topic{Name: strconv.Itoa(i), MaxMessages: 1, MaxAge: time.Hour}
			publish(t, e, topic, "a")
			wg.Go(func() { e.Publish(t.Context(), topic, make([]driver.Record, 1)) })
			other := &driver.Topic{Name: "other " + strconv.Itoa(i)}
			if _, err := e.Publish(ctx, other, []driver.Record{{NotBefore: time.Now().Add(time.Hour)}}); err != nil {
				t.Fatal(err)
			}
			for range waiters {
				s := subscribe(t, e, other, driver.Subscription{Group: "g"})
				wg.Go(func() { s.Fetch(t.Context(), make([]driver.Delivery, 1)) })
			}
		}
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n > topics*(waiters+1) {
			t.Errorf("%d goroutines, and %d calls wait", n, topics*(waiters+1))
		}
		e.Close()
		wg.Wait()
		synctest.Wait()
		if n := more(before); n > 0 {
			t.Errorf("%d goroutines are left", n)
		}
	})
}

// more is how many goroutines there are more than before. One that has ended is still counted for an
// instant after all who wait for it know.
func more(before int) (n int) {
	for range 1_000_000 {
		if n = runtime.NumGoroutine() - before; n <= 0 {
			break
		}
		runtime.Gosched()
	}
	return n
}

// Those who wait for room get it in the order in which they have come, and who comes later waits behind
// them; closing ends those of the engine that is closed, and nobody else.
func TestBlockedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, topic := mem.NewStore(nil), &driver.Topic{Name: "t", MaxMessages: 1, Groups: []string{"g"}}
		e, other := store.Open(), store.Open()
		publish(t, e, topic, "0")
		var wg, ended runnel.WaitGroup
		for i := 1; i <= 8; i++ {
			if i%4 == 0 {
				ended.Go(func() {
					_, err := other.Publish(t.Context(), topic, []driver.Record{{Payload: []byte("never")}})
					wantClosed(t, err)
				})
			} else {
				wg.Go(func() { publish(t, e, topic, strconv.Itoa(i)) })
			}
			synctest.Wait()
		}
		other.Close()
		ended.Wait()
		s := subscribe(t, e, topic, driver.Subscription{Group: "g", Order: driver.Strict})
		for _, want := range []string{"0", "1", "2", "3", "5", "6", "7"} {
			d := fetch(t, s)
			if string(d.Payload) != want {
				t.Errorf("got %s, want %s", d.Payload, want)
			}
			settle(t, s, d, driver.Settlement{})
		}
		wg.Wait()
	})
}

// What a Publish has had accepted stays so when the engine ends while the rest of the batch waits.
func TestBlockedBatchEnds(t *testing.T) {
	for _, end := range []func(*mem.Engine){func(e *mem.Engine) { e.Close() }, (*mem.Engine).Crash} {
		synctest.Test(t, func(t *testing.T) {
			store, topic := mem.NewStore(nil), &driver.Topic{Name: "t", MaxMessages: 2, Groups: []string{"g"}}
			e := store.Open()
			var wg runnel.WaitGroup
			wg.Go(func() {
				n, err := e.Publish(context.Background(), topic, make([]driver.Record, 5))
				if wantClosed(t, err); n != 2 {
					t.Errorf("%d have been published, want 2", n)
				}
			})
			synctest.Wait()
			end(e)
			wg.Wait()
			if a, err := store.Open().Account(ctx, "t"); err != nil || a.Published != 2 || a.Stored != 2 {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}
