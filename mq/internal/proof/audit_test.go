package proof_test

import (
	"cmp"
	"context"
	"slices"

	"github.com/runnel-go/runnel/mq/driver"
)

// audit checks what holds in the end, when nothing is left to do.
func (w *world) audit() []driver.GroupAccount {
	a := w.account()
	morgue, _ := driver.As[driver.Morgue](w.connect())
	letters, err := morgue.Letters(context.Background(), "t", "", 0, 1000)
	w.ledger.law(err == nil, "nothing lost", "Letters: %v", err)
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	accepted, unsure := w.ledger.accepted()
	w.ledger.law(a.Duplicates-int64(w.ledger.duplicates) <= unsure && a.Duplicates >= int64(w.ledger.duplicates), "balance", "%d duplicates, %d are counted", w.ledger.duplicates, a.Duplicates)
	w.ledger.law(a.Published >= accepted && a.Published <= accepted+unsure, "balance", "published %d, accepted %d, unsure %d", a.Published, accepted, unsure)
	for _, g := range a.Groups {
		w.ledger.law(g.Published >= accepted && g.Published <= accepted+unsure, "balance", "group %q: published %d, accepted %d, unsure %d", g.Group, g.Published, accepted, unsure)
		w.ledger.audit(w.ledger.groups[g.Group], &g, letters)
	}
	return a.Groups
}

func (l *ledger) accepted() (sure, unsure int64) {
	for _, p := range l.posts {
		sure += int64(p.stored + p.dropped)
		unsure += int64(p.unsure)
	}
	return sure, unsure
}

// audit checks the book of a group.
func (l *ledger) audit(b *book, a *driver.GroupAccount, letters []driver.Letter) {
	buried := map[string]int{}
	for i := range letters {
		if letters[i].Group == b.team.name {
			buried[string(letters[i].Record.Payload)]++
		}
	}
	dead := int64(0)
	for v, n := range buried {
		dead += int64(n)
		l.law(n <= l.posts[v].stored+l.posts[v].unsure, "nothing lost", "group %q: %d letters of %q", b.team.name, n, v)
	}
	l.law(dead == a.Dead, "nothing lost", "group %q: %d letters, dead %d", b.team.name, dead, a.Dead)
	ended, excess := int64(0), 0
	for v, p := range l.posts {
		if b.endedWell(v) {
			ended += int64(p.stored + p.unsure)
		}
	}
	for seq := range b.handlings {
		excess += l.repeated(b, seq)
	}
	l.law(a.Acked <= ended, "nothing lost", "group %q: acked %d, only %d ended well", b.team.name, a.Acked, ended)
	l.law(excess <= l.strikes, "once", "group %q: %d handlings of what was settled, %d faults", b.team.name, excess, l.strikes)
	gone := a.Expired + a.Dropped.Total()
	l.law(gone == 0 || l.s.mayLose(), "nothing lost", "expired %d, dropped %+v, and nothing may be", a.Expired, a.Dropped)
}

// mayLose tells whether messages may expire or be dropped.
func (s *sketch) mayLose() bool {
	for _, all := range s.publishers {
		for _, p := range all {
			if p.ttl > 0 {
				return true
			}
		}
	}
	return s.maxAge > 0 || s.overflow >= driver.DropNewest
}

func (b *book) endedWell(v string) bool {
	for _, hs := range b.handlings {
		for _, h := range hs {
			if h.value == v && (h.result == well || h.result == cut) {
				return true
			}
		}
	}
	return false
}

// repeated checks that each handling of a message but the first is explained, and counts those that
// only a fault explains.
func (l *ledger) repeated(b *book, seq uint64) (excess int) {
	hs := slices.Clone(b.handlings[seq])
	slices.SortStableFunc(hs, func(h, q *handling) int { return cmp.Compare(h.lease.d.Token, q.lease.d.Token) })
	for i := 1; i < len(hs); i++ {
		h, q := hs[i], hs[i-1]
		v, s := h.value, q.lease
		switch {
		case h.lease.d.Token>>63 != 0: // a fault
			excess++
		case s.phase == done && s.verb == driver.Retry:
			l.law(h.attempt == q.attempt+1, "once", "%q: attempt %d after %d", v, h.attempt, q.attempt)
		case s.phase == done && s.verb == driver.Release:
			l.law(q.result == stopped, "once", "%q: again after it was released, and %v", v, q.result)
		case s.phase == done:
			excess++
		default: // its lease ended: by a crash, by time, or the settlement was lost
			handedBack := q.result == stopped && s.returned
			l.law(!l.exact() || q.dead || handedBack, "once", "%q: attempt %d (%v) is followed by attempt %d, its lease was %d", v, q.attempt, q.result, h.attempt, s.phase)
		}
	}
	return excess
}
