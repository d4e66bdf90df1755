package runnel

import (
	"context"
	"iter"
)

// Sender is the end of a channel that values are put into. [Chan] and [Producer] are
// senders. Take a Sender where a function only sends: it can close the channel, gracefully,
// but not receive. Its methods are those of [Chan].
//
// The interface is sealed: a type outside this package becomes a Sender by embedding one.
type Sender[T any] interface {
	Send(ctx context.Context, v T) error
	TrySend(v T) error
	SendAll(ctx context.Context, vs []T) (n int, err error)
	SendFunc(v T, f func(error))
	Close()
	CloseWith(cause error)
	Err() error
	Done() <-chan struct{}
	Len() int
	Cap() int
	OnDrop(f func(T, Reason))
	OnClose(f func(cause error)) (stop func() bool)
	Discard(v T, why Reason)
	Stats() Stats
	sendEnd() *Chan[T]
}

// Receiver is the end of a channel that values are taken out of. [Chan] is a receiver. Take
// a Receiver where a function only receives: it can cancel the channel, so that its senders
// stop, but not send. Its methods are those of [Chan].
//
// The interface is sealed: a type outside this package becomes a Receiver by embedding one.
type Receiver[T any] interface {
	Recv(ctx context.Context) (T, error)
	TryRecv() (T, error)
	RecvUpTo(ctx context.Context, buf []T) (n int, err error)
	RecvFunc(f func(T, error))
	All(ctx context.Context) iter.Seq[T]
	Cancel(cause error)
	OnDrop(f func(T, Reason))
	OnClose(f func(cause error)) (stop func() bool)
	Reject(v T, why Reason)
	Err() error
	Done() <-chan struct{}
	Len() int
	Cap() int
	Stats() Stats
	recvEnd() *Chan[T]
}

func (c *Chan[T]) sendEnd() *Chan[T] { return c }
func (c *Chan[T]) recvEnd() *Chan[T] { return c }

var (
	_ Sender[int]   = (*Chan[int])(nil)
	_ Receiver[int] = (*Chan[int])(nil)
	_ Sender[int]   = (*Producer[int])(nil)
	_ Receiver[int] = (*viaReceiver[int, int])(nil)
)
