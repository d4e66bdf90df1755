package mq

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// ReplayOptions says how letters are replayed. The zero value replays all at once.
type ReplayOptions struct {
	// DryRun does nothing, and tells in Replayed.Messages exactly what would be done.
	DryRun bool

	// Limit is how many letters are replayed at most; 0: all.
	Limit int

	// Rate is how many are replayed per second; 0: as fast as it goes.
	Rate float64

	// StopAfter ends the replay, with ErrReplaysDie, as soon as so many of its messages are dead
	// letters again; 0: whatever becomes of them. It looks before each message, so with a Rate at
	// which messages are done before the next one is sent it stops a replay that does not help.
	StopAfter int

	// Progress is called after each message that was sent, with what was done so far and how many
	// letters were chosen. The replay waits for it.
	Progress func(done Replayed, of int)
}

// ErrReplaysDie ends a replay whose messages die again; see ReplayOptions.StopAfter.
var ErrReplaysDie = errors.New("what is replayed dies again")

// Replayed is what Replay did, or in a dry run would do.
type Replayed struct {
	Sent      int      `json:"sent"`      // messages
	Completed int      `json:"completed"` // of replays that had been begun before: their message had been sent already
	Lost      int      `json:"lost"`      // letters on which somebody else acted first
	Dead      int      `json:"dead"`      // of Sent, those that died again; counted with StopAfter alone
	Messages  []Replay `json:"messages"`  // those sent, in their order
}

// Replay publishes the messages of the letters that f chooses once more, by rising Seq, so the order of
// each key is that of dying: held ones, and those of a replay that was broken off by a crash, which are
// completed. Each goes to the letter's own group alone, as a new message: with a new ID, attempts
// counted from 1, HeaderReplayOf, and a life (TTL) that begins anew. The letters chosen are those
// there at the beginning: what dies meanwhile is not replayed again.
//
// A letter is replayed by one message, whoever else replays it at the same time and however often
// this is repeated after an error or a crash, as long as that happens within the topic's
// DedupWindow. After that, one whose replay was broken off may be sent twice.
//
// The error tells why it ended early: as of Publish, ErrReplaysDie, context.Cause(ctx). What was done
// before is told, and what was not can be replayed by calling it again. Letters on which somebody
// else acts meanwhile are counted, and an error only where f.Seqs names them.
func (d *DeadLetters) Replay(ctx context.Context, f Filter, o ReplayOptions) (Replayed, error) {
	var done Replayed
	if err := errors.Join(f.check([]DeadState{StateHeld, StateReplaying}), o.check()); err != nil {
		return done, d.wrap(err)
	}
	k, err := d.desk(ctx)
	if err != nil {
		return done, err
	}
	chosen, missing, err := k.choose(ctx, f, o.Limit)
	if err != nil {
		return done, err
	}
	if o.DryRun {
		done.Messages = chosen
		return done, missing
	}
	r := &replay{desk: k, filter: f, options: o, mine: make(map[string]bool)}
	err = r.all(ctx, chosen)
	return r.done, errors.Join(missing, err)
}

func (o ReplayOptions) check() error {
	switch {
	case o.Limit < 0:
		return fmt.Errorf("ReplayOptions.Limit is %d, want 0 or more", o.Limit)
	case o.Rate < 0 || math.IsNaN(o.Rate) || math.IsInf(o.Rate, 0):
		return fmt.Errorf("ReplayOptions.Rate is %v per second, want 0 or more", o.Rate)
	case o.StopAfter < 0:
		return fmt.Errorf("ReplayOptions.StopAfter is %d, want 0 or more", o.StopAfter)
	}
	return nil
}

// choose plans the replays of the letters that f chooses, at most limit (0: all). missing is about
// those of f.Seqs that cannot be replayed.
func (k *desk) choose(ctx context.Context, f Filter, limit int) (chosen []Replay, missing, err error) {
	var failed []error
	for l, err := range k.letters(ctx, f, statesOf(f, StateHeld, StateReplaying)) {
		switch {
		case err == nil:
			chosen = append(chosen, *k.plan(&l, nil).Replay)
		case f.Seqs != nil && errors.Is(err, ErrLetter):
			failed = append(failed, err)
		default:
			return nil, nil, err
		}
		if len(chosen) == limit && limit > 0 {
			break
		}
	}
	return chosen, errors.Join(failed...), nil
}

// plan is the note of a letter whose replay is about to be sent: that of the replay which has begun
// already, if there is one.
func (k *desk) plan(l *driver.Letter, draft *Draft) note {
	n := noteOf(l)
	if n.state(l.State) == StateReplaying {
		return n
	}
	return n.begun(l, draft, k.who)
}

// A replay is a call of Replay at work.
type replay struct {
	*desk
	filter  Filter
	options ReplayOptions
	done    Replayed
	mine    map[string]bool // IDs of what was sent and has not been seen dead
	watched uint64          // Seq up to which letters have been looked at for them
	pace    *rate.Limiter
}

func (r *replay) all(ctx context.Context, chosen []Replay) error {
	if r.options.Rate > 0 {
		r.pace = rate.NewLimiter(rate.Limit(r.options.Rate), 1)
	}
	if len(chosen) > 0 {
		r.watched = chosen[len(chosen)-1].Seq // what dies from now on has a greater one
	}
	var lost []error
	for _, c := range chosen {
		if err := r.before(ctx); err != nil {
			return errors.Join(append(lost, err)...)
		}
		err := r.one(ctx, c.Seq)
		switch {
		case errors.Is(err, ErrLetter):
			r.done.Lost++
			if r.filter.Seqs != nil {
				lost = append(lost, err)
			}
		case err != nil:
			return errors.Join(append(lost, err)...)
		case r.options.Progress != nil:
			r.options.Progress(r.done, len(chosen))
		}
	}
	return errors.Join(lost...)
}

// before waits for the next turn, and tells whether there shall be one.
func (r *replay) before(ctx context.Context) error {
	if r.pace != nil {
		now := time.Now()
		if err := runnel.Sleep(ctx, r.pace.ReserveN(now, 1).DelayFrom(now)); err != nil {
			return r.wrap(err)
		}
	}
	if r.options.StopAfter > 0 {
		if err := r.watch(ctx); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return r.wrap(context.Cause(ctx))
	}
	return nil
}

// watch counts which messages of this replay have died again.
func (r *replay) watch(ctx context.Context) error {
	for {
		page, err := r.morgue.Letters(ctx, r.topic, r.group, r.watched, pageSize)
		if err != nil {
			return r.wrap(err)
		}
		for i := range page {
			r.watched = page[i].Seq
			if r.mine[page[i].Record.ID] {
				r.done.Dead++
				delete(r.mine, page[i].Record.ID)
			}
		}
		if r.done.Dead >= r.options.StopAfter {
			return r.wrap(fmt.Errorf("%w: %d of %d sent, the last one as letter %d", ErrReplaysDie, r.done.Dead, r.done.Sent, r.watched))
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// one replays a letter as it is now.
func (r *replay) one(ctx context.Context, seq uint64) error {
	l, err := r.letter(ctx, seq)
	if err != nil {
		return err
	}
	if s := noteOf(&l).state(l.State); !slices.Contains(statesOf(r.filter, StateHeld, StateReplaying), s) {
		return r.wrap(fmt.Errorf("letter %d: %w: it is %s", seq, ErrLetter, s))
	}
	sent, outcome, err := r.send(ctx, &l, nil)
	if sent == nil {
		return err
	}
	r.done.Messages = append(r.done.Messages, *sent)
	if outcome == driver.Duplicate {
		r.done.Completed++
	} else {
		r.done.Sent++
		r.mine[sent.ID] = true
	}
	return err
}
