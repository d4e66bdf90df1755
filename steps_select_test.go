//go:build steps

package runnel_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/step"
	"github.com/runnel-go/runnel/sim"
)

// A Select that waits is completed once, by whoever comes, and not missed by anybody.
func TestStepsSelectAndOne(t *testing.T) {
	all(t,
		program{"1 case and Send", func(t *sim.T) {
			c := newChan(t, "c")
			in := runnel.RecvFrom(c)
			sent := sends(t, c, 1)
			_, err := runnel.Select(bg, in)
			v, end := in.Value()
			t.Wait()
			balance(t, c)
			t.Assert(err == nil && v == 1 && end == nil && sent[0] == nil, "%v, %d, %v, %v", err, v, end, sent)
		}},
		program{"1 case and Recv", func(t *sim.T) {
			c := newChan(t, "c")
			got := receives(t, c, 1)
			_, err := runnel.Select(bg, runnel.SendTo(c, 1))
			t.Wait()
			balance(t, c)
			t.Assert(err == nil && got[0] == outcome{1, nil}, "%v, %v", err, got)
		}},
		program{"1 case and Close", func(t *sim.T) {
			c := newChan(t, "c")
			in := runnel.RecvFrom(c)
			t.Go("closer", func() { c.CloseWith(errGone) })
			_, err := runnel.Select(bg, in)
			v, end := in.Value()
			t.Assert(err == nil && v == 0 && end == errGone, "%v, %d, %v", err, v, end)
		}},
		program{"1 case and TrySend", func(t *sim.T) {
			c := newChan(t, "c")
			in := runnel.RecvFrom(c)
			var sent error
			t.Go("sender", func() { sent = c.TrySend(1) })
			t.Go("selector", func() { runnel.Select(bg, in) })
			t.Wait()
			t.Assert((sent == nil) == (c.Stats().Received == 1) && (sent == nil) == (c.Stats().ReceiversWaiting == 0), "%v: %v", sent, c.Stats())
			c.Close()
		}},
		program{"2 cases and Send", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			in := runnel.RecvFrom(c)
			sends(t, c, 1)
			chosen, err := runnel.Select(bg, in, runnel.RecvFrom(d))
			v, _ := in.Value()
			t.Wait()
			t.Assert(err == nil && chosen == in && v == 1, "%v, %v, %d", err, chosen, v)
			t.Assert(runnel.QueueLength(d) == 0, "the other case lies in its queue")
		}},
	)
}

// A Select ends by its context or by a case, never by both and never by neither.
func TestStepsSelectAndContext(t *testing.T) {
	all(t,
		program{"TrySend and cancel", func(t *sim.T) {
			c := newChan(t, "c")
			ctx, cancel := step.WithCancel()
			in := runnel.RecvFrom(c)
			t.Go("canceller", func() { cancel(errGone) })
			var err error
			t.Go("selector", func() { _, err = runnel.Select(ctx, in) })
			sent := c.TrySend(1)
			t.Wait()
			balance(t, c)
			t.Assert((sent == nil) == (err == nil) && (err == nil || err == errGone), "sent: %v, Select: %v", sent, err)
			t.Assert(step.Registered(ctx) == 0, "a registration is left")
		}},
		program{"the end of a context comes too late", func(t *sim.T) {
			c := newChan(t, "c")
			first, cancel := step.WithCancel()
			second, _ := step.WithCancel()
			in := runnel.RecvFrom(c)
			var chosen [2]runnel.Case
			t.Go("selector", func() {
				chosen[0], _ = runnel.Select(first, in)
				chosen[1], _ = runnel.Select(second, in)
			})
			t.Wait()
			t.Go("canceller", func() { cancel(errGone) })
			c.Send(bg, 1)
			t.Wait()
			if chosen[1] == nil {
				t.Assert(chosen[0] == in && c.TrySend(2) == nil, "the second wait was cancelled")
				t.Wait()
			}
			t.Assert(chosen[1] == in, "the second wait was cancelled")
		}},
	)
	some(t, 5000,
		program{"Send and cancel", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			ctx, cancel := step.WithCancel()
			t.Go("canceller", func() { cancel(errGone) })
			in := runnel.RecvFrom(c)
			var err error
			var chosen runnel.Case
			t.Go("selector", func() { chosen, err = runnel.Select(ctx, in, runnel.RecvFrom(d)) })
			sends(t, c, 1)
			t.Wait()
			got := c.Stats().Received
			t.Assert((err == nil) == (got == 1) && (err == nil) == (chosen == in), "%v, %v: %v", err, chosen, c.Stats())
			t.Assert(runnel.QueueLength(d) == 0, "the other case lies in its queue")
			if err != nil {
				c.Recv(bg)
			}
		}},
		program{"a registration that stands", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			ctx, cancel := step.WithCancel()
			in, other := runnel.RecvFrom(c), runnel.RecvFrom(d)
			var err error
			n := 0
			t.Go("selector", func() {
				for err == nil && n < 4 {
					if _, err = runnel.Select(ctx, in, other); err == nil {
						n++
						v, _ := in.Value()
						t.Assert(v == n, "got %d in round %d", v, n)
					}
				}
			})
			sends(t, c, 1, 2, 3, 4)
			t.Go("canceller", func() { cancel(errGone) })
			t.Wait()
			t.Assert(int(c.Stats().Received) == n, "%d rounds, %v", n, c.Stats())
			for range 4 - n {
				c.Recv(bg)
			}
		}},
		program{"2 contexts in turn", func(t *sim.T) {
			c := newChan(t, "c")
			in := runnel.RecvFrom(c)
			first, cancelFirst := step.WithCancel()
			second, _ := step.WithCancel()
			t.Go("canceller", func() { cancelFirst(errors.New("first")) })
			n := 0
			t.Go("selector", func() {
				for _, ctx := range []context.Context{first, second} {
					if _, err := runnel.Select(ctx, in); err == nil {
						n++
					} else {
						t.Assert(ctx == first, "the second context ended: %v", err)
					}
				}
			})
			sends(t, c, 1, 2)
			t.Wait()
			t.Assert(int(c.Stats().Received) == n && n >= 1, "%d rounds, %v", n, c.Stats())
			for range 2 - n {
				c.Recv(bg)
			}
		}},
	)
}

// Of several that could be carried out a Select carries out one, and the others have had no effect.
func TestStepsSelectAndMany(t *testing.T) {
	some(t, 5000,
		program{"2 channels, a sender on each", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			a, b := runnel.RecvFrom(c), runnel.RecvFrom(d)
			sends(t, c, 1)
			sends(t, d, 2)
			first, _ := runnel.Select(bg, a, b)
			second, _ := runnel.Select(bg, a, b)
			t.Wait()
			balance(t, c)
			balance(t, d)
			t.Assert(first != second, "the same one twice")
		}},
		program{"2 selectors, 2 senders", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d", runnel.Buffer(1))
			var got step.Uint64
			for range 2 {
				t.Go("selector", func() {
					a, b := runnel.RecvFrom(c), runnel.RecvFrom(d)
					for range 2 {
						in := a
						if chosen, _ := runnel.Select(bg, a, b); chosen == b {
							in = b
						}
						v, _ := in.Value()
						got.Add(uint64(v))
					}
				})
			}
			sends(t, c, 1, 10)
			sends(t, d, 100, 1000)
			t.Wait()
			balance(t, c)
			balance(t, d)
			t.Assert(got.Load() == 1111, "got %d", got.Load())
		}},
		program{"a sender's case, 2 receivers and Close", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d", runnel.Buffer(1))
			out, other := runnel.SendTo(c, 1), runnel.SendTo(d, 2)
			t.Go("closer", c.Close)
			receives(t, c, 1)
			sent := map[runnel.Case]int{}
			for range 3 {
				chosen, _ := runnel.Select(bg, out, other)
				if chosen == other || out.Err() == nil {
					sent[chosen]++
				}
				d.TryRecv()
			}
			t.Wait()
			balance(t, c)
			balance(t, d)
			t.Assert(int(c.Stats().Sent) == sent[out] && int(d.Stats().Sent) == sent[other], "%v, %v, %v", sent, c.Stats(), d.Stats())
		}},
		program{"priority", func(t *sim.T) {
			c, d := newChan(t, "c", runnel.Buffer(1)), newChan(t, "d", runnel.Buffer(1))
			d.Send(bg, 2)
			first, second := runnel.RecvFrom(c), runnel.RecvFrom(d)
			var sent flag
			t.Go("sender", func() { c.Send(bg, 1); sent.set(1) })
			before := sent.get() == 1
			chosen, _ := runnel.SelectPriority(bg, first, second)
			t.Assert(!before || chosen == first, "the second was chosen although the first was ready")
			rest, _ := runnel.SelectPriority(bg, first, second)
			t.Assert(chosen != rest, "the same one twice")
		}},
	)
}

// Two Selects that meet commit together or not at all.
func TestStepsSelectsMeet(t *testing.T) {
	some(t, 10_000,
		program{"on one channel", func(t *sim.T) {
			c := newChan(t, "c")
			in := runnel.RecvFrom(c)
			t.Go("sender", func() { runnel.Select(bg, runnel.SendTo(c, 1)) })
			t.Go("receiver", func() { runnel.Select(bg, in) })
			t.Wait()
			v, err := in.Value()
			balance(t, c)
			t.Assert(v == 1 && err == nil, "got %d, %v", v, err)
		}},
		program{"on two channels", func(t *sim.T) { crossing(t, 1) }},
		program{"on two channels, 3 rounds", func(t *sim.T) { crossing(t, 3) }},
		program{"three in a ring", func(t *sim.T) {
			cs := []*runnel.Chan[int]{newChan(t, "c"), newChan(t, "d"), newChan(t, "e")}
			for i := range cs {
				t.Go("selector", func() {
					runnel.Select(bg, runnel.SendTo(cs[i], i+1), runnel.RecvFrom(cs[(i+1)%3]))
				})
			}
			t.Wait()
			sent := uint64(0)
			for _, c := range cs {
				sent += c.Stats().Sent
			}
			t.Assert(sent == 1, "%d of them met", sent)
			for _, c := range cs {
				c.Close() // lets the third go
			}
		}},
		program{"on two channels that are cancelled", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			a, b := runnel.RecvFrom(c), runnel.SendTo(c, 1)
			t.Go("receiver", func() { runnel.Select(bg, a, runnel.SendTo(d, 2)) })
			t.Go("sender", func() { runnel.Select(bg, b, runnel.RecvFrom(d)) })
			t.Go("canceller", func() { c.Cancel(errGone); d.Cancel(errGone) })
			t.Wait()
			balance(t, c)
			balance(t, d)
			v, err := a.Value()
			t.Assert((v == 1) == (c.Stats().Received == 1) && (err == nil || err == errGone), "%d, %v: %v", v, err, c.Stats())
		}},
		program{"callbacks", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			in, out := runnel.RecvFrom(c), runnel.SendTo(d, 2)
			var sent, got step.Uint64
			t.Go("selector", func() {
				for range 2 {
					runnel.Select(bg, in, out)
				}
			})
			t.Go("callbacks", func() {
				c.SendFunc(1, func(err error) { sent.Add(1) })
				d.RecvFunc(func(v int, err error) { got.Add(uint64(v)) })
			})
			t.Wait()
			v, err := in.Value()
			t.Assert(sent.Load() == 1 && got.Load() == 2 && v == 1 && err == nil, "%d, %d, %d, %v", sent.Load(), got.Load(), v, err)
		}},
		program{"both cases on one channel", func(t *sim.T) {
			c := newChan(t, "c")
			for i := range 2 {
				t.Go("selector", func() { runnel.Select(bg, runnel.SendTo(c, i+1), runnel.RecvFrom(c)) })
			}
			t.Wait()
			balance(t, c)
			t.Assert(c.Stats().Sent == 1, "%v", c.Stats())
		}},
	)
}

// crossing lets two Selects meet: what one sends the other receives, on one of two channels.
func crossing(t *sim.T, rounds int) {
	c, d := newChan(t, "c"), newChan(t, "d")
	for i, cases := range [][]runnel.Case{
		{runnel.SendTo(c, 1), runnel.RecvFrom(d)},
		{runnel.RecvFrom(c), runnel.SendTo(d, 1)},
	} {
		t.Go("selector", func() {
			for range rounds {
				chosen, err := runnel.Select(bg, cases...)
				t.Assert(err == nil && slices.Contains(cases, chosen), "selector %d: %v, %v", i, chosen, err)
			}
		})
	}
	t.Wait()
	balance(t, c)
	balance(t, d)
	t.Assert(c.Stats().Sent+d.Stats().Sent == uint64(rounds), "%v, %v", c.Stats(), d.Stats())
}

// How long two Selects can disturb each other has a bound: each gives up trying to do without
// locking all its channels, however often it is told that a case is ready that then is gone.
func TestStepsSelectsDoNotDisturbEachOtherForEver(t *testing.T) {
	coarse, step.Thorough = false, false
	r := sim.Check(func(t *sim.T) { crossing(t, 1) }, sim.Exhaustive(10_000), sim.Schedules(1), sim.For(0))
	if r.Failure != nil || r.Longest > 600 {
		t.Error(r) // without the bound the longest of 10,000 has 835 steps, of 50,000 it has 5,482
	}
}

// Cases stay in their queues from one wait to the next. Who meets one there between two waits
// takes it off, who queues behind it is served before it.
func TestStepsSticky(t *testing.T) {
	loop := func(t *sim.T, rounds int, cs ...*runnel.Chan[int]) (got *[]int) {
		got = new([]int)
		cases := make([]runnel.Case, len(cs))
		for i, c := range cs {
			cases[i] = runnel.RecvFrom(c)
		}
		t.Go("selector", func() {
			for range rounds {
				chosen, err := runnel.Select(bg, cases...)
				t.Assert(err == nil, "%v", err)
				v, end := chosen.(*runnel.RecvCase[int]).Value()
				t.Assert(end == nil, "%v", end)
				*got = append(*got, v)
			}
		})
		return got
	}
	some(t, 5000,
		program{"1 sender on each of 2 channels", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d", runnel.Buffer(1))
			got := loop(t, 4, c, d)
			sends(t, c, 1, 2)
			sends(t, d, 3, 4)
			t.Wait()
			balance(t, c)
			balance(t, d)
			slices.Sort(*got)
			t.Assert(slices.Equal(*got, []int{1, 2, 3, 4}), "got %v", *got)
		}},
		program{"TrySend between waits", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			got := loop(t, 3, c, d)
			sends(t, c, 1, 2, 3)
			var tried error
			t.Go("sender 2", func() { tried = d.TrySend(9) })
			t.Wait()
			if tried == nil { // one is left over
				c.Recv(bg)
			}
			t.Wait()
			balance(t, c)
			balance(t, d)
			t.Assert(slices.Contains(*got, 9) == (tried == nil) && len(*got) == 3, "got %v, %v", *got, tried)
		}},
		program{"a receiver behind a case", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			got := loop(t, 3, c, d)
			other := receives(t, d, 1)
			sends(t, c, 1, 2)
			sends(t, d, 11, 12, 13, 14)
			t.Wait()
			c.Cancel(nil)
			d.Cancel(nil)
			t.Wait()
			balance(t, c)
			balance(t, d)
			all := append(*got, other[0].v)
			slices.Sort(all)
			sent := int(c.Stats().Sent)
			want := append([]int{1, 2}[:sent], []int{11, 12, 13, 14}[:4-sent]...)
			t.Assert(slices.Equal(all, want), "got %v and %v, want %v", *got, other, want)
		}},
		program{"a receiver behind a case is served first", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			var more flag
			in, other := runnel.RecvFrom(c), runnel.RecvFrom(d)
			var last runnel.Case
			t.Go("selector", func() {
				for range 2 {
					runnel.Select(bg, in, other)
				}
				more.await(1)
				last, _ = runnel.Select(bg, in, other)
			})
			sends(t, c, 1, 2)
			t.Wait()
			first := receives(t, d, 1)
			t.Wait()
			more.set(1)
			t.Wait() // now the case waits again, behind the receiver
			t.Assert(d.TrySend(3) == nil && d.TrySend(4) == nil, "nobody waits")
			t.Wait()
			v, _ := other.Value()
			t.Assert(first[0].v == 3 && last == other && v == 4, "the receiver got %d, the case %d", first[0].v, v)
		}},
		program{"Close between waits", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			in, end := runnel.RecvFrom(c), runnel.RecvFrom(d)
			got := 0
			t.Go("selector", func() {
				for {
					if chosen, _ := runnel.Select(bg, in, end); chosen == end {
						return
					}
					got++
				}
			})
			sent := sends(t, c, 1, 2, 3)
			t.Go("closer", d.Close)
			t.Wait()
			c.Cancel(errGone)
			t.Wait()
			for _, err := range sent {
				if err == nil {
					got--
				}
			}
			t.Assert(got == 0, "%d more received than sent", got)
		}},
		program{"a case adopted by another set", func(t *sim.T) {
			c, d, e := newChan(t, "c"), newChan(t, "d"), newChan(t, "e")
			a, b, x := runnel.RecvFrom(c), runnel.RecvFrom(d), runnel.RecvFrom(e)
			n := 0
			t.Go("selector", func() {
				for range 2 {
					runnel.Select(bg, a, b)
				}
				n = 2
				for range 2 {
					runnel.Select(bg, x, b)
				}
				n = 4
			})
			sends(t, d, 1, 2, 3, 4)
			t.Wait()
			balance(t, c)
			balance(t, d)
			balance(t, e)
			t.Assert(n == 4, "%d rounds", n)
		}},
		program{"a case handed to another goroutine", func(t *sim.T) {
			c, d, e := newChan(t, "c"), newChan(t, "d"), newChan(t, "e")
			a, b, x := runnel.RecvFrom(c), runnel.RecvFrom(d), runnel.RecvFrom(e)
			var handed flag
			done := 0
			t.Go("first", func() {
				for range 2 {
					runnel.Select(bg, a, b)
				}
				handed.set(1)
				runnel.Select(bg, a)
			})
			t.Go("second", func() {
				handed.await(1)
				for range 2 {
					runnel.Select(bg, b, x)
				}
				done++
			})
			sends(t, c, 1, 2, 3)
			sends(t, e, 4, 5)
			t.Wait()
			t.Assert(done == 1, "the second waits on")
			balance(t, c)
			balance(t, d)
			balance(t, e)
		}},
		program{"two sticky selectors and two senders", func(t *sim.T) {
			c, d := newChan(t, "c"), newChan(t, "d")
			one, two := loop(t, 3, c, d), loop(t, 3, d, c)
			sends(t, c, 1, 2, 3)
			sends(t, d, 4, 5, 6)
			t.Wait()
			balance(t, c)
			balance(t, d)
			got := append(*one, *two...)
			slices.Sort(got)
			t.Assert(slices.Equal(got, []int{1, 2, 3, 4, 5, 6}), "got %v", got)
		}},
	)
}

// TrySelect finds nothing only if there was a moment at which there was nothing to be found.
func TestStepsTrySelect(t *testing.T) {
	moving := func(back bool) func(*sim.T) {
		return func(t *sim.T) {
			c, d := newChan(t, "c", runnel.Buffer(1)), newChan(t, "d", runnel.Buffer(1))
			from, to := c, d
			if back {
				from, to = d, c
			}
			from.Send(bg, 1)
			a, b := runnel.RecvFrom(c), runnel.RecvFrom(d)
			t.Go("mover", func() { to.Send(bg, 2); from.TryRecv() })
			chosen, err := runnel.TrySelect(a, b)
			t.Assert(err == nil && chosen != nil, "%v", err)
			t.Wait()
		}
	}
	all(t, program{"a value that moves", moving(false)}, program{"a value that moves back", moving(true)})
	some(t, 5000, program{"against a Select that waits", func(t *sim.T) {
		c, d := newChan(t, "c"), newChan(t, "d")
		t.Go("selector", func() { runnel.Select(bg, runnel.RecvFrom(c), runnel.RecvFrom(d)) })
		_, err := runnel.TrySelect(runnel.SendTo(c, 1), runnel.SendTo(d, 2))
		t.Wait()
		n := c.Stats().Sent + d.Stats().Sent
		t.Assert((err == nil) == (n == 1) && (err == nil || err == runnel.ErrNotReady), "%v, %v, %v", err, c.Stats(), d.Stats())
		c.Close()
	}})
}
