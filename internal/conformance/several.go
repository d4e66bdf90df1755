package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

var selectLaws = []Law{
	{"a Select carries out one case", func(t T) { oneOf(t, runnel.Select) }},
	{"a SelectPriority carries out one case", func(t T) { oneOf(t, runnel.SelectPriority) }},
	{"a TrySelect carries out one case or none", func(t T) {
		oneOf(t, func(_ context.Context, cases ...runnel.Case) (runnel.Case, error) { return runnel.TrySelect(cases...) })
	}},
	{"two Selects meet", func(t T) {
		a, b := runnel.New[int](), runnel.New[int]()
		g := newGroup(t)
		x, y := runnel.SendTo(a, 1), runnel.RecvFrom(b)
		g.start(func() { _, _ = runnel.Select(bg, x, y) })
		in, out := runnel.RecvFrom(a), runnel.SendTo(b, 2)
		_, _ = runnel.Select(bg, in, out)
		g.wait()
		sa, sb := a.Stats(), b.Stats()
		equal(t, "exchanged", sa.Received+sb.Received, 1)
		equal(t, "sent", sa.Sent+sb.Sent, 1)
		equal(t, "left waiting", sa.SendersWaiting+sb.SendersWaiting+sa.ReceiversWaiting+sb.ReceiversWaiting, 0)
	}},
	{"a Select does not meet itself", func(t T) {
		c := runnel.New[int]()
		ctx, cancel := context.WithCancel(bg)
		t.Go(cancel)
		_, err := runnel.Select(ctx, runnel.SendTo(c, 1), runnel.RecvFrom(c))
		is(t, "Select", err, context.Canceled)
		equal(t, "sent", c.Stats().Sent, 0)
	}},
	{"the first of ready cases goes first in order", func(t T) {
		a, b := runnel.New[int](runnel.Buffer(1)), runnel.New[int](runnel.Buffer(1))
		is(t, "TrySend", errors.Join(a.TrySend(1), b.TrySend(2)), nil)
		first, second := runnel.RecvFrom(a), runnel.RecvFrom(b)
		for _, want := range []runnel.Case{first, second} {
			got, _ := runnel.SelectPriority(bg, nil, first, second)
			if got != want {
				t.Errorf("not the first in order")
			}
		}
	}},
	{"a Select goes on over two channels until both are closed", func(t T) {
		a, b := runnel.New[int](), runnel.New[int](runnel.Buffer(1))
		for _, c := range []*runnel.Chan[int]{a, b} {
			t.Go(func() {
				sendEach(t, ends{c, c}, 10)
				c.Close()
			})
		}
		cases := []runnel.Case{runnel.RecvFrom(a), runnel.RecvFrom(b)}
		got, open := 0, 2
		for open > 0 {
			chosen, _ := runnel.Select(bg, cases...)
			if _, err := chosen.(*runnel.RecvCase[int]).Value(); err == nil {
				got++
				continue
			}
			for i := range cases {
				if cases[i] == chosen {
					cases[i] = nil
				}
			}
			open--
		}
		equal(t, "received", got, 6)
		equal(t, "left waiting", a.Stats().ReceiversWaiting+b.Stats().ReceiversWaiting, 0)
	}},
	{"nil channels never fire", func(t T) {
		var none *runnel.Chan[int]
		_, err := runnel.TrySelect(runnel.SendTo(none, 1), runnel.RecvFrom(none), nil)
		is(t, "TrySelect", err, runnel.ErrNotReady)
		ctx, cancel := context.WithCancelCause(bg)
		t.Go(func() { cancel(errCause) })
		_, err = runnel.Select(ctx, runnel.SendTo(none, 1))
		is(t, "Select", err, errCause)
	}},
	{"a Select whose context ends has done nothing", func(t T) {
		a, b := runnel.New[int](), runnel.New[int]()
		ctx, cancel := context.WithCancelCause(bg)
		g := newGroup(t)
		g.start(func() { cancel(errCause) })
		g.start(func() { _, _ = a.TryRecv() })
		g.start(func() { _ = b.TrySend(2) })
		chosen, err := runnel.Select(ctx, runnel.SendTo(a, 1), runnel.RecvFrom(b))
		g.wait()
		if done := a.Stats().Sent + b.Stats().Received; (err == nil) != (done == 1) || (chosen == nil) != (err != nil) {
			t.Errorf("%v, %v although %d values moved", chosen, err, done)
		}
	}},
}

// oneOf chooses between sending and receiving while others receive and send, and close.
func oneOf(t T, choose func(context.Context, ...runnel.Case) (runnel.Case, error)) {
	a, b, c := runnel.New[int](), runnel.New[int](runnel.Buffer(1)), runnel.New[int]()
	g := newGroup(t)
	g.start(func() { _, _ = a.Recv(bg) })
	g.start(func() { _ = b.Send(bg, 2) })
	g.start(c.Close)
	out, in, end := runnel.SendTo(a, 1), runnel.RecvFrom(b), runnel.RecvFrom(c)
	chosen, err := choose(bg, out, in, end)
	moved := [2]uint64{a.Stats().Sent, b.Stats().Received}
	a.Cancel(nil)
	g.wait()
	want := [2]uint64{}
	switch chosen {
	case out:
		want[0] = 1
		is(t, "SendTo", out.Err(), nil)
	case in:
		want[1] = 1
		v, err := in.Value()
		equal(t, "value", []any{v, err}, []any{2, nil})
	case end:
		_, err := end.Value()
		is(t, "RecvFrom a closed channel", err, runnel.ErrClosed)
	default:
		is(t, "no case", err, runnel.ErrNotReady)
	}
	equal(t, "moved", moved, want)
}

var producerLaws = []Law{
	{"the last producer closes, with the first cause", func(t T) {
		c := runnel.New[int](runnel.Buffer(1))
		for i, p := range c.Producers(3) {
			t.Go(func() {
				sendEach(t, ends{p, c}, 10*i)
				if i == 1 {
					p.CloseWith(errCause)
				}
				p.Close()
				is(t, "Send of a producer that has ended", p.Send(bg, 1), runnel.ErrClosed)
			})
		}
		got, err := ends{c, c}.drain()
		equal(t, "values", len(count(t, got)), 9)
		is(t, "end", err, errCause)
		balanced(t, c.Stats())
	}},
	{"a producer that has ended is a ready case", func(t T) {
		c := runnel.New[int]()
		ps := c.Producers(2)
		out := runnel.SendTo(ps[0], 1)
		g := newGroup(t)
		g.start(ps[0].Close)
		g.start(func() {
			if chosen, err := runnel.TrySelect(out); err == nil && chosen == out {
				is(t, "SendTo", out.Err(), runnel.ErrClosed)
			}
		})
		g.wait()
		chosen, err := runnel.Select(bg, out)
		if chosen != out || err != nil {
			t.Errorf("Select: %v, %v", chosen, err)
		}
		is(t, "SendTo", out.Err(), runnel.ErrClosed)
		equal(t, "sent", c.Stats().Sent, 0)
		equal(t, "closed", c.Stats().Closed, false)
	}},
}

var callbackLaws = []Law{
	{"callbacks are called once each, one at a time", func(t T) {
		c := runnel.New[int](runnel.Buffer(1))
		g := newGroup(t)
		running, calls := 0, 0
		enter := func() {
			if running++; running != 1 {
				t.Errorf("%d callbacks at once", running)
			}
			c.Len() // lets others go on
			calls++
			running--
		}
		g.start(func() {
			c.SendFunc(1, func(error) { enter() })
			c.SendFunc(2, func(error) { enter() })
		})
		g.start(func() { c.RecvFunc(func(int, error) { enter() }) })
		g.start(func() { c.RecvFunc(func(int, error) { enter() }) })
		g.wait()
		t.Wait()
		equal(t, "calls", calls, 4)
		balanced(t, c.Stats())
	}},
}

var promiseLaws = []Law{
	{"a promise keeps the first value, for everybody and for ever", func(t T) {
		p := runnel.NewPromise[int]()
		g := newGroup(t)
		var got [3]int
		for i := range got {
			g.start(func() { got[i], _ = p.Recv(bg) })
		}
		g.start(func() { is(t, "Send", p.Send(bg, 1), nil) })
		g.start(func() { is(t, "Send", p.Send(bg, 2), nil) })
		g.wait()
		p.Close()
		last, err := p.Recv(bg)
		equal(t, "after Close", []any{last, err}, []any{got[0], nil})
		if got[0] != got[1] || got[1] != got[2] || got[0] == 0 {
			t.Errorf("received %v", got)
		}
		equal(t, "dropped", p.Stats().Dropped[runnel.DroppedNewest], 1)
	}},
	{"a promise that is not kept ends", func(t T) {
		p := runnel.NewPromise[int]()
		t.Go(func() { p.CloseWith(errCause) })
		_, err := p.Recv(bg)
		is(t, "Recv", err, errCause)
	}},
}

var viaLaws = []Law{
	{"a transducer is applied to every value, and completed once", func(t T) {
		flushed := 0
		in, out := runnel.NewVia(xf.Compose(twice, pairs(&flushed)), runnel.Buffer(1))
		for _, p := range []int{1, 2, 3} {
			t.Go(func() {
				is(t, "Send", in.Send(bg, p), nil)
				if in.Stats().Sent == 3 {
					in.Close()
				}
			})
		}
		sum, n := 0, 0
		for v := range out.All(bg) {
			sum, n = sum+v, n+1
		}
		equal(t, "sum, values, completions", []int{sum, n, flushed}, []int{12, 3, 1})
		balanced(t, in.Stats())
		balanced(t, out.Stats())
	}},
	{"a transducer that wants no more ends both sides", func(t T) {
		in, out := runnel.NewVia(xf.Take[int](2), runnel.Buffer(1))
		g := newGroup(t)
		for v := range 4 {
			g.start(func() {
				if err := in.Send(bg, v); err != nil {
					is(t, "Send", err, runnel.ErrClosed)
				}
			})
		}
		got, err := ends{in, out}.drain()
		is(t, "end", err, runnel.ErrClosed)
		g.wait()
		equal(t, "values", len(count(t, got)), 2)
		balanced(t, in.Stats())
		balanced(t, out.Stats())
	}},
	{"Cancel behind a transducer travels upstream", func(t T) {
		in, out := runnel.NewVia(twice, runnel.Buffer(1))
		g := newGroup(t)
		for v := range 3 {
			g.start(func() {
				if err := in.Send(bg, v); err != nil {
					is(t, "Send", err, runnel.ErrClosed, errCause)
				}
			})
		}
		g.start(func() { out.Cancel(errCause) })
		g.wait()
		is(t, "Err", in.Err(), errCause)
		balanced(t, in.Stats())
		balanced(t, out.Stats())
	}},
	{"a panic in a transducer closes both sides", func(t T) {
		boom := xf.Map(func(int) int { panic("boom") })
		in, out := runnel.NewVia(boom, runnel.Buffer(1))
		t.Go(func() { is(t, "Send", in.Send(bg, 1), nil) })
		_, err := out.Recv(bg)
		if p := (*runnel.PanicError)(nil); !errors.As(err, &p) || p.Value != "boom" {
			t.Errorf("Recv: %v, want the panic", err)
		}
		t.Wait()
		is(t, "Send", in.Send(bg, 2), runnel.ErrClosed)
	}},
}

var twice = xf.Map(func(v int) int { return 2 * v })

// pairs changes nothing and counts its completions.
func pairs(completed *int) xf.Step[int, int] {
	return func(next xf.Sink[int]) xf.Sink[int] { return completing{next, completed} }
}

type completing struct {
	xf.Sink[int]
	n *int
}

func (c completing) Close() {
	*c.n++
	c.Sink.Close()
}

var timerLaws = []Law{
	{"After sends the time once, not early", func(t T) {
		began := timeNow()
		c := runnel.After(time.Second)
		at, err := c.Recv(bg)
		if err != nil || at.Sub(began) < time.Second {
			t.Errorf("after %v, %v", at.Sub(began), err)
		}
		_, err = c.Recv(bg)
		is(t, "Recv", err, runnel.ErrClosed)
	}},
	{"At is for a moment, at once if it is past", func(t T) {
		began := timeNow()
		at, _ := runnel.At(began.Add(time.Second)).Recv(bg)
		if at.Sub(began) < time.Second {
			t.Errorf("after %v", at.Sub(began))
		}
		_, err := runnel.At(began).Recv(bg)
		is(t, "Recv", err, nil)
	}},
	{"a Tick that nobody receives gives way", func(t T) {
		began := timeNow()
		c := runnel.Tick(time.Second)
		_ = runnel.Sleep(bg, 3*time.Second+time.Millisecond)
		at, _ := c.Recv(bg)
		if d := at.Sub(began); d < 3*time.Second {
			t.Errorf("an old tick: %v", d)
		}
		c.Cancel(nil)
		_ = runnel.Sleep(bg, time.Hour)
		s := c.Stats()
		balanced(t, s)
		_, err := c.Recv(bg)
		is(t, "Recv", err, runnel.ErrClosed)
	}},
	{"a timer competes with a value", func(t T) {
		c := runnel.New[int]()
		g := newGroup(t)
		g.start(func() {
			_ = runnel.Sleep(bg, time.Second)
			_ = c.Send(bg, 1)
		})
		in, late := runnel.RecvFrom(c), runnel.RecvFrom(runnel.After(time.Second))
		chosen, err := runnel.Select(bg, in, late)
		is(t, "Select", err, nil)
		if chosen == late {
			equal(t, "received", c.Stats().Received, 0)
			_, _ = c.Recv(bg)
		}
		g.wait()
		balanced(t, c.Stats())
	}},
	{"Sleep ends with its context", func(t T) {
		ctx, cancel := context.WithCancelCause(bg)
		t.Go(func() { cancel(errCause) })
		began := timeNow()
		if err := runnel.Sleep(ctx, time.Hour); err != nil {
			is(t, "Sleep", err, errCause)
		} else if d := timeNow().Sub(began); d < time.Hour {
			t.Errorf("slept %v", d)
		}
	}},
	{"a deadline ends what waits", func(t T) {
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		c := runnel.New[int](runnel.Buffer(1))
		_, err := c.Recv(ctx)
		is(t, "Recv", err, context.DeadlineExceeded)
		_, err = runnel.Select(ctx, runnel.RecvFrom(c))
		is(t, "Select", err, context.DeadlineExceeded)
	}},
}

// timeNow is the time of the place: in simulations, too, since they run in bubbles here.
func timeNow() time.Time { return time.Now() }
