package pipe

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
)

// Throttle passes on at most n values in every interval of length per, wherever it begins: each
// value leaves no sooner than per after the n-th one before it. The moment that counts is when
// the output accepts a value. The first n leave without waiting. The stage remembers n moments.
//
// It waits and drops nothing. The wait comes before a value is taken, so to drop instead of
// slowing the producer down, give the input a buffer that drops: with [runnel.Sliding] of 1
// what leaves is the latest value that there is at its turn.
//
// When in is closed, the values that are left still wait for their turns, but the end does not:
// the output closes right behind the last one.
func Throttle[T any](ctx context.Context, in runnel.Receiver[T], n int, per time.Duration, opts ...runnel.Option) runnel.Receiver[T] {
	requireAtLeast(1, "Throttle", "n", n)
	requirePositive("Throttle", "per", per)
	t := &throttle[T]{stage: newStage[T, T](ctx, "Throttle", in, opts), pace: pace{n: n, per: per}, began: time.Now()}
	closed := runnel.New[struct{}]()
	t.closed = runnel.RecvFrom(closed)
	in.OnClose(func(error) { closed.Close() })
	return t.start(1, t.run)
}

// throttle is the stage of Throttle.
type throttle[T any] struct {
	*stage[T, T]
	pace
	began  time.Time
	closed *runnel.RecvCase[struct{}] // ready when in is closed
}

func (t *throttle[T]) run() {
	for {
		ready := t.rest(t.closed)
		v, err := t.in.Recv(t.ctx)
		if err != nil {
			t.leave(err)
			return
		}
		if !ready { // in is closed: nothing newer can come while v waits
			t.rest(nil)
		}
		if !t.send(v) {
			return
		}
		t.left(time.Since(t.began))
	}
}

// rest waits for the turn of the next value and reports whether it has come. If not, it is
// because the case early was ready or ctx has ended.
func (t *throttle[T]) rest(early runnel.Case) bool {
	d := t.wait(time.Since(t.began))
	if d <= 0 {
		return true
	}
	timer := runnel.After(d)
	defer timer.Cancel(nil)
	turn := runnel.RecvFrom(timer)
	c, _ := runnel.SelectPriority(t.ctx, early, turn)
	return c == turn
}

// pace says when the next value may leave. It knows no clock: a moment is the time that has
// passed since some beginning.
//
//	past[first], past[first+1], … (mod n) = when the last n values left, oldest first
//	value k+n leaves at t ⇒ t ≥ per + when value k left
type pace struct {
	n     int
	per   time.Duration
	past  []time.Duration // grows to n
	first int
}

// wait tells how long the next value must still wait at now.
func (p *pace) wait(now time.Duration) time.Duration {
	if len(p.past) < p.n {
		return 0
	}
	return p.per - (now - p.past[p.first])
}

// left notes that a value has left at now.
func (p *pace) left(now time.Duration) {
	if len(p.past) < p.n {
		p.past = append(p.past, now)
		return
	}
	p.past[p.first] = now
	p.first = (p.first + 1) % p.n
}
