package flow

import (
	"github.com/runnel-go/runnel"
)

// link is an edge by the names of its ports. from is empty for an edge from outside.
type link struct{ from, to string }

func (l link) String() string {
	if l.from == "" {
		return "outside -> " + l.to
	}
	return l.from + " -> " + l.to
}

// edge is an edge of a running flow, whatever its type.
type edge interface {
	name() *link
	close(cause error)
	cancel(error)
	stats() runnel.Stats
	injection(edges []edge, v any) (injection, error)
	tie(*ring)
	cycle() *ring
	listen()
	isSignal() bool
}

// channel is an edge for values of type T. It is a channel, so its account is that of the
// channel, and says what became of every value:
//
//	Sent = Received + Len + Dropped     and, where a message was not carried through,
//	Received is taken back, and Dropped has it as Failed or Undelivered
type channel[T any] struct {
	link
	ch   *runnel.Chan[T]
	ring *ring // the cycle that both its ends are in, or nil

	signal bool // of Listen: keeps nobody alive
}

func makeEdge[T any](l link, opts []runnel.Option) edge {
	if l.to != "" {
		opts = append([]runnel.Option{runnel.Name(l.String())}, opts...)
	}
	return &channel[T]{link: l, ch: runnel.New[T](opts...)}
}

func (e *channel[T]) name() *link         { return &e.link }
func (e *channel[T]) close(cause error)   { e.ch.CloseWith(cause) }
func (e *channel[T]) cancel(cause error)  { e.ch.Cancel(cause) }
func (e *channel[T]) stats() runnel.Stats { return e.ch.Stats() }
func (e *channel[T]) tie(r *ring)         { e.ring = r }
func (e *channel[T]) cycle() *ring        { return e.ring }
func (e *channel[T]) listen()             { e.signal = true }
func (e *channel[T]) isSignal() bool      { return e.signal }
