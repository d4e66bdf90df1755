package pipe_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
)

// Stages that look at the clock. Where time passes only when nobody can go on, they must be exact;
// where a task may be late by any time, the laws must hold all the same.

// timedScene is a scene whose source rests before each value.
type timedScene struct {
	*scene
	rests   []time.Duration
	arrived []time.Duration // when the consumer got its values
	began   time.Time
	inside  atomic.Int32 // values in slices that were sent or dropped
}

func newTimedScene(t *sim.T, how manner, n int, rests ...time.Duration) *timedScene {
	s := &timedScene{scene: newScene(t, how, n), began: t.Now()}
	for range n {
		s.rests = append(s.rests, rests[t.Choose(len(rests))])
	}
	return s
}

func (s *timedScene) feed() {
	s.Go("source", func() {
		for v, rest := range s.rests {
			runnel.Sleep(bg, rest)
			if s.source.Send(bg, v) != nil {
				break
			}
			s.sent++
		}
		s.source.Close()
	})
}

func (s *timedScene) disturb(out runnel.Receiver[int]) {
	s.Go("disturber", func() {
		runnel.Sleep(bg, time.Duration(s.Choose(4))*7*ms)
		s.scene.disturb(out)
	})
}

// collect receives until out ends, and notes when.
func (s *timedScene) collect(out runnel.Receiver[int]) (got []int) {
	for {
		v, err := out.Recv(bg)
		if err != nil {
			return got
		}
		got = append(got, v)
		s.arrived = append(s.arrived, s.Now().Sub(s.began))
	}
}

// timely is a stage with a clock. exact says what must have arrived, and when, if the chain
// ended by itself and nobody was late.
type timely struct {
	name  string
	make  func(s *timedScene) runnel.Receiver[int]
	exact func(s *timedScene, got []int, err error)
	early bool   // it may end before its input does
	per   uint64 // results for each value, 0 if they are gathered
}

var timelies = []timely{
	{"Throttle", func(s *timedScene) runnel.Receiver[int] {
		return pipe.Throttle(s.ctx, s.source, 2, 10*ms, s.opts()...)
	}, func(s *timedScene, got []int, err error) {
		s.Assert(slices.Equal(got, upTo(s.n)) && err == nil, "got %v, %v", got, err)
		for i := 2; i < len(got); i++ {
			s.Assert(s.arrived[i]-s.arrived[i-2] >= 10*ms, "arrived at %v", s.arrived)
		}
	}, false, 1},
	{"Debounce", func(s *timedScene) runnel.Receiver[int] {
		return pipe.Debounce(s.ctx, s.source, 10*ms, s.opts()...)
	}, func(s *timedScene, got []int, err error) {
		var want []int
		for v := range s.n {
			if v == s.n-1 || s.rests[v+1] > 10*ms {
				want = append(want, v)
			}
		}
		s.Assert(slices.Equal(got, want) && err == nil, "rests %v, got %v, %v", s.rests, got, err)
	}, false, 1},
	{"Batch", func(s *timedScene) runnel.Receiver[int] {
		batches := pipe.Batch(s.ctx, s.source, 2, 10*ms)
		s.watch("batches", batches.Stats)
		batches.OnDrop(func(vs []int, _ runnel.Reason) { s.inside.Add(int32(len(vs))) })
		return pipe.Map(s.ctx, batches, 1, func(_ context.Context, vs []int) (int, error) {
			s.inside.Add(int32(len(vs)))
			s.Assert(1 <= len(vs) && len(vs) <= 2, "batch %v", vs)
			n := 0
			for _, v := range vs {
				n = 10*n + v + 1
			}
			return n, nil
		}, s.opts()...)
	}, func(s *timedScene, got []int, err error) {
		var want []int
		for v := 0; v < s.n; v++ {
			n := v + 1
			if v+1 < s.n && s.rests[v+1] < 10*ms {
				v++
				n = 10*n + v + 1
			}
			want = append(want, n)
		}
		s.Assert(slices.Equal(got, want) && err == nil, "rests %v, got %v, %v", s.rests, got, err)
	}, false, 0},
	{"Timeout", func(s *timedScene) runnel.Receiver[int] {
		return pipe.Timeout(s.ctx, s.source, 10*ms, s.opts()...)
	}, func(s *timedScene, got []int, err error) {
		n := slices.IndexFunc(s.rests, func(d time.Duration) bool { return d > 10*ms })
		if n < 0 {
			s.Assert(len(got) == s.n && err == nil, "rests %v, got %v, %v", s.rests, got, err)
			return
		}
		s.Assert(len(got) == n && errors.Is(err, pipe.ErrTimeout), "rests %v, got %v, %v", s.rests, got, err)
	}, true, 1},
	{"Window", func(s *timedScene) runnel.Receiver[int] {
		panes := pipe.Window(s.ctx, s.source, pipe.Session(10*ms))
		s.watch("panes", panes.Stats)
		panes.OnDrop(func(p pipe.Pane[int], _ runnel.Reason) { s.inside.Add(int32(len(p.Values))) })
		return pipe.Map(s.ctx, panes, 1, func(_ context.Context, p pipe.Pane[int]) (int, error) {
			s.inside.Add(int32(len(p.Values)))
			s.Assert(len(p.Values) > 0 && slices.IsSorted(p.Values), "pane %v", p)
			return len(p.Values), nil
		}, s.opts()...)
	}, func(s *timedScene, got []int, err error) {
		want := []int{}
		for v, rest := range s.rests {
			if v == 0 || rest > 10*ms {
				want = append(want, 0)
			}
			want[len(want)-1]++
		}
		s.Assert(slices.Equal(got, want) && err == nil, "rests %v, got %v, %v", s.rests, got, err)
	}, false, 0},
	{"Retry", func(s *timedScene) runnel.Receiver[int] {
		var tries [4]int // each is used by the one call for its value
		f := pipe.Retry(runnel.Backoff{Attempts: 3}, func(_ context.Context, v int) (int, error) {
			if tries[v]++; tries[v] <= v%3 {
				return 0, runnel.RetryAfter(10*ms, errBad)
			}
			return tries[v], nil
		})
		return pipe.Map(s.ctx, s.source, 2, f, s.opts()...)
	}, func(s *timedScene, got []int, err error) {
		s.Assert(slices.Equal(got, []int{1, 2, 3, 1}[:s.n]) && err == nil, "got %v, %v", got, err)
		s.Assert(s.arrived[2] >= 20*ms, "arrived at %v", s.arrived)
	}, false, 1},
}

func TestSimClocks(t *testing.T) {
	for _, k := range timelies {
		t.Run(k.name+"/in time", func(t *testing.T) {
			explore(t, scale(100, 800), func(t *sim.T) {
				s := newTimedScene(t, plainEnd, 4, 0, 4*ms, 25*ms)
				got, err := k.run(s)
				k.exact(s, got, err)
			}, sim.Punctual())
		})
		for _, how := range []manner{plainEnd, stopping, ctxEnd, shutting} {
			t.Run(k.name+"/"+how.String(), func(t *testing.T) {
				explore(t, scale(60, 500), func(t *sim.T) {
					s := newTimedScene(t, how, 4, 0, 4*ms, 25*ms)
					s.indirect = true
					_, err := k.run(s)
					k.checkEnd(s, err)

				})
			})
		}
	}
}

func (k timely) run(s *timedScene) ([]int, error) {
	out := k.make(s)
	s.watch("output", out.Stats)
	s.feed()
	s.disturb(out)
	got := s.collect(out)
	s.settle()
	in := s.source.Stats()
	if k.per > 0 {
		s.Assert(out.Stats().Sent == k.per*in.Received, "in: %v; out: %v", in, out.Stats())
	} else {
		s.Assert(s.inside.Load() == int32(in.Received), "in: %v; %d values in slices", in, s.inside.Load())
	}
	return got, out.Err()
}

func (k timely) checkEnd(s *timedScene, err error) {
	switch {
	case err == nil, k.early && errors.Is(err, pipe.ErrTimeout):
	case s.how == stopping && err.Error() == errEnough:
	case s.how == ctxEnd && errors.Is(err, errStop):
	default:
		s.Errorf("ended with %v", err)
	}
	if in := s.source.Stats(); s.how == plainEnd && !k.early {
		s.Assert(int(in.Received+in.Dropped[runnel.DroppedOldest]) == s.n, "in: %v", in)
	}
}

// The time of a value is its own: what clocks do makes no difference.
func TestSimWindowBy(t *testing.T) {
	for _, how := range []manner{plainEnd, lostEnd, panicking, stopping, ctxEnd} {
		t.Run(how.String(), func(t *testing.T) {
			explore(t, scale(100, 600), func(t *sim.T) {
				s := newScene(t, how, 4)
				at := func(v int) time.Time { return time.Unix(int64([]int{0, 3, 1, 9}[s.g(v)]), 0) }
				panes := pipe.WindowBy(s.ctx, s.source, pipe.Tumbling(2*time.Second), at, time.Second)
				s.watch("panes", panes.Stats)
				out := pipe.Map(s.ctx, panes, 1, func(_ context.Context, p pipe.Pane[int]) (int, error) {
					return len(p.Values), nil
				}, s.opts()...)
				s.watch("output", out.Stats)
				s.feed()
				s.disturb(out)
				got := s.collect(out)
				s.settle()
				late := s.source.Stats().Dropped[runnel.Late]
				switch how {
				case plainEnd, lostEnd: // when 3 has come all before 2 is over, so 1 is late
					s.Assert(slices.Equal(got, []int{1, 1, 1}) && late == 1, "got %v, %d late", got, late)
				case panicking:
					s.Assert(panicked(out.Err()) && s.source.Stats().Dropped[runnel.Failed] == 1, "got %v, %v", got, out.Err())
				}
			})
		})
	}
}

// A context that ends while Retry waits, or before.
func TestSimRetryEnds(t *testing.T) {
	explore(t, scale(100, 1000), func(t *sim.T) {
		s := newScene(t, ctxEnd, 1)
		s.source.Close()
		f := pipe.Retry(runnel.Backoff{Attempts: 2}, func(context.Context, int) (int, error) {
			s.enter()
			return 0, runnel.RetryAfter(10*ms, errBad)
		})
		t.Go("ender", func() {
			runnel.Sleep(bg, time.Duration(t.Choose(3))*6*ms)
			t.Point()
			s.cancel(errStop)
		})
		_, err := f(s.ctx, 0)
		switch calls := s.calls(); calls {
		case 0:
			t.Assert(err == errStop, "%v", err)
		case 1:
			t.Assert(errors.Is(err, errStop) && errors.Is(err, errBad), "%v", err)
		default:
			t.Assert(calls == 2 && errors.Is(err, errBad) && !errors.Is(err, errStop), "%v after %d calls", err, calls)
		}
	})
}
