package mq

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"

	"github.com/runnel-go/runnel"
)

// gathering brings the messages of a batch through the middleware, and to one call of the handler.
//
//	each message is on its way, at the end of its chain (seated), or back
//	the handler is called once, when none is on its way, with those that are seated
type gathering[T any] struct {
	c     *Consumer[T]
	chain Handle
	metas []*Meta
	errs  []error

	mu     runnel.Mutex
	away   int // on their way
	seats  []*seat[T]
	ready  *runnel.Chan[struct{}] // closed when none is on its way
	served *runnel.Chan[struct{}] // closed when the handler has returned
	back   runnel.WaitGroup
}

// seat is the place of a message in a batch.
type seat[T any] struct {
	g     *gathering[T]
	index int
	taken bool // guarded by g.mu, as m
	left  bool
	m     *Message[T]
	err   error // of the handler; before served is closed only the worker has it
}

type seatKey struct{}

var errTwice = errors.New("mq: a middleware called next twice for a message of a batch; want once")

// run does the whole of it in the worker's goroutine.
func (g *gathering[T]) run(ctx context.Context) {
	g.away = len(g.metas)
	g.ready, g.served = runnel.New[struct{}](), runnel.New[struct{}]()
	defer g.back.Wait()
	defer g.served.Close()
	for i := range g.metas {
		g.back.Go(func() { g.walk(ctx, i) })
	}
	g.ready.Recv(context.Background())
	g.serve(ctx)
}

// walk brings one message through the chain and back.
func (g *gathering[T]) walk(ctx context.Context, i int) {
	s := &seat[T]{g: g, index: i}
	g.errs[i] = errGoexit // unless it returns
	defer g.leave(s)
	defer func() {
		if p := recover(); p != nil {
			g.errs[i] = &runnel.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	g.errs[i] = g.chain(context.WithValue(ctx, seatKey{}, s), g.metas[i])
}

// sit is the end of the chain: it waits for the batch.
func (c *Consumer[T]) sit(ctx context.Context, m *Meta) error {
	s, ok := ctx.Value(seatKey{}).(*seat[T])
	if !ok {
		return errors.New("mq: a middleware passed on a context that is not made of the one it got")
	}
	msg := &Message[T]{Meta: *m}
	if err := c.decode(msg); err != nil {
		return err
	}
	if !s.g.seat(s, msg) {
		return errTwice
	}
	s.g.served.Recv(context.Background())
	return s.err
}

func (g *gathering[T]) seat(s *seat[T], m *Message[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.taken || s.left {
		return false
	}
	s.taken, s.m = true, m
	s.err = errGoexit // unless the handler returns
	g.seats = append(g.seats, s)
	g.arrived()
	return true
}

// leave notes a message that is back. It may never have come to the end of the chain.
func (g *gathering[T]) leave(s *seat[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.left = true
	if !s.taken {
		g.arrived()
	}
}

func (g *gathering[T]) arrived() {
	if g.away--; g.away == 0 {
		g.ready.Close()
	}
}

// serve calls the handler. A panic is everybody's, so that each middleware sees it.
func (g *gathering[T]) serve(ctx context.Context) {
	if len(g.seats) == 0 {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			failure := &runnel.PanicError{Value: p, Stack: debug.Stack()}
			for _, s := range g.seats {
				s.err = failure
			}
		}
	}()
	slices.SortFunc(g.seats, func(a, b *seat[T]) int { return a.index - b.index })
	ms := make([]*Message[T], len(g.seats))
	for i, s := range g.seats {
		ms[i] = s.m
	}
	result := g.c.callBatch(ctx, ms)
	for i, s := range g.seats {
		s.err = result(i)
	}
}
