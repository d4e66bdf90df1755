package pipe_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
)

// Operators with several inputs or outputs.

// second is another source beside that of the scene: it sends first, first+1, … and ends plainly.
func (s *scene) second(first, n int) *runnel.Chan[int] {
	c := runnel.New[int](room(s.draw(2))...)
	s.watch("second source", c.Stats)
	s.Go("second source", func() {
		for v := range n {
			if c.Send(bg, first+v) != nil {
				break
			}
		}
		c.Close()
	})
	return c
}

func TestSimMerge(t *testing.T) {
	for name, merge := range map[string]func(context.Context, []runnel.Receiver[int], ...runnel.Option) runnel.Receiver[int]{
		"Merge": pipe.Merge[int], "MergePriority": pipe.MergePriority[int],
	} {
		for _, how := range []manner{plainEnd, lostEnd, stopping, ctxEnd, shutting} {
			t.Run(name+"/"+how.String(), func(t *testing.T) {
				explore(t, scale(100, 600), func(t *sim.T) {
					s := newScene(t, how, 2)
					b := s.second(10, 2)
					out := merge(s.ctx, both[int](s.source, b), s.opts()...)
					s.watch("output", out.Stats)
					s.feed()
					s.disturb(out)
					got := s.collect(out)
					s.settle()
					checkMerged(s, got, b.Stats(), out)
				})
			})
		}
	}
}

func checkMerged(s *scene, got []int, b runnel.Stats, out runnel.Receiver[int]) {
	fromA := slices.DeleteFunc(slices.Clone(got), func(v int) bool { return v >= 10 })
	fromB := slices.DeleteFunc(slices.Clone(got), func(v int) bool { return v < 10 })
	s.Assert(isPrefix(fromA, upTo(2)) && isPrefix(fromB, []int{10, 11}), "got %v", got)
	s.Assert(out.Stats().Sent == s.source.Stats().Received+b.Received, "a: %v; b: %v; out: %v", s.source.Stats(), b, out.Stats())
	err := out.Err()
	switch s.how {
	case plainEnd, shutting:
		s.Assert(err == nil && len(fromA) == s.sent && len(fromB) == 2, "got %v, %v", got, err)
	case lostEnd:
		s.Assert(err == errLost, "ended with %v", err)
	case stopping:
		s.Assert(err == nil || err.Error() == errEnough, "ended with %v", err)
	case ctxEnd:
		s.Assert(err == errStop || err == nil && len(got) == 4, "got %v, %v", got, err)
	}
}

func TestSimZip(t *testing.T) {
	for name, zip := range map[string]func(*scene, runnel.Receiver[int]) (out runnel.Receiver[int], rows func() runnel.Stats){
		"Zip": func(s *scene, b runnel.Receiver[int]) (runnel.Receiver[int], func() runnel.Stats) {
			out := pipe.Zip(s.ctx, s.source, b, func(x, y int) int { return s.g(x) + y }, s.opts()...)
			return out, out.Stats
		},
		"ZipAll": func(s *scene, b runnel.Receiver[int]) (runnel.Receiver[int], func() runnel.Stats) {
			s.indirect = true
			rows := pipe.ZipAll(s.ctx, both[int](s.source, b))
			s.watch("rows", rows.Stats)
			total := func(_ context.Context, row []int) (int, error) { return row[0] + row[1], nil }
			return pipe.Map(s.ctx, rows, 1, total, s.opts()...), rows.Stats
		},
	} {
		for how := range manners {
			if name == "ZipAll" && (how == failure || how == panicking) {
				continue
			}
			t.Run(name+"/"+how.String(), func(t *testing.T) {
				explore(t, scale(100, 600), func(t *sim.T) {
					s := newScene(t, how, 2)
					n := 1 + t.Choose(3)
					b := s.second(10, n)
					out, rows := zip(s, b)
					s.watch("output", out.Stats)
					s.feed()
					s.disturb(out)
					got := s.collect(out)
					s.settle()
					checkZipped(s, got, n, b.Stats(), rows(), out.Err())
				})
			})
		}
	}
}

func checkZipped(s *scene, got []int, n int, b, o runnel.Stats, err error) {
	rows := []int{10, 12}[:min(2, n)]
	a := s.source.Stats()
	s.Assert(isPrefix(got, rows), "got %v", got)
	s.Assert(a.Received == o.Sent && b.Received == o.Sent, "a: %v; b: %v; rows: %v", a, b, o)
	switch bad := s.bad >= 0 && s.bad < n; {
	case (s.how == failure || s.how == panicking) && bad:
		s.Assert(panicked(err), "ended with %v", err)
		s.Assert(len(got) == s.bad && a.Dropped[runnel.Failed] == 1 && b.Dropped[runnel.Failed] == 1, "got %v; a: %v; b: %v", got, a, b)
	case s.how == plainEnd, s.how == failure, s.how == panicking:
		s.Assert(err == nil && len(got) == len(rows), "got %v, %v", got, err)
	case s.how == lostEnd: // the source ends after 2; a shorter second one may be noticed before
		s.Assert(len(got) == len(rows) && (err == errLost || err == nil && n <= 2), "got %v, %v", got, err)
	case s.how == shutting:
		s.Assert(err == nil && len(got) == min(s.sent, n), "got %v, %v", got, err)
	}
}

// Both outputs of a fork have a consumer that stops after some values, or at the end.
func TestSimForks(t *testing.T) {
	for _, f := range []struct {
		name   string
		copies bool
		make   func(*scene) []runnel.Receiver[int]
	}{
		{"Split", false, func(s *scene) []runnel.Receiver[int] {
			return both(pipe.Split(s.ctx, s.source, func(v int) bool { return isEven(s.g(v)) }, s.opts()...))
		}},
		{"Partition", false, func(s *scene) []runnel.Receiver[int] {
			return pipe.Partition(s.ctx, s.source, 2, s.g, s.opts()...)
		}},
		{"Tee", true, func(s *scene) []runnel.Receiver[int] {
			return both(pipe.Tee(s.ctx, s.source, s.opts()...))
		}},
	} {
		for how := range manners {
			if f.copies && (how == failure || how == panicking) {
				continue
			}
			t.Run(f.name+"/"+how.String(), func(t *testing.T) {
				explore(t, scale(100, 600), func(t *sim.T) {
					s := newScene(t, how, 3)
					forkBody(s, f.copies, f.make(s))
				})
			})
		}
	}
}

func forkBody(s *scene, copies bool, outs []runnel.Receiver[int]) {
	s.feed()
	if s.how != stopping {
		s.disturb(outs[0])
	}
	got := make([][]int, len(outs))
	alone := s.Choose(2) == 0 // the first one is the only one that stops
	var stopped atomic.Int32
	for i, out := range outs {
		s.watch("output", out.Stats)
		s.Go("consumer", func() {
			patience := s.n + 1
			if (i == 0 || !alone) && (s.how == stopping || s.how == mixture) {
				patience = s.Choose(3)
			}
			for len(got[i]) < patience {
				v, err := out.Recv(bg)
				if err != nil {
					return
				}
				got[i] = append(got[i], v)
			}
			out.Cancel(errStop)
			if n := stopped.Add(1); s.how == stopping && int(n) == len(outs) {
				s.Assert(s.source.Stats().Closed, "all consumers have stopped and the source was not told")
			}
		})
	}
	s.settle()
	checkForked(s, copies, alone, got, outs)
}

func checkForked(s *scene, copies, alone bool, got [][]int, outs []runnel.Receiver[int]) {
	a, x, y := s.source.Stats(), outs[0].Stats(), outs[1].Stats()
	want := [][]int{{0, 2}, {1}}
	if copies {
		want = [][]int{upTo(3), upTo(3)}
		s.Assert(x.Sent == a.Received && y.Sent == a.Received, "in: %v; outs: %v, %v", a, x, y)
	} else {
		s.Assert(x.Sent+y.Sent == a.Received, "in: %v; outs: %v, %v", a, x, y)
	}
	for i := range outs {
		s.Assert(isPrefix(got[i], want[i]), "got %v", got)
		if s.how == plainEnd || s.how == lostEnd || s.how == stopping && alone && i == 1 {
			s.Assert(len(got[i]) == len(want[i]), "got %v", got)
		}
	}
	err := outs[0].Err()
	switch s.how {
	case plainEnd, shutting:
		s.Assert(err == nil && outs[1].Err() == nil, "ended with %v", err)
	case lostEnd:
		s.Assert(err == errLost && outs[1].Err() == errLost, "ended with %v", err)
	case failure, panicking:
		s.Assert(panicked(err), "ended with %v", err)
		s.Assert(panicked(outs[1].Err()), "ended with %v", outs[1].Err())
		s.Assert(a.Dropped[runnel.Failed] == 1 && int(a.Received) == s.bad, "in: %v", a)
	case ctxEnd:
		s.Assert(err == nil || err == errStop, "ended with %v", err)
	}
}
