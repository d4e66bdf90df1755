package mq

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// All lines that mq logs are in this file. Messages are constant texts that begin with "mq: ", what
// varies is in attributes:
//
//	topic, group, consumer   of all lines of a consumer
//	id, seq, key             of the message
//	attempt, attempts        which one failed, how many there were
//	error, kind              what went wrong, and its sort as in Stats.Topics.Failed
//	reason                   of a dead letter
//	next, took, for, count   when or how long, in time and number
//
// Debug is what belongs to normal work (an attempt that is repeated), Info what begins, ends and gets
// well again, Warn what somebody should look at (a dead letter, a lease that was lost), Error what
// needs somebody now (a handler that is stuck or has panicked for the last time, an engine in trouble).

// diary writes the lines of one consumer.
type diary struct {
	log    *slog.Logger
	engine throttle
	late   throttle
}

func newDiary(log *slog.Logger, topic, group, name string) *diary {
	return &diary{log: log.With("topic", topic, "group", group, "consumer", name)}
}

func (d *diary) write(l slog.Level, text string, attrs ...slog.Attr) {
	d.log.LogAttrs(context.Background(), l, text, attrs...)
}

// begins: the consumer is subscribed, and fetches.
func (d *diary) begins(workers int, order driver.Order) {
	d.write(slog.LevelInfo, "mq: consumer begins", slog.Int("workers", workers), slog.String("order", order.String()))
}

// drains: nothing is begun any more.
func (d *diary) drains(running int) {
	d.write(slog.LevelInfo, "mq: consumer drains", slog.Int("running", running))
}

// ends: Run returns err.
func (d *diary) ends(err error) {
	if err != nil {
		d.write(slog.LevelError, "mq: consumer failed", slog.Any("error", err), slog.String("kind", Kind(err)))
		return
	}
	d.write(slog.LevelInfo, "mq: consumer ends")
}

func (d *diary) paused()  { d.write(slog.LevelInfo, "mq: consumer paused") }
func (d *diary) resumed() { d.write(slog.LevelInfo, "mq: consumer resumed") }

// retries: an attempt has failed, and another one follows at next.
func (d *diary) retries(r *driver.Record, attempt int, next time.Time, err error) {
	if !d.log.Enabled(context.Background(), slog.LevelDebug) {
		return // attempts may fail by the thousand
	}
	d.write(slog.LevelDebug, "mq: attempt failed",
		append(about(r), slog.Int("attempt", attempt), slog.Time("next", next), slog.Any("error", err))...)
}

// buries: the message is given up.
func (d *diary) buries(r *driver.Record, reason string, attempts int, err error) {
	level := slog.LevelWarn
	switch reason {
	case "panic", "stuck", "lapsed":
		level = slog.LevelError
	}
	d.write(level, "mq: dead letter",
		append(about(r), slog.String("reason", reason), slog.Int("attempts", attempts), slog.Any("error", err))...)
}

// stuck: a handler goes on beyond Grace.
func (d *diary) stuck(r *driver.Record, attempt int, since time.Duration) {
	d.write(slog.LevelError, "mq: handler is stuck", append(about(r), slog.Int("attempt", attempt), slog.Duration("for", since))...)
}

// unstuck: it has returned at last, without effect.
func (d *diary) unstuck(r *driver.Record, took time.Duration) {
	d.write(slog.LevelInfo, "mq: stuck handler has returned", append(about(r), slog.Duration("took", took))...)
}

// loses: messages were settled too late, and others have them. Throttled.
func (d *diary) loses(n int, now time.Time) {
	if count, say := d.late.fails(now, n); say {
		d.write(slog.LevelWarn, "mq: leases lost, messages are handled again by others", slog.Int("count", count))
	}
}

// trouble: the engine has failed at what; it is tried again. Throttled.
func (d *diary) trouble(now time.Time, what string, err error) {
	if count, say := d.engine.fails(now, 1); say {
		d.write(slog.LevelError, "mq: engine in trouble, tries again",
			slog.String("to", what), slog.Any("error", err), slog.String("kind", Kind(err)), slog.Int("count", count))
	}
}

// works: the engine has done something. It logs only after trouble.
func (d *diary) works() {
	if !d.engine.failing.Load() {
		return // no look at the clock as long as all is well
	}
	if n, lasted, was := d.engine.recovers(time.Now()); was {
		d.write(slog.LevelInfo, "mq: engine works again", slog.Int("count", n), slog.Duration("for", lasted))
	}
}

// silent: OnDead did not do its work for n letters.
func (d *diary) silent(n int, why any) {
	d.write(slog.LevelError, "mq: OnDead failed", slog.Int("count", n), slog.Any("error", why))
}

// about names a message.
func about(r *driver.Record) []slog.Attr {
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs, slog.String("id", r.ID), slog.Uint64("seq", r.Seq))
	if r.Key != "" {
		attrs = append(attrs, slog.String("key", r.Key))
	}
	return attrs
}

// throttle lets the first of many lines of one kind pass, and then one in quietTime.
type throttle struct {
	failing atomic.Bool

	mu    sync.Mutex
	since time.Time // the first failure
	said  time.Time // the last line
	all   int       // failures since then
	held  int       // of these, not told yet
}

const quietTime = 10 * time.Second

// fails counts n failures, and tells whether to say so, of how many.
func (t *throttle) fails(now time.Time, n int) (count int, say bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.failing.Swap(true) {
		t.since = now
	}
	t.all += n
	t.held += n
	if !t.said.IsZero() && now.Sub(t.said) < quietTime {
		return 0, false
	}
	count, t.held, t.said = t.held, 0, now
	return count, true
}

// recovers ends a row of failures: how many there were, and for how long. False: there were none to
// tell of.
func (t *throttle) recovers(now time.Time) (count int, lasted time.Duration, was bool) {
	if !t.failing.Load() {
		return 0, 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.failing.Swap(false) {
		return 0, 0, false
	}
	count, t.all = t.all, 0
	if t.said.Before(t.since) {
		return 0, 0, false // nobody was told of them: those who flap are throttled, too
	}
	t.held = 0
	return count, now.Sub(t.since), true
}
