package mq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// markTime limits how long what must follow on a message that was sent, or was not, goes on when the
// caller's context has ended.
const markTime = 5 * time.Second

// send replays a letter as it was read, with draft in its place if there is one. In order:
//
//	claim     MarkLetter: of all who have read the same letter, one goes on; the others get ErrLetter
//	publish   under an id that depends on the letter alone, so that who completes it later sends the same
//	done      MarkLetter; or back to where it was, if it is certain that nothing was sent
//
// A crash after any of them leaves a letter that another Replay completes. sent is nil if nothing was
// sent, as far as is known.
func (k *desk) send(ctx context.Context, l *driver.Letter, draft *Draft) (sent *Replay, outcome driver.Outcome, err error) {
	n := k.plan(l, draft)
	n.Tries++
	if err := k.morgue.MarkLetter(ctx, k.topic, l.Seq, l.Rev, driver.Replayed, n.encode()); err != nil {
		return nil, 0, k.wrap(err)
	}
	outcome, err = k.publish(ctx, l, n)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTime)
	defer cancel()
	if err != nil {
		if isRefusal(ctx, err) && n.Tries == 1 {
			err = errors.Join(err, k.takeBack(after, l, n))
		}
		return nil, 0, k.wrap(err)
	}
	return n.Replay, outcome, k.wrap(k.finish(after, l.Seq, n.Replay.ID))
}

func (k *desk) publish(ctx context.Context, l *driver.Letter, n note) (driver.Outcome, error) {
	r, err := n.record(l, k.dedup)
	if err != nil {
		return 0, fmt.Errorf("letter %d: what was edited is not readable: %w", l.Seq, err)
	}
	records := [1]driver.Record{r}
	done, err := k.client.engine.Publish(ctx, k.def, records[:])
	k.client.meters.topic(k.topic).published(records[:done], time.Since(r.Published), err)
	if err == nil && records[0].Outcome == driver.Dropped {
		err = ErrFull
	}
	if err != nil {
		err = fmt.Errorf("letter %d is not replayed: %w", l.Seq, err)
	}
	return records[0].Outcome, err
}

var refusals = []error{ErrFull, ErrTooLarge, ErrUnknownTopic, ErrConflict, ErrUnsupported}

// isRefusal tells whether err means that nothing was published.
func isRefusal(ctx context.Context, err error) bool {
	for _, r := range refusals {
		if errors.Is(err, r) {
			return true
		}
	}
	return ctx.Err() != nil && errors.Is(err, context.Cause(ctx))
}

// takeBack makes l again what it was, after its message was refused, unless somebody else has taken
// up the replay meanwhile, and may send it.
func (k *desk) takeBack(ctx context.Context, l *driver.Letter, n note) error {
	now, err := k.letter(ctx, l.Seq)
	if err != nil {
		return err
	}
	if at := noteOf(&now); !at.claims(n.Replay.ID) || at.Tries != n.Tries {
		return nil
	}
	err = k.morgue.MarkLetter(ctx, k.topic, l.Seq, now.Rev, l.State, l.Note)
	if errors.Is(err, ErrLetter) {
		return nil
	}
	return err
}

// finish notes that the message with this id was sent. If the letter has gone another way since,
// somebody else has noted it, or has purged the letter: then there is nothing to do.
func (k *desk) finish(ctx context.Context, seq uint64, id string) error {
	for {
		l, err := k.letter(ctx, seq)
		if errors.Is(err, ErrLetter) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("letter %d is replayed, but that is not noted: %w", seq, err)
		}
		n := noteOf(&l)
		if !n.claims(id) {
			return nil
		}
		err = k.morgue.MarkLetter(ctx, k.topic, seq, l.Rev, driver.Replayed, n.done().encode())
		if err == nil || !errors.Is(err, ErrLetter) {
			return err
		}
	}
}

// claims tells whether the replay with this id has begun and is not known to be done.
func (n note) claims(id string) bool { return n.Claim && n.Replay != nil && n.Replay.ID == id }
