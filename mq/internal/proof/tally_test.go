package proof_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
)

// tally counts what has happened in all schedules, so that nobody takes for proved what never came up.
// Schedules run one after the other.
type tally map[string]int

// want is what must have come up.
var want = []string{"acked", "retried", "dead", "expired", "dropped newest", "dropped oldest", "replaced", "duplicates", "cut by a crash",
	"released", "stuck", "lapsed", "begun again after a lapse", "faults"}

func (c tally) add(w *world, groups []driver.GroupAccount) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	c["schedules"]++
	c["messages"] += len(w.ledger.posts)
	c["duplicates"] += w.ledger.duplicates
	c["faults"] += w.ledger.strikes
	if w.hope.Err() != nil {
		c["given up"]++
	}
	for _, g := range groups {
		c["acked"] += int(g.Acked)
		c["dead"] += int(g.Dead)
		c["expired"] += int(g.Expired)
		c["dropped newest"] += int(g.Dropped.Newest)
		c["dropped oldest"] += int(g.Dropped.Oldest)
		c["replaced"] += int(g.Dropped.Replaced)
	}
	for _, b := range w.ledger.groups {
		c.book(b)
	}
}

func (c tally) book(b *book) {
	for _, all := range b.leases {
		for i, s := range all {
			if i+1 < len(all) && all[i+1].d.Lapses > s.d.Lapses {
				c["lapsed"]++
			}
			switch {
			case s.phase == done && s.verb == driver.Retry:
				c["retried"]++
			case s.phase == done && s.verb == driver.Release:
				c["released"]++
			}
		}
	}
	for _, hs := range b.handlings {
		for i, h := range hs {
			c["handlings"]++
			if h.result == cut {
				c["cut by a crash"]++
			}
			if h.stuck {
				c["stuck"]++
			}
			if i > 0 && hs[i-1].attempt == h.attempt {
				c["begun again after a lapse"]++
			}
		}
	}
}

func (c tally) check(t *testing.T) {
	text := ""
	for _, what := range slices.Sorted(maps.Keys(c)) {
		text += fmt.Sprintf("%s %d, ", what, c[what])
	}
	t.Log(text)
	if scale(10) < 10 {
		return // too few worlds
	}
	for _, what := range want {
		if c[what] == 0 {
			t.Errorf("in no schedule anything was %s", what)
		}
	}
}
