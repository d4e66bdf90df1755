package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Reduce folds the values of in into one: it begins with init and replaces the result r by
// f(r, v) for every value v. It returns the result when in ends; if that is not a plain end, if f
// fails or panics, or if ctx ends, it returns the result so far, without the failed call, and
// the error. It runs on the goroutine of the caller and ends as [ForEach].
func Reduce[A, R any](ctx context.Context, in runnel.Receiver[A], init R, f func(R, A) (R, error)) (R, error) {
	requireInput("Reduce", in)
	requireFunc(f != nil, "Reduce", "f")
	result := init
	err := ForEach(ctx, in, 1, func(_ context.Context, v A) error {
		r, err := f(result, v)
		if err == nil {
			result = r
		}
		return err
	})
	return result, err
}
