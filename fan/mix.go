package fan

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Mix brings the values of many inputs to one output. Make one with [NewMix], add inputs, and
// call Run, which does the work. Inputs can be added, muted, paused, played solo and removed
// at any time.
//
// While several inputs have values, the next one is drawn evenly among them. The values of one
// input keep their order.
//
//   - An input ends: it drops out. When all have ended, and Close has said that there will be
//     no others, the output is closed, and Run returns nil. An input that is paused has not
//     ended before it is played or muted again and nothing is left in it.
//   - An input ends with an error: it drops out all the same. The first such error is the cause
//     with which the output is closed at the end, and what Run returns.
//   - A function of the user's fails: a Mix calls none but those given to OnDrop or OnClose of
//     the inputs or the output. If one panics within Run, or calls runtime.Goexit, the
//     goroutine is not kept from that, but first the inputs are cancelled, and the output is
//     closed, with an error that says so. A change that Run was carrying out returns
//     [ErrEnded] then.
//   - The consumer stops: when the output is closed, the inputs are cancelled with the cause of
//     that, and Run returns it, nil if there is none.
//   - ctx ends: the inputs are cancelled with the cause of ctx, the output is closed with it,
//     and Run returns it. A cause that is [runnel.ErrClosed] is wrapped, so that it does not
//     look like a plain end.
//
// In the last three cases values that were received and not sent yet are counted on their inputs
// as [runnel.Undelivered].
//
// Add, Set, SoloMode, Settings, Remove and Close may be called by any number of goroutines,
// before Run and during it; after it they change nothing, and but for Settings and Close return
// [ErrEnded]. Each is done at one moment, for all its inputs, and what it says holds when it
// returns: a value that was received before from an input that is paused now is kept, and the
// first to be sent when the input plays again; that of an input that is muted now is counted as
// [runnel.Unheard], that of one that was removed as [runnel.Undelivered].
//
// For this they wait until Run, between two values, has carried them out. Run is always ready
// to, also while it waits for inputs or for the output, but not while it runs a function of
// the user's, given to OnDrop or OnClose of the inputs or the output: such a function must
// not call them.
type Mix[T any] struct {
	out    runnel.Sender[T]
	orders *runnel.Chan[*order[T]] // a rendezvous
	gone   *runnel.Chan[struct{}]  // the output was closed by somebody else

	mu    runnel.Mutex
	phase phase
	desk  *desk[T] // guarded by mu before Run, then Run's

	idle waits[T]
	busy waits[T]
	send *runnel.SendCase[T]
}

type phase uint8

const (
	before phase = iota // Run
	during
	after
)

// order is a change of the desk, to be carried out by Run.
type order[T any] struct {
	change func(*desk[T]) error
	err    error
	done   *runnel.Chan[struct{}] // closed when err is there
}

// waits is a set of cases that Run waits for. There are two, with cases of their own, since a
// set that stays the same costs Select nothing to learn.
type waits[T any] struct {
	orders *runnel.RecvCase[*order[T]]
	gone   *runnel.RecvCase[struct{}]
	cases  []runnel.Case
}

// NewMix makes a Mix with the output out. It starts nothing before Run.
func NewMix[T any](out runnel.Sender[T]) *Mix[T] {
	mustHave(out != nil, "NewMix", "Sender")
	x := &Mix[T]{
		out:    out,
		orders: runnel.New[*order[T]](),
		gone:   runnel.New[struct{}](runnel.Dropping(1)),
	}
	var none T
	x.send = runnel.SendTo(out, none)
	x.idle, x.busy = x.newWaits(), x.newWaits()
	x.desk = &desk[T]{soloMode: Mute, changed: x.prepare}
	x.prepare(x.desk)
	return x
}

func (x *Mix[T]) newWaits() waits[T] {
	return waits[T]{orders: runnel.RecvFrom(x.orders), gone: runnel.RecvFrom(x.gone)}
}

// prepare makes the sets of cases after a change of the desk. While a value waits for the
// output nothing is received to be sent, but what is muted still flows.
func (x *Mix[T]) prepare(d *desk[T]) {
	x.idle.cases = []runnel.Case{x.idle.orders, x.idle.gone}
	x.busy.cases = []runnel.Case{x.busy.orders, x.busy.gone, x.send}
	for _, s := range d.strips {
		if s.now != Pause {
			x.idle.cases = append(x.idle.cases, s.idle)
		}
		if s.now == Mute {
			x.busy.cases = append(x.busy.cases, s.busy)
		}
	}
	x.forget()
}

// Add adds inputs, which play and belong to the Mix from now on. It adds all of them, or none
// and returns an error: [ErrAdded] if one is there already, [runnel.ErrClosed] after Close,
// [ErrEnded] after the end. A nil input is an error, too.
func (x *Mix[T]) Add(ins ...runnel.Receiver[T]) error {
	return x.change(func(d *desk[T]) error { return d.add(ins) })
}

// Set changes the settings of inputs, all at one moment. Each replaces both the mode and the
// solo of its input. If one cannot be done, nothing is: the error is [ErrUnknown] and names the
// input that is not part of the Mix, or [ErrEnded] after the end.
//
// What the others do while somebody plays solo is not a setting of an input: SoloMode changes
// that, and is a moment of its own. Call it before the Set for which it matters.
func (x *Mix[T]) Set(settings ...Setting[T]) error {
	return x.change(func(d *desk[T]) error { return d.set(settings) })
}

// SoloMode says what happens to the inputs that do not play solo while others do: Mute, which
// is so in the beginning, or Pause. One that is paused by its own setting is paused in either
// case. Other modes are an error, and after the end it returns [ErrEnded].
//
// It takes effect at once, also while somebody plays solo. It is not part of a Set: values may
// flow between the two.
func (x *Mix[T]) SoloMode(m Mode) error {
	return x.change(func(d *desk[T]) error { return d.setSoloMode(m) })
}

// Settings returns the inputs with their settings, all as they are at one moment, in the order
// in which they were added; none after the end. What it says of an input can be changed and
// given to Set.
func (x *Mix[T]) Settings() (all []Setting[T]) {
	x.change(func(d *desk[T]) error {
		for _, s := range d.strips {
			all = append(all, Setting[T]{In: s.in, Mode: s.mode, Solo: s.solo})
		}
		return nil
	})
	return all
}

// Remove takes an input out of the Mix; it is the caller's again, neither closed nor
// cancelled. The error is [ErrUnknown], and names the input, if it is not part of the Mix, and
// [ErrEnded] after the end.
func (x *Mix[T]) Remove(in runnel.Receiver[T]) error {
	return x.change(func(d *desk[T]) error { return d.remove(in) })
}

// Close says that no more inputs will be added: when all have ended, the output is closed and
// Run returns. It may be called any number of times.
func (x *Mix[T]) Close() { x.change((*desk[T]).close) }

// change carries out a change: at once if Run has not been called, else it has Run do it.
func (x *Mix[T]) change(do func(*desk[T]) error) error {
	if running, err := x.changeBefore(do); !running {
		return err
	}
	o := &order[T]{change: do, done: runnel.New[struct{}]()}
	if x.orders.Send(context.Background(), o) != nil {
		return ErrEnded
	}
	o.done.Recv(context.Background())
	return o.err
}

// changeBefore carries out a change unless Run does the work by now.
func (x *Mix[T]) changeBefore(do func(*desk[T]) error) (running bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch x.phase {
	case before:
		return false, do(x.desk)
	case during:
		return true, nil
	}
	return false, ErrEnded
}
