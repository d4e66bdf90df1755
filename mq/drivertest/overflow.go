package drivertest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const (
	blockLaw  = "Block Overflow = iota // Publish waits until there is room"
	latestLaw = "at any time: a record takes the place of the one with its key. When full: DropOldest"
)

func overflowCases() []Case {
	block, reject, newest := needs{overflow: driver.Block}, needs{overflow: driver.Reject}, needs{overflow: driver.DropNewest}
	oldest, latest := needs{overflow: driver.DropOldest}, needs{overflow: driver.LatestPerKey}
	return []Case{
		{"Overflow/Block", blockLaw, block, blockWakes},
		{"Overflow/Block/Cancelled", "context.Cause(ctx) ctx ended before there was room (Overflow Block), or before it began", block, blockCancelled},
		{"Overflow/Block/Batch", "n is how many of them, from the first on, have been dealt with", block, blockBatch},
		{"Overflow/Block/Through", blockLaw, block, blockThrough},
		{"Overflow/Block/All", blockLaw, block, blockAll},
		{"Overflow/Block/Groups", "From then on records are kept for the group until it has settled them", block, blockGroups},
		{"Overflow/Block/Verbs", blockLaw, block, blockVerbs},
		{"Overflow/Reject", "ErrFull the topic is full, and its Overflow is Reject", reject, reject1},
		{"Overflow/Reject/Batch", "neither it nor any after it has had an effect", reject, rejectBatch},
		{"Overflow/DropNewest", "Dropped // by DropNewest, and counted … DropNewest // the record is dropped … accepted ever: stored, or dropped on arrival", newest, dropNewest},
		{"Overflow/DropOldest", "DropOldest // the oldest one stored is dropped", oldest, dropOldest},
		{"Overflow/DropOldest/Leased", "Published = Acked + Dead + Expired + Dropped + InFlight + Waiting", oldest, dropLeased},
		{"Overflow/DropOldest/Keys", perKeyLaw, needs{overflow: driver.DropOldest, order: driver.PerKey}, dropKeys},
		{"Overflow/LatestPerKey", latestLaw, latest, latestPerKey},
		{"Overflow/LatestPerKey/Leased", latestLaw, latest, latestLeased},
		{"Overflow/LatestPerKey/Full", latestLaw, latest, latestFull},
		{"Overflow/Unlimited", "stored at once; 0: no limit", needs{}, unlimited},
	}
}

// full makes a topic that holds n records.
func (k *kit) full(o driver.Overflow, n int64) driver.Source {
	k.def.Overflow, k.def.MaxMessages = o, n
	return k.sub(k.group(driver.Unordered))
}

// blocked starts a Publish that waits for room; what it returns waits for its end.
func (k *kit) blocked(ctx context.Context, rs ...driver.Record) (result func() (n int, err error)) {
	var n int
	var err error
	returned := make(chan bool)
	wait := k.start(func() { defer close(returned); n, err = k.try(k.e, ctx, rs) })
	k.wait(k.quiet)
	select {
	case <-returned:
		k.Errorf("Publish to a full topic has returned %d, %v; want it to wait", n, err)
	default:
	}
	return func() (int, error) { wait("Publish that waited for room"); return n, err }
}

func blockWakes(k *kit) {
	s := k.full(driver.Block, 2)
	k.put("a", "b")
	result := k.blocked(k.ctx(), rec("c"))
	ds := k.expect(s, "a", "b")
	k.none(s) // what is leased still takes its room
	k.settle(s, driver.Ack, ds[1])
	n, err := result()
	k.must(n == 1 && err == nil, "Publish: %d, %v; want 1, nil", n, err)
	k.settle(s, driver.Ack, ds[0])
	k.last(s, "c")
}

func blockCancelled(k *kit) {
	s := k.full(driver.Block, 1)
	k.put("a")
	cause := errors.New("the cause")
	ctx, cancel := context.WithCancelCause(context.Background())
	result := k.blocked(ctx, rec("b"))
	cancel(cause)
	n, err := result()
	k.must(n == 0, "Publish returned %d, want 0", n)
	k.wantError("Publish", err, cause)
	k.last(s, "a")
	k.put("c") // the room is free
	k.done(s, "c")
}

func blockBatch(k *kit) {
	s := k.full(driver.Block, 3)
	k.put("a")
	cause := errors.New("the cause")
	ctx, cancel := context.WithCancelCause(context.Background())
	rs := records(rec, []string{"b", "c", "d", "e"})
	result := k.blocked(ctx, rs...)
	cancel(cause)
	n, err := result()
	k.must(n == 2, "Publish of four with room for two returned %d, want 2", n)
	k.wantError("Publish", err, cause)
	k.done(s, "a")
	for i, d := range k.expect(s, "b", "c") {
		k.must(d.Seq == rs[i].Seq, "published as Seq %d, delivered as %d", rs[i].Seq, d.Seq)
		k.settle(s, driver.Ack, d)
	}
	k.none(s)
}

// blockThrough: a batch larger than the topic goes through as room is made, in its order.
func blockThrough(k *kit) {
	s := k.full(driver.Block, 2)
	result := k.blocked(k.ctx(), records(rec, letters(9))...)
	k.done(s, letters(9)...)
	n, err := result()
	k.must(n == 9 && err == nil, "Publish: %d, %v; want 9, nil", n, err)
}

// blockAll: of many that wait nobody waits for ever.
func blockAll(k *kit) {
	const n = 8
	s := k.full(driver.Block, 1)
	k.put("first")
	wait := k.start(func() {
		k.all(n, func(i int) error {
			def := k.def
			_, err := k.e.Publish(k.ctx(), &def, records(rec, letters(n)[i:i+1]))
			return err
		})
	})
	k.wait(k.quiet)
	k.done(s, "first")
	seen := map[string]bool{}
	for range n {
		d := k.take(s, 1)[0]
		k.must(!seen[string(d.Payload)], "%q came twice", d.Payload)
		seen[string(d.Payload)] = true
		k.settle(s, driver.Ack, d)
	}
	wait("all that waited for room")
	k.none(s)
}

// blockGroups: the room is free when all groups have settled the record.
func blockGroups(k *kit) {
	a := k.full(driver.Block, 1)
	b := k.sub(k.named("other"))
	k.put("a")
	result := k.blocked(k.ctx(), rec("b"))
	k.last(a, "a")
	k.done(b, "a")
	_, err := result()
	k.noError("Publish", err)
	k.done(a, "b")
	k.done(b, "b")
}

// blockVerbs: Dead makes room; Release, Retry and a lapse do not.
func blockVerbs(k *kit) {
	s := k.full(driver.Block, 1)
	k.put("a")
	result := k.blocked(k.ctx(), rec("b"))
	k.settle(s, driver.Release, k.expect(s, "a")...)
	due := time.Now().Add(k.quiet)
	k.retry(s, k.expect(s, "a")[0], due, 1, "")
	d := k.late(s, due, "a")
	d = k.late(s, d.Until, "a")
	k.none(s)
	k.settle(s, driver.Dead, d)
	_, err := result()
	k.noError("Publish", err)
	k.done(s, "b")
}

func reject1(k *kit) {
	s := k.full(driver.Reject, 2)
	k.put("a", "b")
	k.refused(k.e, rec("c"), driver.ErrFull)
	ds := k.expect(s, "a", "b")
	k.refused(k.e, rec("d"), driver.ErrFull)
	k.settle(s, driver.Ack, ds...)
	k.put("e", "f")
	k.last(s, "e", "f")
}

func rejectBatch(k *kit) {
	s := k.full(driver.Reject, 3)
	k.put("a")
	rs := records(rec, []string{"b", "c", "d", "e"})
	n, err := k.try(k.e, k.ctx(), rs)
	k.must(n == 2, "Publish of four with room for two returned %d, want 2", n)
	k.wantError("Publish", err, driver.ErrFull)
	k.must(rs[1].Seq > rs[0].Seq && rs[0].Seq > 0, "Seq of what was accepted: %d, %d", rs[0].Seq, rs[1].Seq)
	k.last(s, "a", "b", "c")
}

func dropNewest(k *kit) {
	s := k.full(driver.DropNewest, 2)
	rs := k.publish(records(rec, letters(4))...)
	for i, want := range []driver.Outcome{driver.Stored, driver.Stored, driver.Dropped, driver.Dropped} {
		k.must(rs[i].Outcome == want, "record %d of 4, with room for 2: Outcome %v, want %v", i, rs[i].Outcome, want)
	}
	k.done(s, "a")
	k.put("e")
	k.wantGroup(driver.GroupAccount{Published: 5, Acked: 1, Waiting: 2, Dropped: driver.Drops{Newest: 2}})
	k.last(s, "b", "e")
}

func dropOldest(k *kit) {
	s := k.full(driver.DropOldest, 3)
	for _, r := range k.publish(records(rec, letters(5))...) {
		k.must(r.Outcome == driver.Stored, "Outcome %v, want Stored", r.Outcome)
	}
	k.wantGroup(driver.GroupAccount{Published: 5, Waiting: 3, Dropped: driver.Drops{Oldest: 2}})
	k.done(s, "c", "d")
	k.put("f", "g", "h")
	k.wantGroup(driver.GroupAccount{Published: 8, Acked: 2, Waiting: 3, Dropped: driver.Drops{Oldest: 3}})
	k.last(s, "f", "g", "h")
}

// dropLeased: a record that is dropped while somebody has it is counted once, whatever he says.
func dropLeased(k *kit) {
	s := k.full(driver.DropOldest, 2)
	k.put("a", "b")
	ds := k.expect(s, "a", "b")
	k.put("c", "d")
	ss := settlements(driver.Ack, ds)
	k.settleAs(s, ss)
	for i := range ss {
		k.must(ss[i].Err == nil || errors.Is(ss[i].Err, driver.ErrLeaseLost), "Ack: %v", ss[i].Err)
	}
	k.last(s, "c", "d")
	if _, ok := k.account(); ok {
		g := k.only()
		k.must(g.Published == 4 && g.Acked+g.Dropped.Oldest == 4, "published 4, all gone: account %+v", g)
	}
}

// dropKeys: a record that is dropped does not hold up its key.
func dropKeys(k *kit) {
	k.def.Overflow, k.def.MaxMessages = driver.DropOldest, 2
	s := k.sub(k.group(driver.PerKey))
	k.putKeyed("a1", "a2", "a3")
	k.done(s, "a2", "a3")
	k.putKeyed("a4")
	k.expect(s, "a4")
	k.putKeyed("a5", "a6") // a4 is dropped, and somebody has it
	k.last(s, "a5", "a6")
}

func latestPerKey(k *kit) {
	k.def.Overflow = driver.LatestPerKey
	s := k.sub(k.group(driver.Unordered))
	k.putKeyed("a1", "b1", "a2", "c1", "a3")
	k.wantGroup(driver.GroupAccount{Published: 5, Waiting: 3, Dropped: driver.Drops{Replaced: 2}})
	k.settle(s, driver.Ack, k.expectSet(s, "b1", "c1", "a3")...)
	k.none(s)
	k.putKeyed("a4")
	k.done(s, "a4")
}

func latestLeased(k *kit) {
	k.def.Overflow = driver.LatestPerKey
	s := k.sub(k.group(driver.Unordered))
	k.putKeyed("a1")
	d := k.expect(s, "a1")[0]
	k.putKeyed("a2")
	ss := settlements(driver.Release, []driver.Delivery{d})
	k.settleAs(s, ss)
	k.must(ss[0].Err == nil || errors.Is(ss[0].Err, driver.ErrLeaseLost), "Release: %v", ss[0].Err)
	k.done(s, "a2") // and not a1 again
	k.none(s)
}

func latestFull(k *kit) {
	s := k.full(driver.LatestPerKey, 2)
	k.putKeyed("a1", "b1", "b2", "c1")
	k.settle(s, driver.Ack, k.expectSet(s, "b2", "c1")...)
	k.none(s)
	k.wantGroup(driver.GroupAccount{Published: 4, Acked: 2, Dropped: driver.Drops{Replaced: 1, Oldest: 1}})
}

func unlimited(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	n := k.many(1000)
	rs := make([]driver.Record, n)
	for i := range rs {
		rs[i] = rec(fmt.Sprint(i))
	}
	k.publish(rs...)
	for i, d := range k.take(s, n) {
		k.must(string(d.Payload) == fmt.Sprint(i), "record %d is %q", i, d.Payload)
	}
}
