package pipe

import (
	"context"
	"slices"

	"github.com/runnel-go/runnel"
)

// Collect receives everything: it returns the values of in, in their order, and why they
// ended, nil for a plain end. Values that came before an error are returned with it. When ctx
// ends, in is cancelled and the error is the cause of ctx. It keeps all values, so the input
// should be one that ends; see [Reduce] and [ForEach] for those that are long.
func Collect[T any](ctx context.Context, in runnel.Receiver[T]) ([]T, error) {
	requireInput("Collect", in)
	var all []T
	for {
		all = slices.Grow(all, 1)
		n, err := in.RecvUpTo(ctx, all[len(all):cap(all)])
		all = all[:len(all)+n]
		if err != nil {
			in.Cancel(ending(ctx, err))
			return all, ending(ctx, err)
		}
	}
}
