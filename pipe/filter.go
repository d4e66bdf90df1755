package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Filter passes on those values of in for which keep is true, in their order, with n workers
// that call keep. Values that are not kept end here; they are not counted as dropped. It ends
// as [Map] does. Where keep is quick and cannot fail, use a step of package xf with [Through].
func Filter[T any](ctx context.Context, in runnel.Receiver[T], n int, keep func(context.Context, T) (bool, error), opts ...runnel.Option) runnel.Receiver[T] {
	requireFunc(keep != nil, "Filter", "keep")
	requireAtLeast(1, "Filter", "n", n)
	s := newStage[T, T](ctx, "Filter", in, opts)
	if n == 1 {
		return s.start(1, func() {
			s.each(func(ctx context.Context, v T) (T, bool, error) {
				kept, err := keep(ctx, v)
				return v, kept, err
			})
		})
	}
	return newOrder(s, n).start(func(ctx context.Context, v T, t *turn[T, T]) error {
		kept, err := keep(ctx, v)
		if kept && err == nil {
			t.result(v)
		}
		return err
	})
}
