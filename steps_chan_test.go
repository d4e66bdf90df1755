//go:build steps

package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/step"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/xf"
)

// buffers are those that keep what they are sent.
var buffers = map[string][]runnel.Option{
	"rendezvous": nil, "Buffer(1)": {runnel.Buffer(1)}, "Buffer(2)": {runnel.Buffer(2)}, "Unbounded": {runnel.Unbounded()},
}

// Every value arrives once, those of one sender in order, and nobody waits in vain.
func TestStepsSendAndRecv(t *testing.T) {
	for _, kind := range []string{"rendezvous", "Buffer(1)", "Buffer(2)", "Unbounded"} {
		opts := buffers[kind]
		all(t,
			program{kind + ", 1 to 1", func(t *sim.T) { stream(t, newChan(t, "c", opts...), 1, 1, 1) }},
			program{kind + ", 1 to 1, 2 values", func(t *sim.T) { stream(t, newChan(t, "c", opts...), 1, 1, 2) }},
		)
		some(t, 5000,
			program{kind + ", 2 to 1", func(t *sim.T) { stream(t, newChan(t, "c", opts...), 2, 1, 2) }},
			program{kind + ", 1 to 2", func(t *sim.T) { stream(t, newChan(t, "c", opts...), 1, 2, 4) }},
			program{kind + ", 3 to 3", func(t *sim.T) { stream(t, newChan(t, "c", opts...), 3, 3, 2) }},
		)
	}
}

// stream lets senders send n values each and receivers take them all.
func stream(t *sim.T, c *runnel.Chan[int], senders, receivers, n int) {
	got := make([][]outcome, receivers)
	for s := range senders {
		vs := make([]int, n)
		for i := range vs {
			vs[i] = 10*(s+1) + i
		}
		errs := sends(t, c, vs...)
		defer func() { t.Assert(errors.Join(errs...) == nil, "refused: %v", errs) }()
	}
	for r := range receivers {
		got[r] = receives(t, c, senders*n/receivers)
	}
	if senders > 1 {
		t.Go("looker", func() {
			for range 2 {
				s := c.Stats()
				t.Assert(s.Sent == s.Received+uint64(s.Len), "the account does not balance: %v", s)
			}
		})
	}
	t.Wait()
	balance(t, c)
	var all []int
	for _, g := range got {
		last := map[int]int{}
		for _, o := range g {
			t.Assert(o.err == nil && o.v > last[o.v/10], "received %d, %v after %d", o.v, o.err, last[o.v/10])
			last[o.v/10] = o.v
			all = append(all, o.v)
		}
	}
	slices.Sort(all)
	t.Assert(len(slices.Compact(all)) == senders*n, "received %v", all)
}

// What happens before an operation it sees: a Try form never misses a value or room, because a
// readiness bit that is due is never missing.
func TestStepsTry(t *testing.T) {
	all(t,
		program{"TryRecv after Send", func(t *sim.T) {
			c := newChan(t, "c", runnel.Buffer(2))
			var sent flag
			t.Go("sender", func() { c.Send(bg, 1); sent.set(1); c.Send(bg, 2) })
			sent.await(1)
			v, err := c.TryRecv()
			t.Assert(v == 1 && err == nil, "got %d, %v", v, err)
			t.Wait()
		}},
		program{"TrySend after Recv", func(t *sim.T) {
			c := newChan(t, "c", runnel.Buffer(1))
			var taken flag
			c.Send(bg, 1)
			t.Go("receiver", func() { c.Recv(bg); taken.set(1); c.TryRecv() })
			taken.await(1)
			t.Assert(c.TrySend(2) == nil, "no room")
			t.Wait()
			balance(t, c)
		}},
		program{"TryRecv from who waits", func(t *sim.T) {
			c := newChan(t, "c")
			sends(t, c, 1)
			t.Wait()
			t.Go("sender 2", func() { c.Send(bg, 2) })
			v, err := c.TryRecv()
			t.Assert(v == 1 && err == nil, "got %d, %v", v, err)
			v, err = c.Recv(bg)
			t.Assert(v == 2 && err == nil, "got %d, %v", v, err)
		}},
		program{"TrySend to who waits", func(t *sim.T) {
			c := newChan(t, "c")
			got := receives(t, c, 1)
			t.Wait()
			t.Go("receiver 2", func() { c.Recv(bg) })
			t.Assert(c.TrySend(5) == nil, "nobody waits")
			c.Send(bg, 6)
			t.Wait()
			t.Assert(got[0] == outcome{5, nil}, "got %v", got[0])
		}},
		program{"TrySend meets TryRecv", func(t *sim.T) {
			c := newChan(t, "c", runnel.Buffer(1))
			var sent, received error
			t.Go("sender", func() { sent = c.TrySend(1) })
			t.Go("receiver", func() { _, received = c.TryRecv() })
			t.Wait()
			t.Assert(sent == nil && c.Len() == 1 == (received != nil), "%v, %v, %d left", sent, received, c.Len())
		}},
	)
}

// A channel that drops accounts for every value, also for those that it drops without its lock.
func TestStepsDrops(t *testing.T) {
	for kind, opt := range map[string]runnel.Option{"Dropping": runnel.Dropping(1), "Sliding": runnel.Sliding(1)} {
		all(t,
			program{kind + ", 2 to 1", func(t *sim.T) {
				c := newChan(t, "c", opt)
				sends(t, c, 1)
				sends(t, c, 2)
				got := receives(t, c, 1)
				t.Wait()
				balance(t, c)
				s := c.Stats()
				t.Assert(s.Sent == 2 && s.Received == 1 && got[0].err == nil, "%v, %v", s, got)
			}},
			program{kind + " that tells, and Cancel", func(t *sim.T) {
				c := newChan(t, "c", opt)
				var told step.Uint64
				c.OnDrop(func(v int, _ runnel.Reason) { told.Add(uint64(v)) })
				errs := sends(t, c, 1, 10)
				t.Go("canceller", func() { c.Cancel(nil) })
				t.Wait()
				balance(t, c)
				want := uint64(0)
				for i, v := range []uint64{1, 10} {
					if errs[i] == nil {
						want += v
					}
				}
				t.Assert(told.Load() == want, "told of %d, want %d: %v, %v", told.Load(), want, errs, c.Stats())
			}},
		)
		some(t, 5000, program{kind + ", 3 to 2", func(t *sim.T) {
			c := newChan(t, "c", opt)
			for s := range 3 {
				sends(t, c, 10*s+1, 10*s+2)
			}
			receives(t, c, 1)
			receives(t, c, 1)
			t.Wait()
			c.Close()
			t.Wait()
			balance(t, c)
			t.Assert(c.Stats().Sent == 6 && c.Stats().Received <= 2, "%v", c.Stats())
		}})
	}
	all(t, program{"a drop means that there was no room", func(t *sim.T) {
		c := newChan(t, "c", runnel.Dropping(1))
		var taken flag
		c.Send(bg, 1)
		got := make([]outcome, 2)
		t.Go("receiver", func() {
			got[0].v, got[0].err = c.Recv(bg)
			taken.set(1)
			got[1].v, got[1].err = c.Recv(bg)
		})
		t.Go("sender", func() { taken.await(1); c.Send(bg, 2) })
		t.Wait()
		t.Assert(got[1] == outcome{2, nil}, "got %v, %v", got, c.Stats())
	}})
}

// Whoever closes, and however often: values that were accepted before are received, nobody waits
// on, and what OnClose was given is called once.
func TestStepsEnds(t *testing.T) {
	for _, kind := range []string{"rendezvous", "Buffer(1)"} {
		opts := buffers[kind]
		all(t,
			program{kind + ", Send, Recv and Close", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				sent, got := sends(t, c, 1), receives(t, c, 1)
				t.Go("closer", c.Close)
				t.Wait()
				balance(t, c)
				want := outcome{1, nil}
				if sent[0] != nil {
					want = outcome{0, runnel.ErrClosed}
				}
				t.Assert(got[0] == want, "sent: %v, got %v", sent[0], got[0])
			}},
			program{kind + ", Send, Recv and Cancel", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				sent, got := sends(t, c, 1), receives(t, c, 1)
				t.Go("canceller", func() { c.Cancel(errGone) })
				t.Wait()
				balance(t, c)
				s := c.Stats()
				t.Assert(s.Len == 0 && (sent[0] == nil) == (s.Sent == 1), "%v: %v", sent, s)
				t.Assert((got[0].err == nil) == (s.Received == 1), "%v: %v", got, s)
				t.Assert(sent[0] == nil || errors.Is(sent[0], errGone) && errors.Is(sent[0], runnel.ErrClosed), "%v", sent[0])
			}},
			program{kind + ", 2 closers and OnClose", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				calls := 0
				for i := range 2 {
					t.Go("closer", func() { c.CloseWith(fmt.Errorf("cause %d", i)) })
				}
				var cause error
				c.OnClose(func(err error) { calls++; cause = err })
				t.Wait()
				t.Assert(calls == 1 && cause == c.Err() && cause != nil, "%d calls, with %v and %v", calls, cause, c.Err())
			}},
			program{kind + ", OnClose taken back", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				calls := 0
				stop := c.OnClose(func(error) { calls++ })
				t.Go("closer", c.Close)
				stopped := stop()
				t.Wait()
				t.Assert(calls == 1 != stopped, "%d calls, stopped: %v", calls, stopped)
			}},
			program{kind + ", 2 producers", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				for i, p := range c.Producers(2) {
					t.Go("producer", func() { p.CloseWith(fmt.Errorf("cause %d", i)) })
				}
				t.Wait()
				t.Assert(c.Stats().Closed && c.Err() != nil, "%v, %v", c.Stats(), c.Err())
			}},
			program{kind + ", a producer that is closed twice", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				p := c.Producers(2)[0]
				for range 2 {
					t.Go("closer", p.Close)
				}
				t.Wait()
				t.Assert(!c.Stats().Closed, "closed, and a producer is left")
			}},
			program{kind + ", Done", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				t.Go("closer", c.Close)
				done := c.Done()
				t.Wait()
				_, open := <-done
				t.Assert(!open, "got a value")
			}},
		)
		some(t, 5000, program{kind + ", 3 who receive, 1 who sends, and Close", func(t *sim.T) {
			c := newChan(t, "c", opts...)
			got := [][]outcome{receives(t, c, 1), receives(t, c, 1)}
			in := runnel.RecvFrom(c)
			t.Go("selector", func() { runnel.Select(bg, in) })
			sent := sends(t, c, 1)
			t.Go("closer", c.Close)
			t.Wait()
			balance(t, c)
			v, err := in.Value()
			n := 0
			for _, o := range append(slices.Concat(got...), outcome{v, err}) {
				n += o.v
				t.Assert(o == outcome{1, nil} || o == outcome{0, runnel.ErrClosed}, "got %v", o)
			}
			t.Assert(n == 1 == (sent[0] == nil), "%d received, sent: %v", n, sent[0])
		}})
		some(t, 5000, program{kind + ", 2 producers that send", func(t *sim.T) {
			c := newChan(t, "c", opts...)
			for _, p := range c.Producers(2) {
				t.Go("producer", func() { p.Send(bg, 1); p.Close() })
			}
			got := receives(t, c, 3)
			t.Wait()
			balance(t, c)
			t.Assert(got[1] == outcome{1, nil} && got[2] == outcome{0, runnel.ErrClosed}, "got %v", got)
		}})
	}
}

var errGone = errors.New("gone")

// An operation ends by its context or by being carried out, never by both and never by neither.
func TestStepsContexts(t *testing.T) {
	for _, kind := range []string{"rendezvous", "Buffer(1)"} {
		opts := buffers[kind]
		all(t,
			program{kind + ", Recv", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				ctx, cancel := step.WithCancel()
				var got outcome
				t.Go("receiver", func() { got.v, got.err = c.Recv(ctx) })
				t.Go("canceller", func() { cancel(errGone) })
				t.Assert(c.TrySend(1) == nil || kind == "rendezvous", "full")
				t.Wait()
				balance(t, c)
				s := c.Stats()
				t.Assert(got == outcome{1, nil} && s.Received == 1 || got == outcome{0, errGone} && s.Received == 0, "%v: %v", got, s)
				t.Assert(step.Registered(ctx) == 0, "a registration is left")
			}},
			program{kind + ", Send", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				ctx, cancel := step.WithCancel()
				if kind != "rendezvous" {
					c.Send(bg, 9)
				}
				var sent error
				t.Go("sender", func() { sent = c.Send(ctx, 1) })
				t.Go("canceller", func() { cancel(errGone) })
				c.TryRecv()
				t.Wait()
				balance(t, c)
				n := c.Stats().Sent + c.Stats().Received
				t.Assert(sent == nil || sent == errGone && n%2 == 0, "%v: %v", sent, c.Stats())
				t.Assert(step.Registered(ctx) == 0, "a registration is left")
			}},
		)
	}
	some(t, 5000,
		program{"a registration that stands", func(t *sim.T) {
			c := newChan(t, "c")
			ctx, cancel := step.WithCancel()
			var got []outcome
			t.Go("receiver", func() {
				for i := 0; i < 4; i++ {
					v, err := c.Recv(ctx)
					got = append(got, outcome{v, err})
				}
			})
			sent := sends(t, c, 1, 2, 3, 4)
			t.Go("canceller", func() { cancel(errGone) })
			t.Wait()
			n := 0
			for _, o := range got {
				if o.err == nil {
					n++
					t.Assert(o.v == n, "got %v", got)
				}
			}
			for range 4 - n {
				c.Recv(bg)
			}
			t.Wait()
			balance(t, c)
			t.Assert(errors.Join(sent...) == nil, "%v", sent)
		}},
		program{"Close ends what stands", func(t *sim.T) {
			c := newChan(t, "c")
			ctx, _ := step.WithCancel()
			for range 2 {
				t.Go("receiver", func() {
					for err := error(nil); err == nil; {
						_, err = c.Recv(ctx)
					}
				})
			}
			sends(t, c, 1, 2, 3)
			t.Go("closer", c.Close)
			t.Wait()
			t.Assert(step.Registered(ctx) == 0, "%d registrations left", step.Registered(ctx))
		}},
		program{"2 contexts in turn", func(t *sim.T) {
			c := newChan(t, "c")
			first, cancel := step.WithCancel()
			second, _ := step.WithCancel()
			t.Go("canceller", func() { cancel(errGone) })
			n := 0
			t.Go("receiver", func() {
				for _, ctx := range []context.Context{first, second} {
					if _, err := c.Recv(ctx); err == nil {
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
		program{"2 contexts and 2 who wait", func(t *sim.T) {
			c := newChan(t, "c", runnel.Buffer(1))
			var got [2]outcome
			for i := range got {
				ctx, cancel := step.WithCancel()
				t.Go("receiver", func() {
					for range 2 {
						if got[i].v, got[i].err = c.Recv(ctx); got[i].err != nil {
							return
						}
					}
				})
				t.Go("canceller", func() { cancel(errGone) })
			}
			sends(t, c, 1, 2)
			t.Wait()
			for c.Len() > 0 {
				c.Recv(bg)
			}
			t.Wait()
			balance(t, c)
		}},
	)
}

// Batches move many values under one lock, and lose none.
func TestStepsBatches(t *testing.T) {
	for _, kind := range []string{"rendezvous", "Buffer(2)"} {
		opts := buffers[kind]
		batches := func(senders int) func(*sim.T) {
			return func(t *sim.T) {
				c := newChan(t, "c", opts...)
				for s := range senders {
					t.Go("sender", func() {
						n, err := c.SendAll(bg, []int{10*s + 1, 10*s + 2, 10*s + 3})
						t.Assert(n == 3 && err == nil, "sent %d, %v", n, err)
					})
				}
				var got []int
				for len(got) < 3*senders {
					buf := make([]int, 2)
					n, err := c.RecvUpTo(bg, buf)
					t.Assert(n > 0 && err == nil, "received %d, %v", n, err)
					got = append(got, buf[:n]...)
				}
				t.Wait()
				balance(t, c)
				t.Assert(senders > 1 || slices.Equal(got, []int{1, 2, 3}), "got %v", got)
				slices.Sort(got)
				t.Assert(len(slices.Compact(got)) == 3*senders, "got %v", got)
			}
		}
		all(t, program{kind + ", 1 sender", batches(1)})
		some(t, 5000, program{kind + ", 2 senders", batches(2)})
	}
	some(t, 5000, program{"until closed or cancelled", func(t *sim.T) {
		c := newChan(t, "c", runnel.Buffer(1))
		ctx, cancel := step.WithCancel()
		var sent int
		t.Go("sender", func() { sent, _ = c.SendAll(ctx, []int{1, 2, 3}); c.Close() })
		t.Go("canceller", func() { cancel(errGone) })
		got, buf := 0, make([]int, 2)
		for {
			n, err := c.RecvUpTo(bg, buf)
			if err != nil {
				break
			}
			for _, v := range buf[:n] {
				got++
				t.Assert(v == got, "got %d after %d", v, got-1)
			}
		}
		t.Assert(got == sent, "sent %d, got %d", sent, got)
	}})
}

// A callback is called once, and not while another one of the channel is running.
func TestStepsCallbacks(t *testing.T) {
	for _, kind := range []string{"rendezvous", "Buffer(1)"} {
		opts := buffers[kind]
		all(t, program{kind + ", RecvFunc and 1 sender", func(t *sim.T) { callbacks(t, newChan(t, "c", opts...), 1, 1) }})
		some(t, 5000,
			program{kind + ", RecvFunc and 2 senders", func(t *sim.T) { callbacks(t, newChan(t, "c", opts...), 2, 2) }},
			program{kind + ", SendFunc, Recv and Close", func(t *sim.T) {
				c := newChan(t, "c", opts...)
				var calls, accepted step.Uint64
				for i := range 2 {
					t.Go("sender", func() {
						c.SendFunc(i+1, func(err error) {
							calls.Add(1)
							if err == nil {
								accepted.Add(1)
							}
						})
					})
				}
				t.Go("closer", c.Close)
				n := uint64(0)
				for {
					if _, err := c.Recv(bg); err != nil {
						break
					}
					n++
				}
				t.Wait()
				t.Assert(calls.Load() == 2 && accepted.Load() == n, "%d calls, %d accepted, %d received", calls.Load(), accepted.Load(), n)
			}},
		)
	}
}

func callbacks(t *sim.T, c *runnel.Chan[int], senders, n int) {
	var inside step.Uint32
	sum, calls := 0, 0
	var take func(v int, err error)
	take = func(v int, err error) {
		t.Assert(inside.Swap(1) == 0, "a callback inside of another")
		sum += v
		if calls++; calls < n {
			c.RecvFunc(take)
		}
		inside.Store(0)
	}
	want := 0
	for s := range senders {
		sends(t, c, s+1)
		want += s + 1
	}
	c.RecvFunc(take)
	t.Wait()
	t.Assert(calls == n && sum == want, "%d calls, sum %d", calls, sum)
	balance(t, c)
}

// A transducer is completed once, after the last value, whoever closes or cancels.
func TestStepsVia(t *testing.T) {
	via := func(t *sim.T, completions *int) (runnel.Sender[int], runnel.Receiver[int]) {
		in, out := runnel.NewVia(completing(completions), runnel.Buffer(1))
		runnel.GuardVia(in, out, coarse, t.Fatalf)
		return in, out
	}
	all(t, program{"1 sender and Close", func(t *sim.T) {
		n := 0
		in, out := via(t, &n)
		t.Go("sender", func() { in.Send(bg, 1); in.Close() })
		a, err := out.Recv(bg)
		_, end := out.Recv(bg)
		t.Wait()
		t.Assert(a == 1 && err == nil && end == runnel.ErrClosed && n == 1, "%d, %v, %v, %d completions", a, err, end, n)
	}})
	some(t, 5000,
		program{"2 senders and Close", func(t *sim.T) {
			n := 0
			in, out := via(t, &n)
			errs := [][]error{sends(t, in, 1), sends(t, in, 2)}
			t.Go("closer", in.Close)
			got := 0
			for range out.All(bg) {
				got++
			}
			t.Wait()
			for _, e := range errs {
				if e[0] == nil {
					got--
				}
			}
			t.Assert(got == 0 && n == 1, "%d more received than sent, %d completions, %v", got, n, errs)
		}},
		program{"a sender's case in a loop, and Close", func(t *sim.T) {
			n := 0
			in, out := via(t, &n)
			d := newChan(t, "d")
			send, end := runnel.SendTo(in, 1), runnel.RecvFrom(d)
			sent := 0
			t.Go("selector", func() {
				for {
					if chosen, _ := runnel.Select(bg, send, end); chosen == end || send.Err() != nil {
						return
					}
					sent++
				}
			})
			t.Go("closer", func() { out.Recv(bg); in.Close(); d.Close() })
			got := 1
			t.Go("receiver", func() {
				for range out.All(bg) {
					got++
				}
			})
			t.Wait()
			t.Assert(n == 1 && got == sent, "%d completions, %d sent, %d received", n, sent, got)
		}},
		program{"2 senders and Cancel", func(t *sim.T) {
			n := 0
			in, out := via(t, &n)
			errs := [][]error{sends(t, in, 1, 3), sends(t, in, 2)}
			t.Go("canceller", func() { out.Cancel(errGone) })
			out.Recv(bg)
			t.Wait()
			i, o := in.Stats(), out.Stats()
			t.Assert(n == 1 && i.Sent == i.Received+i.Dropped.Total() && o.Sent == o.Received+o.Dropped.Total(), "%d completions, %v, %v, %v", n, i, o, errs)
		}},
	)
}

// completing counts its completions.
func completing(n *int) xf.Step[int, int] {
	return func(next xf.Sink[int]) xf.Sink[int] { return &counting{next, n} }
}

type counting struct {
	xf.Sink[int]
	n *int
}

func (c *counting) Close() { *c.n++; c.Sink.Close() }
