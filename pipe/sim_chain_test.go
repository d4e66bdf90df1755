package pipe_test

import (
	"context"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
)

// links are specimens that make sense in a chain only.
var links = []specimen{
	{"Split, Merge", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		return s.join(both(pipe.Split(s.ctx, in, isEven, s.opts()...)))
	}, unchanged, anyhow, 0, never, 0, false},
	{"Tee, Zip", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		a, b := pipe.Tee(s.ctx, in, s.opts()...)
		s.watch("a", a.Stats)
		s.watch("b", b.Stats)
		return pipe.Zip(s.ctx, a, b, func(x, y int) int { return x + y - x }, s.opts()...)
	}, unchanged, inOrder, 0, never, 0, false},
	{"Tee, ZipAll", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		rows := pipe.ZipAll(s.ctx, both(pipe.Tee(s.ctx, in, s.opts()...)))
		s.watch("rows", rows.Stats)
		return pipe.Map(s.ctx, rows, 1, func(_ context.Context, row []int) (int, error) { return row[0], nil }, s.opts()...)
	}, unchanged, inOrder, 0, never, 0, false},
	{"Mult, Merge", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		m := fan.NewMult(in)
		taps := both[int](m.Tap(s.opts()...), m.Tap(s.opts()...))
		s.Go("mult", func() { m.Run(s.ctx) })
		return s.join(taps)
	}, doubled, anyhow, 0, never, 0, false},
	{"Pub, Merge", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		p := fan.NewPub(in, parity)
		taps := both[int](p.Sub(0, s.opts()...), p.Sub(1, s.opts()...))
		s.Go("pub", func() { p.Run(s.ctx) })
		return s.join(taps)
	}, unchanged, anyhow, 0, never, 0, false},
	{"Mix", func(s *scene, in runnel.Receiver[int]) runnel.Receiver[int] {
		out := runnel.New[int](s.opts()...)
		x := fan.NewMix[int](out)
		x.Add(in)
		x.Close()
		s.Go("mix", func() { x.Run(s.ctx) })
		return out
	}, unchanged, inOrder, 0, never, 0, false},
}

// join merges outputs.
func (s *scene) join(outs []runnel.Receiver[int]) runnel.Receiver[int] {
	for _, out := range outs {
		s.watch("branch", out.Stats)
	}
	return pipe.Merge(s.ctx, outs, s.opts()...)
}

// chain is some specimens, one behind the other.
func chain(s *scene, in runnel.Receiver[int], ks []specimen) (whole specimen, out runnel.Receiver[int]) {
	whole, out = specimen{model: unchanged}, in
	for range 2 + s.Choose(2) {
		k := ks[s.Choose(len(ks))]
		s.Logf("then %s", k.name)
		out = k.make(s, out)
		s.watch("output of "+k.name, out.Stats)
		before := whole.model
		whole.model = func(vs []int) []int { return k.model(before(vs)) }
		whole.early = whole.early || k.early
		if k.order != inOrder {
			whole.order = anyhow
		}
	}
	return whole, out
}

// Random chains: the simulation chooses the operators, too.
func TestSimChains(t *testing.T) {
	ks := slices.Concat(specimens, links)
	for how := range manners {
		t.Run(how.String(), func(t *testing.T) {
			explore(t, scale(400, 3000), func(t *sim.T) { chainBody(newScene(t, how, 3), ks) })
		})
	}
}

func chainBody(s *scene, ks []specimen) {
	s.indirect = true
	whole, out := chain(s, s.source, ks)
	s.feed()
	s.disturb(out)
	got := s.collect(out)
	s.settle()
	cut := whole.early && whole.order != inOrder // which ones come is open
	full := whole.model(upTo(s.n))
	s.Assert(cut || whole.isPart(got, full), "got %v of %v", got, full)
	err := out.Err()
	switch s.how {
	case plainEnd, shutting:
		s.Assert(err == nil, "ended with %v", err)
		want := whole.model(upTo(s.sent))
		s.Assert(cut || len(got) == len(want), "got %v, want %v", got, want)
	case lostEnd:
		s.Assert(err == errLost || err == nil && whole.early, "ended with %v", err)
	case failure, panicking, mixture:
		s.Assert(err == nil || err == errBad || panicked(err) || err == errStop || err.Error() == errEnough, "ended with %v", err)
	case stopping:
		s.Assert(err == nil || err.Error() == errEnough, "ended with %v", err)
	case ctxEnd:
		s.Assert(err == nil || err == errStop, "ended with %v", err)
	}
}
