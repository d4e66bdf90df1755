package drivertest

import (
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const (
	handBackLaw = "Close hands back what has not been settled, as Release does, and ends all calls with ErrClosed."
	endLaw      = "Close closes all sources and ends all calls with ErrClosed."
)

func closeCases() []Case {
	return []Case{
		{"Close/Source/HandsBack", handBackLaw, needs{}, closeHandsBack},
		{"Close/Source/Order", handBackLaw, needs{order: driver.PerKey}, closeHandsBackKeys},
		{"Close/Source/Ends", handBackLaw + " … ErrClosed if the source has been closed.", needs{}, closeEnds},
		{"Close/Source/Twice", "A second call does nothing, and returns nil.", needs{}, closeTwice},
		{"Close/Source/Others", handBackLaw, needs{}, closeOthers},
		{"Close/Source/Wakes", handBackLaw, needs{}, closeWakes},
		{"Close/Engine", endLaw + " … ErrClosed the engine has been closed", needs{}, closeEngine},
		{"Close/Engine/HandsBack", endLaw, needs{}, closeEngineHandsBack},
		{"Close/Engine/Waiting", endLaw, needs{}, closeEngineWaiting},
		{"Close/Engine/Blocked", endLaw, needs{overflow: driver.Block}, closeEngineBlocked},
		{"Close/Engine/Twice", "A second call does nothing, and returns nil.", needs{}, closeEngineTwice},
		{"Close/Engine/Kept", "What is stored stays, as far as the engine is durable.", needs{}, closeKept},
		{"Close/Load", "All methods of all interfaces are called by many goroutines at once.", needs{}, closeLoad},
	}
}

func closeHandsBack(k *kit) {
	a, b := k.stored(letters(6)...), k.sub(k.group(driver.Unordered))
	ds := k.expect(a, "a", "b", "c")
	k.settle(a, driver.Ack, ds[1])
	from := time.Now()
	k.closeSource(a)
	ds = k.expect(b, "a", "c", "d")
	k.must(time.Since(from) < k.lease, "they have come back after %v only: a whole lease", time.Since(from))
	k.must(ds[0].Lapses == 0, "Lapses %d after a Close, want 0", ds[0].Lapses)
	k.settle(b, driver.Ack, ds...)
	k.done(b, "e", "f")
}

func closeHandsBackKeys(k *kit) {
	a, b := k.storedKeys(driver.PerKey, "a1", "b1", "a2", "b2"), k.sub(k.group(driver.PerKey))
	k.expect(a, "a1", "b1")
	k.none(b)
	k.closeSource(a)
	k.settle(b, driver.Ack, k.expect(b, "a1", "b1")...)
	k.done(b, "a2", "b2")
}

func closeEnds(k *kit) {
	s, d := k.leased("a")
	var err error
	wait := k.start(func() { _, err = s.Fetch(k.ctx(), make([]driver.Delivery, 1)) })
	k.wait(k.quiet)
	k.closeSource(s)
	wait("Fetch of a source that has been closed")
	k.wantError("Fetch, when the source was closed", err, driver.ErrClosed)
	k.closed(s, d)
	k.done(k.sub(k.group(driver.Unordered)), "a")
}

// closed expects that a source does nothing any more.
func (k *kit) closed(s driver.Source, d driver.Delivery) {
	ds, err := k.fetch(s, k.ctx(), 1)
	k.must(len(ds) == 0, "a closed source gives %q", values(ds))
	k.wantError("Fetch of a closed source", err, driver.ErrClosed)
	k.within("Settle", func() { err = s.Settle(k.ctx(), settlements(driver.Ack, []driver.Delivery{d})) })
	k.wantError("Settle by a closed source", err, driver.ErrClosed)
}

func closeTwice(k *kit) {
	s := k.stored("a")
	k.expect(s, "a")
	k.closeSource(s)
	other := k.sub(k.group(driver.Unordered))
	d := k.expect(other, "a")[0]
	k.closeSource(s)
	k.none(other) // the second call has handed nothing back
	k.settle(other, driver.Ack, d)
	k.all(4, func(int) error { return other.Close() })
}

// closeOthers: other sources of the group, also of the same handle, go on.
func closeOthers(k *kit) {
	a, b := k.sub(k.group(driver.Unordered)), k.sub(k.group(driver.Unordered))
	k.put("a", "b")
	d := k.expect(b, "a")[0]
	k.closeSource(a)
	k.settle(b, driver.Ack, d)
	k.done(b, "b")
}

// closeWakes: what is handed back wakes one that waits.
func closeWakes(k *kit) {
	a, b := k.stored("a"), k.sub(k.group(driver.Unordered))
	k.expect(a, "a")
	var err error
	from := time.Now()
	wait := k.start(func() { _, err = b.Fetch(k.ctx(), make([]driver.Delivery, 1)) })
	k.wait(k.quiet)
	k.closeSource(a)
	wait("Fetch, after another source was closed")
	k.noError("Fetch", err)
	k.must(time.Since(from) < k.lease, "it has come back after %v only: a whole lease", time.Since(from))
}

func (k *kit) closeEngine(e driver.Engine) {
	var err error
	k.within("Engine.Close", func() { err = e.Close() })
	k.noError("Engine.Close", err)
}

func closeEngine(k *kit) {
	k.put("a")
	e, s := k.process()
	d := k.expect(s, "a")[0]
	k.closeEngine(e)
	k.refused(e, rec("b"), driver.ErrClosed)
	k.noSource(e, k.group(driver.Unordered), driver.ErrClosed)
	k.closed(s, d)
	k.closeSource(s)
}

func closeEngineHandsBack(k *kit) {
	k.put("a", "b")
	e, s := k.process()
	k.expect(s, "a", "b")
	from := time.Now()
	k.closeEngine(e)
	k.done(k.sub(k.group(driver.Unordered)), "a", "b")
	k.must(time.Since(from) < k.lease, "they have come back after %v only: a whole lease", time.Since(from))
}

func closeEngineWaiting(k *kit) {
	e := k.open()
	errs := make([]error, 4)
	var srcs []driver.Source
	for range errs {
		srcs = append(srcs, k.subOn(e, k.group(driver.Unordered)))
	}
	wait := k.start(func() {
		k.all(len(errs), func(i int) error { _, errs[i] = srcs[i].Fetch(k.ctx(), make([]driver.Delivery, 1)); return nil })
	})
	k.wait(k.quiet)
	k.closeEngine(e)
	wait("Fetch of a closed engine")
	for _, err := range errs {
		k.wantError("Fetch, when the engine was closed", err, driver.ErrClosed)
	}
}

func closeEngineBlocked(k *kit) {
	k.def.MaxMessages = 1
	k.put("a")
	e := k.open()
	var n int
	var err error
	wait := k.start(func() { n, err = k.try(e, k.ctx(), []driver.Record{rec("b")}) })
	k.wait(k.quiet)
	k.closeEngine(e)
	wait("Publish, when the engine was closed")
	k.must(n == 0, "Publish returned %d", n)
	k.wantError("Publish, when the engine was closed", err, driver.ErrClosed)
	s := k.sub(k.group(driver.Unordered))
	k.last(s, "a")
}

func closeEngineTwice(k *kit) {
	e := k.open()
	k.closeEngine(e)
	k.closeEngine(e)
	e = k.open()
	k.all(4, func(int) error { return e.Close() })
}

func closeKept(k *kit) {
	other := k.open() // so that the broker has a handle all the time, if it ends with the last one
	k.put("a")
	k.closeEngine(k.e)
	k.done(k.subOn(other, k.group(driver.Unordered)), "a")
	k.e = k.open()
	k.done(k.stored("b"), "b")
}

// closeLoad closes an engine in the middle of publishing, fetching and settling. What was accepted
// and not settled is still there.
func closeLoad(k *kit) {
	e := k.open()
	var l ledger
	n := k.many(40)
	wait := k.start(func() {
		k.all(6, func(i int) error {
			switch {
			case i < 3:
				return l.closing(l.publishOn(k, e, fmt.Sprint(i, "-"), n))
			default:
				return l.closing(l.consumeOn(k, e, k.group(driver.Unordered)))
			}
		})
	})
	k.wait(k.quiet / 10)
	k.closeEngine(e)
	wait("what was under way when the engine was closed")
	k.drain(&l, k.group(driver.Unordered))
}

// closing makes nil of the error that a closed engine gives.
func (*ledger) closing(err error) error {
	if errors.Is(err, driver.ErrClosed) {
		return nil
	}
	return err
}
