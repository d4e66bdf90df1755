package mq_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// fataler is what testing.T and sim.T have in common.
type fataler interface {
	Fatalf(format string, args ...any)
	Context() context.Context
}

// bury publishes messages and gives each up with the error of its index.
func bury(t fataler, client *mq.Client, n int, why func(i int) error) {
	c := readers()
	c.Lease = 10000 * time.Hour
	in, err := c.Open(t.Context(), client)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	for i := range n {
		err := letters.Publish(t.Context(), client, fmt.Sprint("text ", i), mq.ID(fmt.Sprint("m", i)), mq.SetHeader("Shop", "north"))
		if err != nil {
			t.Fatalf("Publish: %v", err)
		}
		d, err := in.Recv(t.Context())
		if err != nil {
			t.Fatalf("Recv: %v", err)
		}
		if err := d.Dead(t.Context(), why(i)); err != nil {
			t.Fatalf("Dead: %v", err)
		}
	}
	if err := in.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

func cardDeclined(int) error { return errors.New("card declined") }

func buried(t *testing.T, n int) (*mq.Client, *mq.DeadLetters) {
	client := mq.Open(mem.New(nil), quiet)
	t.Cleanup(func() { client.Close() })
	bury(t, client, n, cardDeclined)
	return client, client.DeadLetters("letters", "readers")
}

// seqs lists the numbers of the letters that f chooses.
func seqs(t *testing.T, d *mq.DeadLetters, f mq.Filter) (all []uint64) {
	t.Helper()
	for l, err := range d.List(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l.Seq)
	}
	return all
}

func wantSeqs(t *testing.T, d *mq.DeadLetters, f mq.Filter, want ...uint64) {
	t.Helper()
	if got := seqs(t, d, f); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v chooses %v, want %v", f, got, want)
	}
}

func TestDeadList(t *testing.T) {
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	bury(t, client, 4, func(i int) error {
		if i%2 == 0 {
			return errors.New("card declined")
		}
		return fmt.Errorf("dial shop: %w", context.DeadlineExceeded)
	})
	d := client.DeadLetters("letters", "readers")
	wantSeqs(t, d, mq.Filter{}, 1, 2, 3, 4)
	wantSeqs(t, d, mq.Filter{After: 2}, 3, 4)
	wantSeqs(t, d, mq.Filter{Seqs: []uint64{3, 1, 3}}, 1, 3)
	wantSeqs(t, d, mq.Filter{Error: "CARD"}, 1, 3)
	wantSeqs(t, d, mq.Filter{ID: "m1"}, 2)
	wantSeqs(t, d, mq.Filter{Error: "no such"})
	wantSeqs(t, d, mq.Filter{Since: time.Now().Add(time.Hour)})
	wantSeqs(t, d, mq.Filter{Until: time.Now().Add(time.Hour)}, 1, 2, 3, 4)
	wantSeqs(t, d, mq.Filter{State: mq.StateDeleted})
	groups, err := d.Groups(t.Context(), mq.Filter{})
	noError(t, err)
	if len(groups) != 2 || groups[0].Count != 2 || groups[1].Count != 2 || groups[0].Example != 4 || groups[1].Example != 3 {
		t.Errorf("groups: %+v", groups)
	}
	wantSeqs(t, d, mq.Filter{Fingerprint: groups[1].Fingerprint}, 1, 3)
	wantSeqs(t, client.DeadLetters("letters", ""), mq.Filter{}, 1, 2, 3, 4)
}

func TestDeadBadInput(t *testing.T) {
	client, d := buried(t, 2)
	list := func(d *mq.DeadLetters, f mq.Filter) error {
		for _, err := range d.List(t.Context(), f) {
			return err
		}
		return nil
	}
	replay := func(f mq.Filter, o mq.ReplayOptions) error {
		_, err := d.Replay(t.Context(), f, o)
		return err
	}
	get := func(seq uint64) error { _, err := d.Get(t.Context(), seq); return err }
	remove := func(f mq.Filter) error { _, err := d.Delete(t.Context(), f); return err }
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		err  error
		is   error
		says string
	}{
		{list(client.DeadLetters("leters", ""), mq.Filter{}), mq.ErrUnknownTopic, `did you mean "letters"?`},
		{list(client.DeadLetters("letters", "reader"), mq.Filter{}), mq.ErrUnknownGroup, `did you mean "readers"?`},
		{list(d, mq.Filter{State: "dead"}), mq.ErrFilter, `State is "dead", want one of ["held"`},
		{list(d, mq.Filter{Fingerprint: "XY"}), mq.ErrFilter, `Fingerprint is "XY", want 16 hex`},
		{list(d, mq.Filter{Reason: "bad"}), mq.ErrFilter, `Reason is "bad", want one of`},
		{list(d, mq.Filter{Since: noon, Until: noon}), mq.ErrFilter, `want Since before Until`},
		{list(d, mq.Filter{Seqs: []uint64{0}}), mq.ErrFilter, `Seqs has a 0`},
		{get(0), mq.ErrLetter, `letter 0`},
		{get(9), mq.ErrLetter, `letter 9: no such dead letter`},
		{replay(mq.Filter{}, mq.ReplayOptions{Rate: -1}), nil, `ReplayOptions.Rate is -1 per second, want 0 or more`},
		{replay(mq.Filter{}, mq.ReplayOptions{Rate: math.NaN()}), nil, `ReplayOptions.Rate is NaN`},
		{replay(mq.Filter{}, mq.ReplayOptions{Limit: -2}), nil, `ReplayOptions.Limit is -2, want 0 or more`},
		{replay(mq.Filter{}, mq.ReplayOptions{StopAfter: -3}), nil, `ReplayOptions.StopAfter is -3, want 0 or more`},
		{replay(mq.Filter{State: mq.StateDeleted}, mq.ReplayOptions{}), mq.ErrFilter, `State is "deleted"`},
		{replay(mq.Filter{Seqs: []uint64{9}}, mq.ReplayOptions{}), mq.ErrLetter, `letter 9`},
		{remove(mq.Filter{Seqs: []uint64{9}}), mq.ErrLetter, `letter 9`},
		{remove(mq.Filter{State: mq.StateReplaying}), mq.ErrFilter, `State is "replaying"`},
	} {
		if c.err == nil || c.is != nil && !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("the error is %v\nwant %v that says %s", c.err, c.is, c.says)
		}
	}
	wantSeqs(t, d, mq.Filter{}, 1, 2)
}

func TestDeadNothingChosen(t *testing.T) {
	_, d := buried(t, 1)
	none := mq.Filter{Error: "no such"}
	done, err := d.Replay(t.Context(), none, mq.ReplayOptions{})
	noError(t, err)
	deleted, err := d.Delete(t.Context(), none)
	noError(t, err)
	restored, err := d.Restore(t.Context(), mq.Filter{})
	noError(t, err)
	purged, err := d.Purge(t.Context(), mq.Filter{})
	noError(t, err)
	if done.Sent+deleted+restored+purged != 0 {
		t.Errorf("replayed %d, deleted %d, restored %d, purged %d; want none", done.Sent, deleted, restored, purged)
	}
}

func TestDeadReplay(t *testing.T) {
	client, d := buried(t, 3)
	dry, err := d.Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{DryRun: true, Limit: 2})
	noError(t, err)
	wantSeqs(t, d, mq.Filter{}, 1, 2, 3)
	done, err := d.As("ann", "card service is back").Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{Limit: 2})
	noError(t, err)
	if dry.Sent != 0 || done.Sent != 2 || len(dry.Messages) != 2 || len(done.Messages) != 2 {
		t.Fatalf("dry run: %+v\ndone: %+v", dry, done)
	}
	for i := range done.Messages {
		if dry.Messages[i].ID != done.Messages[i].ID || done.Messages[i].Of != fmt.Sprint("m", i) {
			t.Errorf("dry run said %+v, done was %+v", dry.Messages[i], done.Messages[i])
		}
	}
	wantSeqs(t, d, mq.Filter{}, 3)
	l, err := d.Get(t.Context(), 1)
	noError(t, err)
	if l.State != mq.StateReplayed || len(l.Events) != 1 || l.Events[0].By != "ann" || l.Events[0].Action != "replayed" {
		t.Errorf("letter: %+v", l)
	}
	in := mustOpen(t, readers(), client)
	defer in.Close()
	m := next(t, in, time.Minute)
	if m.Value != "text 0" || m.ID != done.Messages[0].ID || m.Header.Get(mq.HeaderReplayOf) != "m0" || m.Attempt != 1 {
		t.Errorf("replayed message: %+v", m.Message)
	}
	noError(t, m.Ack(t.Context()))
}

// A replay goes to the group that gave the message up, and to no other one.
func TestDeadReplayOneGroup(t *testing.T) {
	client, d := buried(t, 1)
	other := &mq.Consumer[string]{Topic: letters, Group: "others"}
	in := mustOpen(t, other, client)
	defer in.Close()
	_, err := d.Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{})
	noError(t, err)
	a, err := client.Account(t.Context(), "letters")
	noError(t, err)
	for _, g := range a.Groups {
		want := int64(0)
		if g.Group == "readers" {
			want = 1
		}
		if !g.Balanced() || int64(g.Waiting+g.InFlight) != want {
			t.Errorf("group %s: %+v, want %d waiting", g.Group, g, want)
		}
	}
}

func TestDeadEdit(t *testing.T) {
	client, d := buried(t, 1)
	id, err := d.Edit(t.Context(), 1, func(m *mq.Draft) error {
		m.Payload = []byte(`"mended"`)
		return nil
	})
	noError(t, err)
	l, err := d.Get(t.Context(), 1)
	noError(t, err)
	if string(l.Message.Payload) != `"text 0"` || l.State != mq.StateReplayed || l.Replay == nil || l.Replay.ID != id || !l.Replay.Edited {
		t.Errorf("the letter keeps the original and tells its edit: %+v", l)
	}
	in := mustOpen(t, readers(), client)
	defer in.Close()
	m := next(t, in, time.Minute)
	if m.Value != "mended" || m.ID != id || m.Header.Get(mq.HeaderEditedFrom) != "m0" || m.Header.Get("Shop") != "north" {
		t.Errorf("edited message: %+v", m.Message)
	}
	noError(t, m.Dead(t.Context(), errors.New("again"))) // its letter tells where it comes from
	l, err = d.Get(t.Context(), 2)
	noError(t, err)
	if l.ReplayOf != "m0" || !l.Edited {
		t.Errorf("lineage: replay of %q, edited %v", l.ReplayOf, l.Edited)
	}
}

func TestDeadEditRefused(t *testing.T) {
	client, _ := buried(t, 1)
	d := letters.DeadLetters(client, "readers")
	mine := errors.New("mine")
	for _, c := range []struct {
		name string
		edit func(*mq.Draft) error
		is   error
		says string
	}{
		{"own error", func(*mq.Draft) error { return mine }, mine, "letter 1"},
		{"same", func(*mq.Draft) error { return nil }, mq.ErrDraft, "use Replay"},
		{"payload", func(m *mq.Draft) error { m.Payload = []byte("{"); return nil }, mq.ErrDraft, "letter 1"},
		{"key", func(m *mq.Draft) error { m.Key = "k"; return nil }, mq.ErrUnkeyed, `Draft.Key is "k"`},
		{"header", func(m *mq.Draft) error { m.Header = m.Header.With("Runnel-X", "1"); return nil }, mq.ErrDraft, "Runnel-X was changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := d.Edit(t.Context(), 1, c.edit)
			if !errors.Is(err, c.is) || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("the error is %v, want %v that says %s", err, c.is, c.says)
			}
		})
	}
	_, err := d.Edit(t.Context(), 9, nil)
	wantError(t, err, mq.ErrLetter)
	wantSeqs(t, d.DeadLetters, mq.Filter{}, 1)
}

// Ten thousand at a hundred a second take a hundred seconds, less the first one's wait.
func TestDeadReplayRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10000
		client := mq.Open(mem.New(nil), quiet)
		defer client.Close()
		bury(t, client, n, cardDeclined)
		begin := time.Now()
		done, err := client.DeadLetters("letters", "readers").Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{Rate: 100})
		noError(t, err)
		if took, want := time.Since(begin), (n-1)*10*time.Millisecond; done.Sent != n || took < want-time.Millisecond || took > want+time.Second {
			t.Errorf("%d sent in %v, want %d in %v", done.Sent, took, n, want)
		}
	})
}

// model is what a letter's life should be.
type model struct {
	state, was mq.DeadState
	replays    int
}

// do applies a verb, and tells whether it was to be had.
func (m *model) do(verb int) bool {
	switch {
	case verb <= 1 && m.state == mq.StateHeld: // Replay, Edit
		m.state, m.replays = mq.StateReplayed, m.replays+1
	case verb == 2 && (m.state == mq.StateHeld || m.state == mq.StateReplayed):
		m.state, m.was = mq.StateDeleted, m.state
	case verb == 3 && m.state == mq.StateDeleted:
		m.state = m.was
	case verb == 3 && m.state == mq.StateReplayed:
		m.state = mq.StateHeld
	case verb == 4 && (m.state == mq.StateHeld || m.state == mq.StateReplayed || m.state == mq.StateDeleted):
		m.state = ""
	default:
		return false
	}
	return true
}

func act(ctx context.Context, d *mq.DeadLetters, verb int, seq uint64) (err error) {
	f := mq.Filter{Seqs: []uint64{seq}, State: mq.StateAny}
	switch verb {
	case 0:
		_, err = d.Replay(ctx, f, mq.ReplayOptions{})
	case 1:
		_, err = d.Edit(ctx, seq, func(m *mq.Draft) error { m.Header = m.Header.With("Edited", "yes"); return nil })
	case 2:
		_, err = d.Delete(ctx, f)
	case 3:
		_, err = d.Restore(ctx, f)
	case 4:
		_, err = d.Purge(ctx, f)
	}
	return err
}

// Random verbs on a few letters: states, refusals and the number of messages sent are the model's.
func TestDeadStates(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 6))
		client, d := buried(t, 4)
		models := make([]model, 4)
		for i := range models {
			models[i].state = mq.StateHeld
		}
		for step := range 50 {
			i, verb := random.IntN(4), random.IntN(9)%5 // purges are rarer
			seq, before := uint64(i+1), models[i]
			err := act(t.Context(), d, verb, seq)
			if ok := models[i].do(verb); ok != (err == nil) || err != nil && !errors.Is(err, mq.ErrLetter) {
				t.Fatalf("seed %d, step %d: verb %d on letter %d, which is %+v: %v", seed, step, verb, seq, before, err)
			}
			l, err := d.Get(t.Context(), seq)
			if l.State != models[i].state || (err != nil) != (models[i].state == "") {
				t.Fatalf("seed %d, step %d: letter %d is %q (%v), want %+v", seed, step, seq, l.State, err, models[i])
			}
		}
		want := int64(0)
		for _, m := range models {
			want += int64(m.replays)
		}
		a, err := client.Account(t.Context(), "letters")
		noError(t, err)
		if g := a.Groups[0]; !g.Balanced() || int64(g.Waiting) != want || g.Dead != 4 {
			t.Fatalf("seed %d: %d dead, %d waiting, want 4, %d: %+v", seed, g.Dead, g.Waiting, want, g)
		}
		client.Close()
	}
}
