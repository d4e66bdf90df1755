package mem_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

var ctx = context.Background()

func publish(t *testing.T, e *mem.Engine, topic *driver.Topic, payloads ...string) {
	t.Helper()
	for _, p := range payloads {
		r := []driver.Record{{Payload: []byte(p), Published: time.Now()}}
		if n, err := e.Publish(ctx, topic, r); n != 1 || err != nil {
			t.Fatalf("Publish(%q): %d, %v", p, n, err)
		}
	}
}

func subscribe(t *testing.T, e *mem.Engine, topic *driver.Topic, s driver.Subscription) driver.Source {
	t.Helper()
	if s.Lease == 0 {
		s.Lease = time.Minute
	}
	source, err := e.Subscribe(ctx, topic, s)
	if err != nil {
		t.Fatalf("Subscribe(%+v): %v", s, err)
	}
	return source
}

func fetch(t *testing.T, s driver.Source) driver.Delivery {
	t.Helper()
	var d [1]driver.Delivery
	if n, err := s.Fetch(ctx, d[:]); n != 1 || err != nil {
		t.Fatalf("Fetch: %d, %v", n, err)
	}
	return d[0]
}

func settle(t *testing.T, s driver.Source, d driver.Delivery, v driver.Settlement) {
	t.Helper()
	v.Seq, v.Token = d.Seq, d.Token
	vs := []driver.Settlement{v}
	if err := s.Settle(ctx, vs); err != nil || vs[0].Err != nil {
		t.Fatalf("Settle(%v): %v, %v", v.Verb, err, vs[0].Err)
	}
}

func TestPublishFetchAck(t *testing.T) {
	e := mem.New(nil)
	topic := &driver.Topic{Name: "t"}
	publish(t, e, topic, "a", "b")
	s := subscribe(t, e, topic, driver.Subscription{Group: "g"})
	for _, want := range []string{"a", "b"} {
		d := fetch(t, s)
		if string(d.Payload) != want {
			t.Fatalf("got %q, want %q", d.Payload, want)
		}
		settle(t, s, d, driver.Settlement{})
	}
	a, err := e.Account(ctx, "t")
	if err != nil || a.Stored != 0 || a.Groups[0].Acked != 2 || !a.Groups[0].Balanced() {
		t.Fatalf("%+v, %v", a, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fetch(ctx, make([]driver.Delivery, 1)); !errors.Is(err, driver.ErrClosed) {
		t.Fatalf("Fetch after Close: %v", err)
	}
}

func TestVerbs(t *testing.T) {
	e := mem.New(nil)
	topic := &driver.Topic{Name: "t"}
	s := subscribe(t, e, topic, driver.Subscription{Group: "g"})
	publish(t, e, topic, "a")
	d := fetch(t, s)
	settle(t, s, d, driver.Settlement{Verb: driver.Extend})
	settle(t, s, d, driver.Settlement{Verb: driver.Release})
	d = fetch(t, s)
	settle(t, s, d, driver.Settlement{Verb: driver.Retry, At: time.Now().Add(10 * time.Millisecond), Attempts: 3, State: []byte("x")})
	d = fetch(t, s)
	if d.Attempts != 3 || string(d.State) != "x" || d.Lapses != 0 {
		t.Fatalf("%+v", d)
	}
	settle(t, s, d, driver.Settlement{Verb: driver.Dead, Letter: &driver.Letter{Record: d.Record, Cause: []byte("c")}})
	ls, err := e.Letters(ctx, "t", "g", 0, 10)
	if len(ls) != 1 || err != nil || string(ls[0].Cause) != "c" {
		t.Fatalf("%+v, %v", ls, err)
	}
	if err := e.MarkLetter(ctx, "t", 1, 1, driver.Purged, nil); err != nil {
		t.Fatal(err)
	}
	if err := e.MarkLetter(ctx, "t", 1, 1, driver.Held, nil); !errors.Is(err, driver.ErrLetter) {
		t.Fatal(err)
	}
}

func BenchmarkOne(b *testing.B) {
	e := mem.New(nil)
	topic := &driver.Topic{Name: "t"}
	s, _ := e.Subscribe(ctx, topic, driver.Subscription{Group: "g", Lease: time.Minute})
	r := []driver.Record{{Payload: make([]byte, 100), Published: time.Now()}}
	d := make([]driver.Delivery, 1)
	v := make([]driver.Settlement, 1)
	b.ReportAllocs()
	for b.Loop() {
		e.Publish(ctx, topic, r)
		s.Fetch(ctx, d)
		v[0].Seq, v[0].Token = d[0].Seq, d[0].Token
		s.Settle(ctx, v)
	}
}

func wantClosed(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, driver.ErrClosed) {
		t.Errorf("got %v, want %v", err, driver.ErrClosed)
	}
}
