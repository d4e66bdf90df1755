package fan

import (
	"context"
	"fmt"
	"reflect"

	"github.com/runnel-go/runnel"
)

// Pub gives every value of an input to the taps that have subscribed to its key. Make one with
// [NewPub], subscribe, and call Run, which does the work.
//
// Among the taps of one key it is a [Mult]. There is one Run for all keys, so order holds
// across keys: the next value is received when all subscribers of this one have it. A
// subscriber that blocks thus slows down all keys, by its own wish; one with a policy that
// never blocks, or with EvictAfter, does not.
//
//   - The input ends: when the last value is delivered, all taps are closed, and Run returns
//     nil.
//   - The input ends with an error: the same, and the error is the cause with which the taps
//     are closed, and what Run returns.
//   - The key function panics: the input is cancelled with a [*runnel.PanicError], the taps are
//     closed with it, and Run returns it. The value is counted on the input as
//     [runnel.Failed]. The same happens when a key cannot be looked up, as an interface that
//     holds a slice.
//   - The key function calls runtime.Goexit, or another function of the user's that runs within
//     Run, given to OnDrop or OnClose of the input or of a tap, panics or does so: the goroutine
//     is not kept from that, but first the input is cancelled, and the taps are closed, with an
//     error that says so. The value that was on its way may be missing in the accounts of taps.
//   - A consumer stops: after Leave, Cancel or an eviction the others go on as if the tap had
//     never been. A key is forgotten with its last tap. Values for which there is no tap are
//     counted on the input as [runnel.Unheard].
//   - ctx ends: the input is cancelled with the cause of ctx, the taps are closed with it, and
//     Run returns it. A value that is still on its way to some taps is counted on these as
//     [runnel.Undelivered]. A cause that is [runnel.ErrClosed] is wrapped, so that it does not
//     look like a plain end.
//
// All methods may be called by any number of goroutines, before Run, during it, and after it.
type Pub[K comparable, T any] struct{ hub *hub[K, T] }

// NewPub makes a Pub of in, which it owns from now on. Run calls key once for each value, on
// its own goroutine; key must not block. NewPub starts nothing and takes nothing before Run.
func NewPub[K comparable, T any](in runnel.Receiver[T], key func(T) K) *Pub[K, T] {
	mustHave(in != nil, "NewPub", "Receiver")
	mustHave(key != nil, "NewPub", "key function")
	return &Pub[K, T]{newHub(in, key)}
}

// Sub adds a tap for the values whose key is k. The options are those of [runnel.New]: a
// buffer policy, a name. The tap gets the values that are received from the input from now on.
// After the end it is closed at once, with the cause of the end. It never blocks.
//
// A key that is not equal to itself, as the number NaN, panics: no value could ever have it. So
// does one that cannot be compared, as an interface that holds a slice.
func (p *Pub[K, T]) Sub(k K, opts ...runnel.Option) *Tap[T] {
	mustCompare("Sub", k)
	if again := k; again != k {
		panic(fmt.Sprintf("fan: Sub(%v): the key is not equal to itself", k))
	}
	return p.hub.tap(k, opts)
}

// mustCompare panics if a key was given that satisfies comparable and cannot be compared.
func mustCompare[K comparable](call string, k K) {
	if !reflect.ValueOf(&k).Elem().Comparable() {
		panic(fmt.Sprintf("fan: %s(%v): a key of type %T cannot be compared", call, k, k))
	}
}

// Keys returns the keys that have subscribers now, in no particular order.
func (p *Pub[K, T]) Keys() []K { return p.hub.keys() }

// Taps returns the subscribers that a key has now, in no particular order. A key that cannot be
// compared panics, as in Sub.
func (p *Pub[K, T]) Taps(k K) []*Tap[T] {
	mustCompare("Taps", k)
	return p.hub.of(k)
}

// Run moves values from the input to their subscribers. It blocks until the input or ctx has
// ended, or the key function has panicked, and returns the cause: nil for a plain end. A
// second call returns [ErrStarted].
func (p *Pub[K, T]) Run(ctx context.Context) error { return p.hub.run(ctx) }
