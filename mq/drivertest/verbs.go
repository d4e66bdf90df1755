package drivertest

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// rec makes a record of a value.
func rec(value string) driver.Record {
	return driver.Record{Payload: []byte(value), Published: time.Now()}
}

// keyed makes a record whose key is the first letter of its value.
func keyed(value string) driver.Record {
	r := rec(value)
	r.Key = value[:1]
	return r
}

// later makes a record that is due at t.
func later(value string, t time.Time) driver.Record {
	r := rec(value)
	r.NotBefore = t
	return r
}

func records(of func(string) driver.Record, values []string) (rs []driver.Record) {
	for _, v := range values {
		rs = append(rs, of(v))
	}
	return rs
}

// put publishes values in one call.
func (k *kit) put(values ...string) { k.publish(records(rec, values)...) }

// putKeyed publishes values with keys.
func (k *kit) putKeyed(values ...string) { k.publish(records(keyed, values)...) }

// publish publishes records, which must all be accepted.
func (k *kit) publish(rs ...driver.Record) []driver.Record {
	n, err := k.try(k.e, k.ctx(), rs)
	k.noError("Publish", err)
	k.must(n == len(rs), "Publish of %d records returned %d without an error", len(rs), n)
	return rs
}

// try is Publish that returns.
func (k *kit) try(e driver.Engine, ctx context.Context, rs []driver.Record) (n int, err error) {
	def := k.def
	k.within("Publish", func() { n, err = e.Publish(ctx, &def, rs) })
	return n, err
}

// group is the subscription that most cases use.
func (k *kit) group(order driver.Order) driver.Subscription {
	return driver.Subscription{Group: "group", Order: order, Lease: k.lease}
}

// sub opens a source.
func (k *kit) sub(s driver.Subscription) driver.Source { return k.subOn(k.e, s) }

func (k *kit) subOn(e driver.Engine, s driver.Subscription) driver.Source {
	src, err := k.trySub(e, s)
	k.noError("Subscribe", err)
	return src
}

func (k *kit) trySub(e driver.Engine, s driver.Subscription) (src driver.Source, err error) {
	def := k.def
	k.within("Subscribe", func() { src, err = e.Subscribe(k.ctx(), &def, s) })
	return src, err
}

// fetch calls Fetch once.
func (k *kit) fetch(s driver.Source, ctx context.Context, room int) (ds []driver.Delivery, err error) {
	into := make([]driver.Delivery, room)
	n := 0
	k.within("Fetch", func() { n, err = s.Fetch(ctx, into) })
	k.must((n == 0) == (err != nil) && 0 <= n && n <= room, "Fetch into %d returned %d, %v", room, n, err)
	return into[:n], err
}

// take fetches until it has n deliveries.
func (k *kit) take(s driver.Source, n int) (ds []driver.Delivery) {
	ctx := k.ctx()
	for len(ds) < n {
		more, err := k.fetch(s, ctx, n-len(ds))
		if err != nil {
			k.Fatalf("Fetch after %d of %d records, %q: %v", len(ds), n, values(ds), err)
		}
		ds = append(ds, more...)
	}
	return ds
}

// expect fetches records with these values, in this order.
func (k *kit) expect(s driver.Source, want ...string) []driver.Delivery {
	ds := k.take(s, len(want))
	if !slices.Equal(values(ds), want) {
		k.Fatalf("got %q, want %q", values(ds), want)
	}
	return ds
}

// expectSet is expect in any order.
func (k *kit) expectSet(s driver.Source, want ...string) []driver.Delivery {
	ds := k.take(s, len(want))
	if got := values(ds); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		k.Fatalf("got %q, want %q in any order", got, want)
	}
	return ds
}

// done fetches these values, in this order, and acks them one by one.
func (k *kit) done(s driver.Source, want ...string) {
	for _, w := range want {
		k.settle(s, driver.Ack, k.expect(s, w)...)
	}
}

// none expects that no source has anything that is ready.
func (k *kit) none(srcs ...driver.Source) {
	for _, s := range srcs {
		ds, err := k.fetch(s, k.ending(k.quiet), 100)
		k.need(len(ds) == 0, "got %q, want nothing", values(ds))
		k.wantError("Fetch of nothing", err, errTimeout)
	}
}

// passes publishes values, fetches and acks them.
func (k *kit) passes(s driver.Source, values ...string) {
	k.put(values...)
	k.done(s, values...)
}

// noSource expects that a subscription is refused.
func (k *kit) noSource(e driver.Engine, s driver.Subscription, want error) {
	_, err := k.trySub(e, s)
	k.wantError("Subscribe", err, want)
}

// process is a handle of its own, with a source.
func (k *kit) process() (driver.Engine, driver.Source) {
	e := k.open()
	return e, k.subOn(e, k.group(driver.Unordered))
}

func values(ds []driver.Delivery) (vs []string) {
	for _, d := range ds {
		vs = append(vs, string(d.Payload))
	}
	return vs
}

// settle settles deliveries, all of which must succeed.
func (k *kit) settle(s driver.Source, v driver.Verb, ds ...driver.Delivery) {
	ss := settlements(v, ds)
	k.settleAs(s, ss)
	for i := range ss {
		k.noError(v.String()+" of "+string(ds[i].Payload), ss[i].Err)
	}
}

// settleAs calls Settle, which must have no trouble as a whole.
func (k *kit) settleAs(s driver.Source, ss []driver.Settlement) {
	var err error
	k.within("Settle", func() { err = s.Settle(k.ctx(), ss) })
	k.noError("Settle", err)
}

func settlements(v driver.Verb, ds []driver.Delivery) (ss []driver.Settlement) {
	for _, d := range ds {
		ss = append(ss, settlement(v, d))
	}
	return ss
}

func settlement(v driver.Verb, d driver.Delivery) driver.Settlement {
	s := driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: v}
	if v == driver.Dead {
		s.Letter = &driver.Letter{Group: "group", Time: time.Now(), Record: d.Record, Cause: []byte("because")}
	}
	return s
}

// retry puts a delivery off.
func (k *kit) retry(s driver.Source, d driver.Delivery, at time.Time, attempts int, state string) {
	ss := settlements(driver.Retry, []driver.Delivery{d})
	ss[0].At, ss[0].Attempts, ss[0].State = at, attempts, []byte(state)
	k.settleAs(s, ss)
	k.noError("Retry", ss[0].Err)
}

// lost expects that a settlement is refused.
func (k *kit) lost(s driver.Source, v driver.Verb, d driver.Delivery) {
	ss := settlements(v, []driver.Delivery{d})
	ss[0].At = time.Now()
	k.settleAs(s, ss)
	k.wantError(v.String()+" with a lost lease", ss[0].Err, driver.ErrLeaseLost)
}

// closeSource closes a source.
func (k *kit) closeSource(s driver.Source) {
	var err error
	k.within("Source.Close", func() { err = s.Close() })
	k.noError("Source.Close", err)
}

func equalRecord(a, b driver.Record) string {
	switch {
	case !bytes.Equal(a.Payload, b.Payload):
		return "Payload"
	case a.Key != b.Key:
		return "Key"
	case !slices.Equal(a.Header, b.Header):
		return "Header"
	case a.Seq != b.Seq:
		return "Seq"
	case !a.Published.Equal(b.Published):
		return "Published"
	}
	return ""
}

// letters spells n values a, b, c, ….
func letters(n int) []string { return strings.Split("abcdefghijklmnopqrstuvwxyz"[:n], "") }

// stored publishes values, and opens a source for them.
func (k *kit) stored(values ...string) driver.Source {
	k.put(values...)
	return k.sub(k.group(driver.Unordered))
}

// storedKeys is stored for values with keys.
func (k *kit) storedKeys(order driver.Order, values ...string) driver.Source {
	k.putKeyed(values...)
	return k.sub(k.group(order))
}

// leased publishes a value, and fetches it.
func (k *kit) leased(value string) (driver.Source, driver.Delivery) {
	s := k.stored(value)
	return s, k.expect(s, value)[0]
}

// last is done, and nothing follows.
func (k *kit) last(s driver.Source, want ...string) {
	k.done(s, want...)
	k.none(s)
}

// restarted restarts the broker, and opens a source.
func (k *kit) restarted(order driver.Order) driver.Source {
	k.restart()
	return k.sub(k.group(order))
}

// need is must that ends the case.
func (k *kit) need(ok bool, format string, args ...any) {
	if !ok {
		k.Fatalf(format, args...)
	}
}

// allLeased is leased for several values.
func (k *kit) allLeased(values ...string) (driver.Source, []driver.Delivery) {
	s := k.stored(values...)
	return s, k.expect(s, values...)
}

// refused expects that a record is refused, and that this has no effect.
func (k *kit) refused(e driver.Engine, r driver.Record, want error) {
	n, err := k.try(e, k.ctx(), []driver.Record{r})
	k.must(n == 0, "Publish of a record that is refused returned %d", n)
	k.wantError("Publish", err, want)
}

// alone expects records from one source, and that there is nothing else for another one.
func (k *kit) alone(s, nothing driver.Source, want ...string) []driver.Delivery {
	ds := k.expect(s, want...)
	k.none(nothing)
	return ds
}

// lastAck acks a delivery, and nothing follows.
func (k *kit) lastAck(s driver.Source, d driver.Delivery) {
	k.settle(s, driver.Ack, d)
	k.none(s)
}
