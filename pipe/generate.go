package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Generate makes a source of a function that runs in a goroutine of its own: each value given to
// emit is sent. The output closes when f returns, with its error, and with a [runnel.PanicError]
// if f panics. When f returns after ctx has ended, the output closes with the cause of ctx.
//
// emit waits until the value is accepted. Its error means that it was not: the cause of ctx, or,
// once the consumer has stopped, an error that wraps [runnel.ErrClosed] and the consumer's cause.
// The value is then f's again, and is not counted. f should return soon after; if it returns an
// error, that changes nothing about how the output has ended. The context that f gets ends
// when ctx ends and when the consumer stops, for whatever else f waits for.
//
// emit may be called by several goroutines; after f has returned it only returns an error.
func Generate[T any](ctx context.Context, f func(ctx context.Context, emit func(T) error) error, opts ...runnel.Option) runnel.Receiver[T] {
	requireFunc(f != nil, "Generate", "f")
	o := newOutlet[T](ctx, opts, func(error) {})
	// The send gets the user's context, so that the error of emit tells which of the two ended.
	emit := func(v T) error { return o.out.Send(ctx, v) }
	spawn(ctx, func() { o.run(ctx, func() error { return f(o.ctx, emit) }) })
	return o.out
}

// run closes the output with the error of f, whichever way f ends. ctx is the user's.
func (o outlet[T]) run(ctx context.Context, f func() error) {
	returned := false
	defer func() {
		if !returned {
			o.out.CloseWith(escape(recover()))
		}
	}()
	err := f()
	returned = true
	o.out.CloseWith(blame(ctx, err))
}

// blame is the error with which a source ends whose function returned err: the cause of ctx if
// that has ended, since it was first. It never looks like a plain end. ctx is the user's, whose
// end the function may see a moment before contexts that were made of it end.
func blame(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return causeOf(ctx)
	}
	return inside(err)
}
