package drivertest

import (
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// features are those of an engine; one that is not Featured has them all.
func (k *kit) features() driver.Features {
	if f, ok := driver.As[driver.Featured](k.e); ok {
		return f.Features()
	}
	return driver.Features{
		Overflow:   []driver.Overflow{driver.Block, driver.Reject, driver.DropNewest, driver.DropOldest, driver.LatestPerKey},
		Order:      []driver.Order{driver.Unordered, driver.PerKey, driver.Strict},
		Durability: []driver.Durability{driver.DefaultDurability, driver.Memory, driver.OSFlush, driver.Fsync},
		Delay:      true, Dedup: true, Expiry: true, Exact: true,
	}
}

// refuses tests that the engine refuses what a case is about, if it says that it lacks it.
func (k *kit) refuses(n needs) (lacks bool) {
	f := k.features()
	refuse := func(lack bool, try func()) {
		if lack {
			lacks = true
			try()
		}
	}
	refuse(!slices.Contains(f.Order, n.order), func() { k.refusesOrder(n.order) })
	refuse(!slices.Contains(f.Overflow, n.overflow), func() { k.refusesTopic(driver.Topic{Name: "x", Overflow: n.overflow, MaxMessages: 1}) })
	refuse(n.delay && !f.Delay, func() { k.refusesRecord(later("x", time.Now().Add(k.delay))) })
	refuse(n.dedup && !f.Dedup, func() { k.refusesRecord(driver.Record{Dedup: "x", Published: time.Now()}) })
	refuse(n.expiry && !f.Expiry, func() { k.refusesExpiry() })
	return lacks
}

func (k *kit) refusesOrder(o driver.Order) {
	_, err := k.trySub(k.e, k.group(o))
	k.wantError("Subscribe, "+o.String(), err, driver.ErrUnsupported)
}

// refusesTopic expects that neither Publish nor Subscribe makes a topic.
func (k *kit) refusesTopic(def driver.Topic) {
	k.def = def
	k.refusesRecord(rec("x"))
	k.noSource(k.e, k.group(driver.Unordered), driver.ErrUnsupported)
}

func (k *kit) refusesRecord(r driver.Record) {
	k.refused(k.e, r, driver.ErrUnsupported)
}

func (k *kit) refusesExpiry() {
	r := rec("x")
	r.Expires = time.Now().Add(k.delay)
	k.refusesRecord(r)
	k.refusesTopic(driver.Topic{Name: "x", MaxAge: k.delay})
}

// durability: each is either given or refused.
func durability(k *kit) {
	f := k.features()
	for _, d := range []driver.Durability{driver.Memory, driver.OSFlush, driver.Fsync} {
		k.def = driver.Topic{Name: d.String(), Durability: d}
		if slices.Contains(f.Durability, d) {
			k.put("a")
			k.done(k.sub(k.group(driver.Unordered)), "a")
		} else {
			k.refusesTopic(k.def)
		}
	}
}
