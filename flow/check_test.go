package flow_test

import (
	"context"
	"errors"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A graph with one mistake of each kind, and what Check says of all of them at once.
func TestCheck(t *testing.T) {
	var none func(context.Context, int) error
	g := flow.New("wrong").
		Add("numbers", numbers(1)).
		Add("double", flow.Step(double), flow.Parallel(0), flow.Timeout(-1)).
		Add("double", flow.Step(double)).
		Add("a.b", flow.Step(pass)).
		Add("words", flow.Sink(func(context.Context, string) error { return nil })).
		Add("nil", flow.Sink(none)).
		Add("nothing", flow.Proc{}).
		Add("halve", halving(), flow.Parallel(2)).
		Add("twins", flow.Stateful[int]{Outs: []flow.Port{out, out}}.Proc()).
		Connect("numbers", "double").
		Connect("numbers.out", "double.in").
		Connect("doubl", "words").
		Connect("double.ot", "words").
		Connect("double.in", "words").
		Connect("double.out", "words.in", runnel.Buffer(1), runnel.Sliding(2)).
		Connect("double.x", "halve").
		Connect("halve.back", "halve.again")
	want := `flow: graph "wrong": 24 mistakes:
	double: Parallel(0): want at least 1
	double: Timeout(-1ns): want a positive duration
	double: a second process of this name
	process 4: "a.b" is no name: want one that is not empty and has no dot
	nil: the function is nil
	nothing: a Proc of no kind: make one with Step, Source, Sink or Stateful
	halve: Parallel does not go with a state: messages would change it at once
	twins: it has no handler; a process without inputs is a Source
	twins.out: a second output of this name
	numbers.out -> double.in: a second edge between these ports
	doubl -> words: there is no process "doubl"; did you mean "double"?
	double.ot -> words: double has no output "ot"; did you mean "out"?
	double.in -> words: double.in is an input, not an output
	double.out -> words.in: the output gives int, the input takes string
	double.out -> words.in: runnel: New: Sliding(2) after Buffer(1): a channel has one buffer
	double.x -> halve: halve has 2 inputs (fresh, again): say which
	double.x -> halve: double has no output "x"; it has the output out
	a.b.in: the input is not connected
	a.b.out: the output is not connected
	nil.in: the input is not connected
	halve.fresh: the input is not connected
	halve.out: the output is not connected
	twins.out: the output is not connected
	twins.out: the output is not connected`
	err := g.Check()
	if err == nil {
		t.Fatal("nothing found")
	}
	if err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	if _, started := g.Start(bg); started == nil {
		t.Error("the graph was started")
	}
	var found *flow.Mistakes
	if !errors.As(err, &found) || found.Found[0].Kind != flow.BadProcess {
		t.Errorf("%v is no *Mistakes", err)
	}
}

func TestCheckFindsNothing(t *testing.T) {
	g := flow.New("fine").
		Add("numbers", numbers(1)).
		Add("ends", flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(fresh, func(*flow.Turn, *int, int) error { return nil }),
				flow.On(again, func(*flow.Turn, *int, int) error { return nil }).Optional(),
			},
			Outs: []flow.Port{flow.Optional(out)},
		}.Proc()).
		Connect("numbers", "ends.fresh")
	if err := g.Check(); err != nil {
		t.Error(err)
	}
	if err := g.Run(bg); err != nil {
		t.Error(err)
	}
}

// An option that is nil is a mistake like others, and the others count.
func TestCheckNilOption(t *testing.T) {
	err := flow.New("").
		Add("numbers", numbers(1), nil, flow.Parallel(0)).
		Add("store", flow.Sink(ignore), flow.Skip(), nil).
		Connect("numbers", "store", nil).
		Check()
	const want = `flow: a graph without a name: 4 mistakes:
	numbers: option 1 is nil
	numbers: Parallel(0): want at least 1
	store: option 2 is nil
	numbers -> store: runnel: New: nil Option`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	const one = `flow: graph "one": 1 mistake:
	numbers: option 1 is nil`
	err = flow.New("one").Add("numbers", numbers(1), nil).Add("store", flow.Sink(ignore)).Connect("numbers", "store").Check()
	if err == nil || err.Error() != one {
		t.Errorf("got %v\nwant %s", err, one)
	}
}
