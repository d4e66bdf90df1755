package mq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// The errors of dead letters, for errors.Is.
var (
	ErrLetter       = driver.ErrLetter // no letter has this number, or somebody else has acted on it meanwhile
	ErrUnknownGroup = errors.New("unknown group")
	ErrFilter       = errors.New("filter makes no sense")
)

// DeadLetters is access to the dead letters of a topic: to find them, and to do something about them.
// It holds nothing but the names.
//
// # Concurrency
//
// Many may act on the same letters at once, from many processes: each letter is acted on by one of them,
// and the others are told (ErrLetter), or do not count it.
//
// # Errors
//
// All methods return ErrUnsupported if the engine keeps no dead letters that can be browsed,
// ErrUnknownTopic and ErrUnknownGroup, with the name that is nearest; ErrFilter; ErrClosed; and
// context.Cause(ctx) if ctx has ended. What was done until then is told.
type DeadLetters struct {
	client *Client
	topic  string
	group  string
	who    signature
	checks checks
}

// signature is who acts, and why.
type signature struct{ by, note string }

// checks is what a typed topic adds.
type checks struct {
	def     *driver.Topic
	payload func([]byte) error
	version string
}

// DeadLetters gives access to the dead letters of a topic that one group has given up; "" for those of
// all groups. Topic.DeadLetters does the same, and knows the type of the messages.
func (c *Client) DeadLetters(topic, group string) *DeadLetters {
	return &DeadLetters{client: c, topic: topic, group: group}
}

// As returns an access that signs what it does: each letter's Events tell by whom and why.
func (d *DeadLetters) As(by, note string) *DeadLetters {
	signed := *d
	signed.who = signature{by, note}
	return &signed
}

// A desk is where the letters of a topic are worked on.
type desk struct {
	*DeadLetters
	morgue driver.Morgue
	def    *driver.Topic
	dedup  bool
}

func (d *DeadLetters) desk(ctx context.Context) (*desk, error) {
	if err := d.client.check(ctx, d.topic); err != nil {
		return nil, err
	}
	morgue, ok := driver.As[driver.Morgue](d.client.engine)
	if !ok {
		return nil, d.wrap(fmt.Errorf("dead letters: %w: it keeps none that can be browsed", ErrUnsupported))
	}
	k := &desk{DeadLetters: d, morgue: morgue, def: d.checks.def, dedup: true}
	if f, ok := driver.As[driver.Featured](d.client.engine); ok {
		k.dedup = f.Features().Dedup
	}
	if err := k.find(ctx); err != nil {
		return nil, d.wrap(err)
	}
	return k, nil
}

func (d *DeadLetters) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("mq: topic %q: %w", d.topic, err)
}

// find looks whether the topic and the group exist, where the engine can tell, and takes the topic's
// definition from there.
func (k *desk) find(ctx context.Context) error {
	admin, ok := driver.As[driver.Admin](k.client.engine)
	if !ok {
		if k.def == nil {
			k.def = &driver.Topic{Name: k.topic, MustExist: true}
		}
		return nil
	}
	topics, err := admin.Topics(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(topics, func(t driver.Topic) bool { return t.Name == k.topic })
	if i < 0 {
		return fmt.Errorf("%w%s", ErrUnknownTopic, nearest(k.topic, topics, func(t driver.Topic) string { return t.Name }))
	}
	if k.def == nil {
		k.def = &topics[i]
	}
	return k.findGroup(ctx, admin)
}

func (k *desk) findGroup(ctx context.Context, admin driver.Admin) error {
	if k.group == "" {
		return nil
	}
	account, err := admin.Account(ctx, k.topic)
	if err != nil || slices.ContainsFunc(account.Groups, func(g driver.GroupAccount) bool { return g.Group == k.group }) {
		return err
	}
	left, err := k.morgue.Letters(ctx, k.topic, k.group, 0, 1)
	if err != nil || len(left) > 0 {
		return err // the group is gone, its letters are not
	}
	return fmt.Errorf("group %q: %w%s", k.group, ErrUnknownGroup,
		nearest(k.group, account.Groups, func(g driver.GroupAccount) string { return g.Group }))
}

const pageSize = 256

// letters reads those chosen by f in one of these states, by rising Seq. An error about one letter
// does not end it.
func (k *desk) letters(ctx context.Context, f Filter, states []DeadState) iter.Seq2[driver.Letter, error] {
	states = statesOf(f, states...)
	if f.Seqs != nil {
		return k.numbered(ctx, f, states)
	}
	return func(yield func(driver.Letter, error) bool) {
		for after := f.After; ; {
			page, err := k.morgue.Letters(ctx, k.topic, k.group, after, pageSize)
			if err != nil {
				yield(driver.Letter{}, k.wrap(err))
				return
			}
			for i := range page {
				d := deadLetterOf(k.topic, &page[i])
				if slices.Contains(states, d.State) && f.fits(&d) && !yield(page[i], nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			after = page[len(page)-1].Seq
		}
	}
}

// statesOf are those that f chooses of states.
func statesOf(f Filter, states ...DeadState) []DeadState {
	if f.State != StateAny && f.State != "" {
		return []DeadState{f.State}
	}
	return states
}

// numbered reads the letters of f.Seqs.
func (k *desk) numbered(ctx context.Context, f Filter, states []DeadState) iter.Seq2[driver.Letter, error] {
	seqs := slices.Clone(f.Seqs)
	slices.Sort(seqs)
	return func(yield func(driver.Letter, error) bool) {
		for _, seq := range slices.Compact(seqs) {
			l, err := k.letter(ctx, seq)
			d := deadLetterOf(k.topic, &l)
			if err == nil && !slices.Contains(states, d.State) {
				err = k.wrap(fmt.Errorf("letter %d: %w: it is %s, want %q", seq, ErrLetter, d.State, states))
			}
			if (err != nil || f.fits(&d)) && !yield(l, err) {
				return
			}
		}
	}
}

// letter reads one.
func (k *desk) letter(ctx context.Context, seq uint64) (driver.Letter, error) {
	if seq == 0 {
		return driver.Letter{}, k.wrap(fmt.Errorf("letter 0: %w; letters are numbered from 1", ErrLetter))
	}
	found, err := k.morgue.Letters(ctx, k.topic, k.group, seq-1, 1)
	if err != nil {
		return driver.Letter{}, k.wrap(err)
	}
	if len(found) == 0 || found[0].Seq != seq {
		of := "the topic"
		if k.group != "" {
			of = fmt.Sprintf("group %q", k.group)
		}
		return driver.Letter{}, k.wrap(fmt.Errorf("letter %d: %w: %s has none with this number", seq, ErrLetter, of))
	}
	return found[0], nil
}

var listable = []DeadState{StateHeld, StateReplaying, StateReplayed, StateDeleted}

// List gives the letters that f chooses, by rising Seq, reading a page at a time. An error is the last
// thing given, unless it is about one of f.Seqs. Letters that change meanwhile are given as they were
// when their page was read.
func (d *DeadLetters) List(ctx context.Context, f Filter) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		f.State = cmp.Or(f.State, StateHeld)
		if err := f.check(listable); err != nil {
			yield(DeadLetter{}, d.wrap(err))
			return
		}
		k, err := d.desk(ctx)
		if err != nil {
			yield(DeadLetter{}, err)
			return
		}
		for l, err := range k.letters(ctx, f, listable) {
			var letter DeadLetter
			if err == nil {
				letter = deadLetterOf(d.topic, &l)
			}
			if !yield(letter, err) {
				return
			}
		}
	}
}

// Get returns the letter with this number, whatever its state. ErrLetter if there is none.
func (d *DeadLetters) Get(ctx context.Context, seq uint64) (DeadLetter, error) {
	k, err := d.desk(ctx)
	if err != nil {
		return DeadLetter{}, err
	}
	l, err := k.letter(ctx, seq)
	if err != nil {
		return DeadLetter{}, err
	}
	return deadLetterOf(d.topic, &l), nil
}

// DeadGroup is a failure, and the letters that died of it.
type DeadGroup struct {
	Fingerprint string    `json:"fingerprint"`
	Title       string    `json:"title"`
	Reason      Reason    `json:"reason"`
	Type        string    `json:"type"` // of the error
	Handler     string    `json:"handler"`
	Version     string    `json:"version,omitempty"` // of the contract
	Count       int       `json:"count"`
	First       time.Time `json:"first"` // when the first and the last letter were given up
	Last        time.Time `json:"last"`
	Example     uint64    `json:"example"` // Seq of the latest letter
	Groups      []string  `json:"groups"`  // of consumers, by name
}

// Groups gives the failures that the letters chosen by f died of, most frequent first, of equal ones
// the latest.
func (d *DeadLetters) Groups(ctx context.Context, f Filter) ([]DeadGroup, error) {
	groups := make(map[string]*DeadGroup)
	for l, err := range d.List(ctx, f) {
		if err != nil {
			return nil, err
		}
		g := groups[l.Fingerprint]
		if g == nil {
			g = &DeadGroup{
				Fingerprint: l.Fingerprint, Title: l.Title, Reason: l.Reason, Type: l.Type,
				Handler: l.Handler, Version: l.Version, First: l.Time, Last: l.Time,
			}
			groups[l.Fingerprint] = g
		}
		g.add(&l)
	}
	var all []DeadGroup
	for _, g := range groups {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b DeadGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return all, nil
}

func (g *DeadGroup) add(l *DeadLetter) {
	g.Count++
	g.Example = max(g.Example, l.Seq)
	if l.Time.Before(g.First) {
		g.First = l.Time
	}
	if l.Time.After(g.Last) {
		g.Last = l.Time
	}
	if i, found := slices.BinarySearch(g.Groups, l.Group); !found {
		g.Groups = slices.Insert(g.Groups, i, l.Group)
	}
}
