package pipe_test

import (
	"context"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/xf"
)

// specimen is an operator, or a few of them, with one input and one output.
type specimen struct {
	name    string
	make    func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int]
	model   func([]int) []int
	order   ordering
	workers int // calls of the function at once
	fault   fault
	per     uint64 // results that each value has, 0 if that depends
	early   bool   // it may end, plainly, before its input does
}

type ordering int

const (
	inOrder ordering = iota
	perKey           // of parity
	anyhow
)

func parity(v int) int { return v & 1 }

// fault says how the function of a specimen can fail.
type fault int

const (
	never fault = iota
	byError
	byPanic
)

var specimens = []specimen{
	{"Map 1", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Map(s.ctx, in, 1, s.f, s.opts()...)
	}, unchanged, inOrder, 1, byError, 1, false},
	{"Map 2", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Map(s.ctx, in, 2, s.f, s.opts()...)
	}, unchanged, inOrder, 2, byError, 1, false},
	{"Map 3", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Map(s.ctx, in, 3, s.f, s.opts()...)
	}, unchanged, inOrder, 3, byError, 1, false},
	{"MapUnordered", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.MapUnordered(s.ctx, in, 2, s.f, s.opts()...)
	}, unchanged, anyhow, 2, byError, 1, false},
	{"MapKeyed", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.MapKeyed(s.ctx, in, 2, 1+s.Choose(2), parity, s.f, s.opts()...)
	}, unchanged, perKey, 2, byError, 1, false},
	{"MapKeyed's key", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		key := func(v int) int { return parity(s.g(v)) }
		return pipe.MapKeyed(s.ctx, in, 2, 1, key, pure, s.opts()...)
	}, unchanged, perKey, 2, byPanic, 1, false},
	{"FlatMap 1", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.FlatMap(s.ctx, in, 1, s.twice, s.opts()...)
	}, doubled, inOrder, 1, byError, 0, false},
	{"FlatMap 2", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.FlatMap(s.ctx, in, 2, s.twice, s.opts()...)
	}, doubled, inOrder, 2, byError, 0, false},
	{"FlatMapUnordered", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.FlatMapUnordered(s.ctx, in, 2, s.twice, s.opts()...)
	}, doubled, anyhow, 2, byError, 0, false},
	{"Filter 1", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Filter(s.ctx, in, 1, s.keep, s.opts()...)
	}, noThrees, inOrder, 1, byError, 0, false},
	{"Filter 2", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Filter(s.ctx, in, 2, s.keep, s.opts()...)
	}, noThrees, inOrder, 2, byError, 0, false},
	{"Through", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		keep := xf.Filter(func(v int) bool { return v%3 != 0 })
		return pipe.Through(s.ctx, in, xf.Compose2(xf.Map(s.g), keep), s.opts()...)
	}, noThrees, inOrder, 1, byPanic, 0, false},
	{"Through with a rest", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		pairs := xf.Batch[int](2)
		return pipe.Through(s.ctx, in, xf.Compose2(pairs, xf.FlatMap(apart)), s.opts()...)
	}, unchanged, inOrder, 1, never, 0, false},
	{"Through that wants no more", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Through(s.ctx, in, xf.Take[int](2), s.opts()...)
	}, firstTwo, inOrder, 1, never, 0, true},
	{"Take", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Take(s.ctx, in, 2, s.opts()...)
	}, firstTwo, inOrder, 1, never, 1, true},
	{"Batch", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return s.flat(pipe.Batch(s.ctx, in, 2, 0, s.opts()...))
	}, unchanged, inOrder, 1, never, 0, false},
	{"Merge", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Merge(s.ctx, one(in), s.opts()...)
	}, unchanged, inOrder, 1, never, 1, false},
	{"MergePriority", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.MergePriority(s.ctx, one(in), s.opts()...)
	}, unchanged, inOrder, 1, never, 1, false},
	{"Try", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		results := pipe.Map(s.ctx, in, 2, pipe.Try(s.f))
		s.watch("results", results.Stats)
		return pipe.Map(s.ctx, results, 1, func(_ context.Context, r pipe.Result[int, int]) (int, error) {
			s.Assert((r.Err != nil) == (r.In == s.bad), "the result of %d is %v", r.In, r.Err)
			return r.In, nil
		}, s.opts()...)
	}, unchanged, inOrder, 2, never, 0, false},
	{"Pipe", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		s.indirect = true
		out := runnel.New[int](s.opts()...)
		s.Go("pipe", func() { pipe.Pipe(s.ctx, in, out) })
		return out
	}, unchanged, inOrder, 1, never, 0, false},
	{"Seq2, FromSeq2", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		s.indirect = true
		return pipe.FromSeq2(s.ctx, pipe.Seq2(s.ctx, in), s.opts()...)
	}, unchanged, inOrder, 1, never, 0, false},
	{"Generate", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		s.indirect = true
		return pipe.Generate(s.ctx, func(ctx context.Context, emit func(int) error) error {
			return pipe.ForEach(ctx, in, 1, func(_ context.Context, v int) error { return emit(v) })
		}, s.opts()...)
	}, unchanged, inOrder, 1, never, 0, false},
}

func pure(_ context.Context, v int) (int, error) { return v, nil }

func firstTwo(vs []int) []int { return vs[:min(2, len(vs))] }

// twice emits what f returns twice.
func (s *scene) twice(ctx context.Context, v int, emit func(int) error) error {
	v, err := s.f(ctx, v)
	if err != nil {
		return err
	}
	if err = emit(v); err != nil {
		return err
	}
	s.Point()
	return emit(v)
}

func (s *scene) keep(ctx context.Context, v int) (bool, error) {
	_, err := s.f(ctx, v)
	return v%3 != 0, err
}

// flat takes slices apart.
func (s *scene) flat(in runnel.Receiver[[]int]) runnel.Receiver[int] {
	s.watch("slices", in.Stats)
	return pipe.Through(s.ctx, in, xf.FlatMap(apart), s.opts()...)
}

// run is the body of a simulation of a specimen.
func (k specimen) run(s *scene) {
	out := k.make(s, s.source)
	s.watch("output", out.Stats)
	s.feed()
	s.disturb(out)
	got := s.collect(out)
	s.settle()
	s.Assert(s.most() <= k.workers, "%d calls at once", s.most())
	k.checkValues(s, got, out.Err())
	k.checkEnd(s, out.Err())
	k.relate(s, out.Stats())
}

// checkValues compares what arrived with what the model says.
func (k specimen) checkValues(s *scene, got []int, err error) {
	bad := s.bad >= 0 && k.fault != never
	full := k.model(upTo(s.sent))
	switch {
	case s.how == mixture || s.how == stopping || s.how == ctxEnd && err != nil:
		s.Assert(k.isPart(got, k.model(upTo(s.n))), "got %v", got)
	case !bad:
		s.Assert(k.isSame(got, full), "got %v, want %v", got, full)
	case k.order == inOrder:
		want := k.model(upTo(s.bad))
		s.Assert(slices.Equal(got, want), "got %v, want %v", got, want)
	default:
		s.Assert(k.isPart(got, full) && !slices.Contains(got, s.bad), "got %v", got)
	}
}

// isSame tells whether the values are all that there can be.
func (k specimen) isSame(got, want []int) bool { return len(got) == len(want) && k.isPart(got, want) }

// isPart tells whether the values are the first ones, if there is an order.
func (k specimen) isPart(got, all []int) bool {
	switch k.order {
	case inOrder:
		return isPrefix(got, all)
	case perKey:
		return isPrefix(ofKey(got, 0), ofKey(all, 0)) && isPrefix(ofKey(got, 1), ofKey(all, 1))
	}
	return contains(all, got)
}

func isPrefix(some, all []int) bool { return slices.Equal(some, all[:min(len(some), len(all))]) }

func ofKey(vs []int, key int) []int {
	return slices.DeleteFunc(slices.Clone(vs), func(v int) bool { return parity(v) != key })
}

// checkEnd expects an error for which there was a reason.
func (k specimen) checkEnd(s *scene, err error) {
	failed := k.fault == byError && err == errBad || k.fault != never && panicked(err)
	stopped := err != nil && err.Error() == errEnough
	ok := false
	switch {
	case s.how == failure && k.fault == byError:
		ok = err == errBad
	case (s.how == failure || s.how == panicking) && k.fault != never:
		ok = panicked(err)
	case s.how == lostEnd && (!k.early || s.n < 2):
		ok = err == errLost
	case s.how == lostEnd:
		ok = err == nil
	case s.how == stopping:
		ok = err == nil || stopped
	case s.how == ctxEnd:
		ok = err == nil || err == errStop
	case s.how == mixture:
		ok = err == nil || failed || stopped || err == errStop
	default:
		ok = err == nil
	}
	s.Assert(ok, "ended with %v", err)
}

// relate compares what was taken with what came out.
func (k specimen) relate(s *scene, out runnel.Stats) {
	in := s.source.Stats()
	if k.per > 0 {
		s.Assert(out.Sent == k.per*in.Received, "in: %v; out: %v", in, out)
	}
	if bad := s.how == failure || s.how == panicking; bad && k.fault != never {
		s.Assert(in.Dropped[runnel.Failed] == 1, "in: %v", in)
	} else if s.how != mixture {
		s.Assert(in.Dropped[runnel.Failed] == 0, "in: %v", in)
	}
}

func TestSimStages(t *testing.T) {
	for _, k := range specimens {
		for how := range manners {
			if k.fault == never && (how == failure || how == panicking) {
				continue
			}
			t.Run(k.name+"/"+how.String(), func(t *testing.T) {
				explore(t, scale(40, 400), func(t *sim.T) { k.run(newScene(t, how, 4)) })
			})
		}
	}
}

func apart(vs []int) []int { return vs }
