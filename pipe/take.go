package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Take gives the first n values of in and closes plainly. It never takes an (n+1)th: in is
// cancelled as soon as the n-th has been taken, before that one is delivered, so whoever feeds
// it stops at once; what in had buffered by then is counted there as Undelivered. Take of 0
// cancels in and closes the output before it returns.
//
// If in ends before, so does the output, with the same cause. An error that comes behind the
// n-th value is not seen.
func Take[T any](ctx context.Context, in runnel.Receiver[T], n int, opts ...runnel.Option) runnel.Receiver[T] {
	requireAtLeast(0, "Take", "n", n)
	s := newStage[T, T](ctx, "Take", in, opts)
	if n == 0 {
		s.out.Close()
		return s.out
	}
	return s.start(1, func() { take(s, n) })
}

func take[T any](s *stage[T, T], left int) {
	for {
		v, err := s.in.Recv(s.ctx)
		if err != nil {
			s.leave(err)
			return
		}
		if left--; left == 0 {
			s.in.Cancel(nil)
		}
		if !s.send(v) {
			return
		}
		if left == 0 {
			s.out.Close()
			return
		}
	}
}
