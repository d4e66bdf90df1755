package xf

// Sink consumes a stream: any number of Puts, then one Close, all from one caller at a time.
type Sink[T any] interface {
	// Put gives the sink a value and reports whether it wants more. After false a caller gives it no more; a stray Put
	// is ignored and returns false again.
	Put(v T) bool

	// Close says that the stream has ended, whether or not a Put has returned false. A caller does so exactly once,
	// and the sink then passes on what it still holds and closes the next.
	Close()
}

// Step builds, for a sink of B, a sink of A: it is the transformation of a stream of A into a stream of B, without
// the streams. Each call makes fresh state, so a Step is a reusable, immutable value, and the sinks it makes are
// single runs.
type Step[A, B any] func(next Sink[B]) Sink[A]

// output is the way from one sink to the next, embedded in the sink of every step. It keeps, for all of them:
//
//	done   ⇐ next refused a value, or the stream was closed
//	closed ⇔ next was closed
//	done   ⇒ next is given nothing
//
// Each step therefore only has to return early when done is set, before it calls a user's function or changes state.
type output[T any] struct {
	next   Sink[T]
	done   bool
	closed bool
}

// emit passes v on unless next has stopped, and reports whether next wants more.
func (o *output[T]) emit(v T) bool {
	if o.done {
		return false
	}
	// Not o.done = !o.next.Put(v): most values want more, and a store on each of them costs more than the branch.
	if o.next.Put(v) {
		return true
	}
	o.done = true
	return false
}

// stop refuses all further values and reports that: a step that ends the stream by itself returns it from Put.
func (o *output[T]) stop() bool {
	o.done = true
	return false
}

// Close ends the stream for next. Steps that hold values shadow it, emit those first and then call it.
func (o *output[T]) Close() {
	if o.closed {
		return
	}
	o.done, o.closed = true, true
	o.next.Close()
}
