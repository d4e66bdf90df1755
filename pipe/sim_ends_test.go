package pipe_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
)

// Functions that run to the end, sources, and groups.

// sink is a function that consumes the source of a scene.
type sink struct {
	name    string
	workers int
	run     func(s *scene) (got []int, err error)
	fault   fault
}

var sinks = []sink{
	{"ForEach 1", 1, func(s *scene) ([]int, error) { return s.forEach() }, byError},
	{"ForEach 2", 2, func(s *scene) ([]int, error) { return s.forEachOf2() }, byError},
	{"Collect", 1, func(s *scene) ([]int, error) { return pipe.Collect(s.ctx, s.source) }, never},
	{"Reduce", 1, func(s *scene) ([]int, error) {
		return pipe.Reduce(s.ctx, s.source, nil, func(vs []int, v int) ([]int, error) {
			v, err := s.f(s.ctx, v)
			return append(vs, v), err
		})
	}, byError},
	{"Seq2", 1, func(s *scene) (got []int, err error) {
		for v, err := range pipe.Seq2(s.ctx, s.source) {
			if err != nil {
				return got, err
			}
			got = append(got, v)
		}
		return got, nil
	}, never},
	{"Pipe", 1, func(s *scene) (got []int, err error) {
		out := runnel.New[int](runnel.Buffer(s.n))
		err = pipe.Pipe(s.ctx, s.source, out)
		s.Assert(out.Stats().Closed && out.Err() == err, "Pipe returned %v and closed with %v", err, out.Err())
		return s.collect(out), err
	}, never},
}

// forEach shares what it writes down with the calls, as they end before ForEach does.
func (s *scene) forEach() (got []int, err error) {
	err = pipe.ForEach(s.ctx, s.source, 1, func(ctx context.Context, v int) error {
		v, err := s.f(ctx, v)
		if err == nil {
			got = append(got, v)
		}
		return err
	})
	return got, err
}

// forEachOf2 has a place for each value, as the calls run at once.
func (s *scene) forEachOf2() (got []int, err error) {
	times := make([]int, s.n)
	err = pipe.ForEach(s.ctx, s.source, 2, func(ctx context.Context, v int) error {
		v, err := s.f(ctx, v)
		if err == nil {
			times[v]++
		}
		return err
	})
	for v, n := range times {
		got = append(got, slices.Repeat([]int{v}, n)...)
	}
	return got, err
}

func TestSimSinks(t *testing.T) {
	for _, k := range sinks {
		for how := range manners {
			if how == stopping || k.fault == never && (how == failure || how == panicking) {
				continue
			}
			t.Run(k.name+"/"+how.String(), func(t *testing.T) {
				explore(t, scale(60, 500), func(t *sim.T) { k.body(newScene(t, how, 3)) })
			})
		}
	}
}

func (k sink) body(s *scene) {
	s.feed()
	s.disturb(s.source)
	got, err := k.run(s)
	s.Assert(s.busy() == 0, "%d calls run after the return", s.busy())
	s.Assert(s.source.Stats().Closed, "the source was not told")
	calls := s.calls()
	s.settle()
	s.Assert(s.calls() == calls && s.most() <= k.workers, "%d calls after the return, %d at once", s.calls()-calls, s.most())
	order := inOrder
	if k.workers > 1 {
		order = anyhow
	}
	as := specimen{model: unchanged, order: order, fault: k.fault}
	if s.how == mixture {
		s.Assert(as.isPart(got, upTo(s.n)), "got %v", got)
	} else {
		as.checkValues(s, got, err)
	}
	as.checkEnd(s, err)
}

// Several goroutines emit; f returns when they have, or at once.
func TestSimGenerate(t *testing.T) {
	for _, how := range []manner{plainEnd, failure, panicking, stopping, ctxEnd} {
		t.Run(how.String(), func(t *testing.T) {
			explore(t, scale(150, 1000), func(t *sim.T) {
				s := newScene(t, how, 2)
				s.source.Close()
				var sent [2]int // by each
				out := pipe.Generate(s.ctx, func(ctx context.Context, emit func(int) error) error {
					var all runnel.WaitGroup
					for i := range 2 {
						all.Go(func() {
							for v := range 2 {
								if emit(10*i+v) == nil {
									sent[i]++
								}
							}
						})
					}
					all.Wait()
					_, err := s.f(ctx, s.bad)
					if s.bad < 0 {
						err = nil
					}
					return err
				}, s.opts()...)
				s.watch("output", out.Stats)
				s.disturb(out)
				got := s.collect(out)
				s.settle()
				a := out.Stats()
				s.Assert(int(a.Sent) == sent[0]+sent[1] && int(a.Received) == len(got), "emitted %d, received %v: %v", sent, got, a)
				specimen{model: unchanged, fault: byError}.checkEnd(s, out.Err())
				if s.how != stopping && out.Err() != errStop {
					s.Assert(len(got) == 4, "got %v", got)
				}
			})
		})
	}
}

// A loop over a Seq2 is left at any value; then the source is told.
func TestSimSeq2Break(t *testing.T) {
	explore(t, scale(100, 1000), func(t *sim.T) {
		s := newScene(t, plainEnd, 3)
		s.feed()
		k, got := t.Choose(3), 0
		for _, err := range pipe.Seq2(s.ctx, s.source) {
			t.Assert(err == nil, "%v", err)
			if got++; got > k {
				break
			}
		}
		a := s.source.Stats()
		t.Assert(a.Closed && int(a.Received) == k+1, "%d values were taken: %v", got, a)
		s.settle()
	})
}

// Two Pipes feed one channel, whose consumer may stop.
func TestSimPipesIntoOne(t *testing.T) {
	for _, how := range []manner{plainEnd, lostEnd, stopping, ctxEnd, shutting} {
		t.Run(how.String(), func(t *testing.T) {
			explore(t, scale(100, 600), func(t *sim.T) {
				s := newScene(t, how, 2)
				s.indirect = true
				b := s.second(10, 2)
				out := runnel.New[int](s.opts()...)
				ps := out.Producers(2)
				for i, in := range both[int](s.source, b) {
					t.Go("pipe", func() {
						err := pipe.Pipe(s.ctx, in, ps[i])
						t.Assert(in.Stats().Closed, "Pipe returned %v and its input is open", err)
					})
				}
				s.watch("output", out.Stats)
				s.feed()
				s.disturb(out)
				got := s.collect(out)
				s.settle()
				a, o := s.source.Stats(), out.Stats()
				s.Assert(o.Sent == a.Received+b.Stats().Received, "a: %v; b: %v; out: %v", a, b.Stats(), o)
				if s.how == plainEnd || s.how == shutting {
					s.Assert(out.Err() == nil && len(got) == s.sent+2, "got %v, %v", got, out.Err())
				}
			})
		})
	}
}

// A group of a stage, its consumer, and another function. When Wait has returned, nothing runs.
func TestSimGroup(t *testing.T) {
	for _, how := range []manner{plainEnd, failure, panicking, ctxEnd} {
		t.Run(how.String(), func(t *testing.T) {
			explore(t, scale(200, 1500), func(t *sim.T) { groupBody(newScene(t, how, 2)) })
		})
	}
}

func groupBody(s *scene) {
	g, ctx := pipe.NewGroup(s.ctx)
	mapped := pipe.Map(ctx, s.source, 2, pure, s.opts()...)
	idle := runnel.New[int]()
	nobody := pipe.Map[int, int](ctx, idle, 1, pure) // ends only with the context
	s.watch("mapped", mapped.Stats)
	s.watch("idle", idle.Stats)
	var got []int
	g.Go(func() error {
		return pipe.ForEach(ctx, mapped, 1, func(ctx context.Context, v int) error {
			v, err := s.f(ctx, v)
			if err == nil {
				got = append(got, v)
			}
			return err
		})
	})
	other := s.Choose(2) == 0
	g.Go(func() error {
		s.Point()
		if other {
			return errLost
		}
		return nil
	})
	s.feed()
	s.disturb(mapped)
	err := g.Wait()
	s.Assert(s.busy() == 0, "%d calls run after Wait", s.busy())
	s.Assert(ctx.Err() != nil && mapped.Stats().Closed && nobody.Stats().Closed, "something is open after Wait")
	calls := s.calls()
	s.settle()
	s.Assert(s.calls() == calls, "%d calls after Wait", s.calls()-calls)
	s.Assert(isPrefix(got, upTo(s.n)), "got %v", got)
	checkGroup(s, other, got, err, context.Cause(ctx))
}

// checkGroup expects the first error: of the consumer, of the other function, or of the context.
func checkGroup(s *scene, other bool, got []int, err, cause error) {
	failed := s.how == failure && err == errBad || s.how == panicking && panicked(err)
	stopped := s.how == ctxEnd && err == errStop
	s.Assert(failed || stopped || other && err == errLost || !other && err == nil && (s.how == plainEnd || s.how == ctxEnd), "Wait returned %v", err)
	if err == nil {
		s.Assert(slices.Equal(got, upTo(s.n)) || cause == errStop, "got %v", got)
		return
	}
	s.Assert(errors.Is(cause, err) || s.how == ctxEnd && cause == errStop, "Wait returned %v and the context ended with %v", err, cause)
}
