package fan

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Mult gives every value of an input to every tap. Make one with [NewMult], add taps, and call
// Run, which does the work.
//
// Every value goes first to all taps that can take it at once, then to the others, each as
// soon as it has room. Only when all have it is the next value received. So a tap that blocks
// slows the input down, by its own wish; it never keeps a value from the others.
//
//   - The input ends: when the last value is delivered, all taps are closed, and Run returns
//     nil.
//   - The input ends with an error: the same, and the error is the cause with which the taps
//     are closed, and what Run returns.
//   - A function of the user's fails: a Mult calls none but those given to OnDrop or OnClose of
//     the input or of a tap. If one panics within Run, or calls runtime.Goexit, the goroutine
//     is not kept from that, but first the input is cancelled, and the taps are closed, with an
//     error that says so. The value that was on its way may be missing in the accounts of taps.
//   - A consumer stops: after Leave, Cancel or an eviction the others go on as if the tap had
//     never been. When the last one leaves, Run goes on: others may join. Values for which
//     there is no tap are counted on the input as [runnel.Unheard].
//   - ctx ends: the input is cancelled with the cause of ctx, the taps are closed with it, and
//     Run returns it. A value that is still on its way to some taps is counted on these as
//     [runnel.Undelivered]. A cause that is [runnel.ErrClosed] is wrapped, so that it does not
//     look like a plain end.
//
// All methods may be called by any number of goroutines, before Run, during it, and after it.
type Mult[T any] struct{ hub *hub[struct{}, T] }

// NewMult makes a Mult of in, which it owns from now on. It starts nothing and takes nothing
// before Run.
func NewMult[T any](in runnel.Receiver[T]) *Mult[T] {
	mustHave(in != nil, "NewMult", "Receiver")
	return &Mult[T]{newHub(in, func(T) struct{} { return struct{}{} })}
}

// Tap adds a tap. The options are those of [runnel.New]: a buffer policy, a name. The tap gets
// the values that are received from the input from now on. After the end it is closed at once,
// with the cause of the end. It never blocks.
func (m *Mult[T]) Tap(opts ...runnel.Option) *Tap[T] { return m.hub.tap(struct{}{}, opts) }

// Taps returns the taps that are there now, in no particular order.
func (m *Mult[T]) Taps() []*Tap[T] { return m.hub.of(struct{}{}) }

// Run moves values from the input to the taps. It blocks until the input or ctx has ended, and
// returns the cause: nil for a plain end. A second call returns [ErrStarted].
func (m *Mult[T]) Run(ctx context.Context) error { return m.hub.run(ctx) }
