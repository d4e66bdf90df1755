package oracle

import (
	"context"
	"errors"
	"slices"

	"github.com/runnel-go/runnel"
)

// Place is where a program runs: a testing/synctest bubble, or a simulation.
type Place interface {
	Go(f func()) // starts a goroutine
	Wait()       // until all others have ended or are blocked
}

// Run runs the program and ends what is left pending. The outcomes are those before that.
func (p Program) Run(in Place) []Result {
	ctx, cancel := context.WithCancel(context.Background())
	defer in.Wait()
	defer cancel()
	chans := make([]ends, len(p.Chans))
	for i, c := range p.Chans {
		chans[i] = c.make()
	}
	out := make([]Result, len(p.Ops))
	for i, o := range p.Ops {
		out[i].Pending = true
		in.Go(func() {
			if r, done := o.run(ctx, chans); done {
				out[i] = r
			}
		})
		in.Wait()
	}
	return slices.Clone(out)
}

// run performs the operation; done is false if the end of the program cut it short.
func (o op) run(ctx context.Context, chans []ends) (r Result, done bool) {
	if o.Op == "alts" {
		return o.alts(ctx, chans)
	}
	return operations[o.Op](ctx, chans[o.Ch], o.V)
}

var operations = map[string]func(ctx context.Context, c ends, v int) (r Result, done bool){
	"put": put, "take": take, "offer": offer, "poll": poll, "close": end,
}

func put(ctx context.Context, c ends, v int) (Result, bool) {
	err := c.in.Send(ctx, v)
	return sent(err), !errors.Is(err, context.Canceled)
}

func take(ctx context.Context, c ends, _ int) (Result, bool) {
	v, err := c.out.Recv(ctx)
	return received(v, err), !errors.Is(err, context.Canceled)
}

func offer(_ context.Context, c ends, v int) (Result, bool) {
	err := c.in.TrySend(v)
	if errors.Is(err, runnel.ErrFull) {
		return Result{Would: "block"}, true
	}
	return sent(err), true
}

func poll(_ context.Context, c ends, _ int) (Result, bool) {
	v, err := c.out.TryRecv()
	if err != nil { // core.async can't tell empty from closed here
		return Result{None: true}, true
	}
	return received(v, nil), true
}

func end(_ context.Context, c ends, _ int) (Result, bool) {
	c.in.Close()
	return Result{}, true
}

func (o op) alts(ctx context.Context, chans []ends) (r Result, done bool) {
	cases := o.cases(chans)
	if o.Default {
		return tryInOrder(cases), true
	}
	chosen, err := runnel.SelectPriority(ctx, cases...)
	if err != nil {
		return Result{}, false
	}
	return outcome(slices.Index(cases, chosen), chosen), true
}

func (o op) cases(chans []ends) []runnel.Case {
	cases := make([]runnel.Case, len(o.Cases))
	for i, c := range o.Cases {
		if c.Take != nil {
			cases[i] = runnel.RecvFrom(chans[*c.Take].out)
		} else {
			cases[i] = runnel.SendTo(chans[*c.Put].in, c.V)
		}
	}
	return cases
}

// tryInOrder is a SelectPriority that never waits. The cases may be tried one after the other
// because nobody else does anything meanwhile.
func tryInOrder(cases []runnel.Case) Result {
	for i, c := range cases {
		if _, err := runnel.TrySelect(c); err == nil {
			return outcome(i, c)
		}
	}
	return Result{Default: true}
}

func outcome(i int, chosen runnel.Case) Result {
	var r Result
	switch c := chosen.(type) {
	case *runnel.RecvCase[int]:
		r = received(c.Value())
	case *runnel.SendCase[int]:
		r = sent(c.Err())
	}
	r.Case = &i
	return r
}

func sent(err error) Result {
	ok := err == nil
	return Result{OK: &ok}
}

func received(v int, err error) Result {
	if err != nil {
		return Result{Closed: true}
	}
	return Result{V: &v}
}
