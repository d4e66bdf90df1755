package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Pipe moves all values of in to out, closes out with the cause with which in ended, and
// returns that: nil for a plain end. It runs on the goroutine of the caller and holds one value.
//
// If out is a [runnel.Producer], only this producer ends, so several Pipes may feed one channel.
//
// When out is closed, by its consumer or by others, Pipe stops at once, also while in is idle: in
// is cancelled with the same cause, which is returned, [runnel.ErrClosed] if there is none. When
// ctx ends, in is cancelled and out closed with its cause. A value that was on its way then is
// counted on in as Undelivered.
func Pipe[T any](ctx context.Context, in runnel.Receiver[T], out runnel.Sender[T]) error {
	requireInput("Pipe", in)
	require(out != nil, "Pipe", "the output is nil, want a channel")
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	stopped := runnel.New[nothing]() // closed when in has been, because of the end of out
	takeBack := out.OnClose(func(cause error) {
		end(orClosed(cause))
		in.Cancel(cause)
		stopped.Close()
	})
	defer takeBack() // out may go on with other producers

	err := move(ctx, in, out)
	if out.Stats().Closed {
		// Who closed out cancels in, within that call. This one waits for it.
		stopped.Recv(context.Background())
		return orClosed(out.Err())
	}
	if ctx.Err() != nil {
		err = causeOf(ctx)
	}
	in.Cancel(err)
	out.CloseWith(err)
	return err
}

// move moves values until in ends, or ctx, or out refuses one. A plain end of in is no error.
func move[T any](ctx context.Context, in runnel.Receiver[T], out runnel.Sender[T]) error {
	for {
		v, err := in.Recv(ctx)
		if err != nil {
			return ending(ctx, err)
		}
		if err := out.Send(ctx, v); err != nil {
			in.Reject(v, runnel.Undelivered)
			return err
		}
	}
}

// orClosed is the reverse of ending: a cause that is never nil.
func orClosed(cause error) error {
	if cause == nil {
		return runnel.ErrClosed
	}
	return cause
}
