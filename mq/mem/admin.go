package mem

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// Features implements driver.Featured.
func (e *Engine) Features() driver.Features {
	return driver.Features{
		Overflow:   []driver.Overflow{driver.Block, driver.Reject, driver.DropNewest, driver.DropOldest, driver.LatestPerKey},
		Order:      []driver.Order{driver.Unordered, driver.PerKey, driver.Strict},
		Durability: []driver.Durability{driver.Memory},
		Delay:      true,
		Dedup:      true,
		Expiry:     true,
		Exact:      true,
	}
}

// Topics implements driver.Admin.
func (e *Engine) Topics(ctx context.Context) ([]driver.Topic, error) {
	if err := e.usable(ctx); err != nil {
		return nil, err
	}
	var all []driver.Topic
	for _, t := range e.store.all() {
		all = append(all, t.definition())
	}
	return all, nil
}

// usable is nil if a call can be carried out.
func (e *Engine) usable(ctx context.Context) error {
	return cmp.Or(e.ended(), context.Cause(ctx))
}

// find returns a topic that exists.
func (e *Engine) find(ctx context.Context, name string) (*topic, error) {
	if err := e.usable(ctx); err != nil {
		return nil, err
	}
	t := e.store.lookup(name)
	if t == nil {
		return nil, driver.ErrUnknownTopic
	}
	return t, nil
}

// definition returns the topic's, with the groups that it has now.
func (t *topic) definition() driver.Topic {
	t.mu.Lock()
	defer t.unlock()
	def := t.def
	def.Groups = nil
	for _, g := range t.groups {
		def.Groups = append(def.Groups, g.name)
	}
	return def
}

// Account implements driver.Admin.
func (e *Engine) Account(ctx context.Context, topic string) (driver.Account, error) {
	t, err := e.find(ctx, topic)
	if err != nil {
		return driver.Account{}, err
	}
	t.mu.Lock()
	defer t.unlock()
	t.advance(t.store.now())
	a := t.account
	a.Stored = t.stored()
	for _, g := range t.groups {
		a.Groups = append(a.Groups, t.count(g))
	}
	return a, nil
}

// count returns the account of a group.
func (t *topic) count(g *members) driver.GroupAccount {
	a := g.account
	a.InFlight = int64(g.state.Leased())
	a.Waiting = int64(g.state.Unsettled()-g.state.Leased()) + g.delayed
	a.Delayed = g.delayed
	a.Retrying = int64(g.state.Retrying())
	a.Oldest = t.oldest(g)
	return a
}

// oldest tells when the first of the unsettled records was published.
func (t *topic) oldest(g *members) (first time.Time) {
	look := func(s *slot) {
		if first.IsZero() || s.published.Before(first) {
			first = s.published
		}
	}
	if pos, found := g.state.Oldest(); found {
		if s := t.log.at(pos); s != nil {
			look(s)
		}
	}
	if g.delayed > 0 {
		t.delayed.each(func(d *delayed) {
			if g.wants(&d.slot, d.born) {
				look(&d.slot)
			}
		})
	}
	return first
}

// DeleteTopic implements driver.Admin.
func (e *Engine) DeleteTopic(ctx context.Context, topic string) error {
	t, err := e.find(ctx, topic)
	if err != nil {
		return err
	}
	e.store.forget(t)
	t.mu.Lock()
	defer t.unlock()
	t.deleted = true
	for w := t.publishers.head; w != nil; w = w.next {
		t.signal(w)
	}
	for _, g := range slices.Clone(t.groups) {
		t.expel(g)
	}
	t.log, t.delayed, t.expiry, t.letters = log{next: t.log.next}, shelf{}, dues[uint64]{}, letters{}
	return nil
}

func (s *Store) forget(t *topic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[t.def.Name] == t {
		delete(s.topics, t.def.Name)
	}
}

// DeleteGroup implements driver.Admin. The sources of the group end with ErrClosed.
func (e *Engine) DeleteGroup(ctx context.Context, topic, group string) error {
	t, err := e.find(ctx, topic)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.unlock()
	g := t.group(group)
	if g == nil {
		return fmt.Errorf("it has no group %q", group)
	}
	t.expel(g)
	return nil
}

// expel ends a group with its sources.
func (t *topic) expel(g *members) {
	for _, s := range slices.Clone(g.open) {
		s.end()
	}
	t.disband(g)
}
