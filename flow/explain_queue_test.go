package flow_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A message that waits for its turn in a process holds up nobody by itself: what the one before it
// waits for does.
func TestExplainQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := func(int) int { return 0 }
		_, s := after(t, flow.New("keys").
			Add("numbers", numbers(9)).
			Add("work", flow.Step(double), flow.Parallel(2), flow.Keyed(one)).
			Add("store", flow.Sink(func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, time.Minute) })).
			Connect("numbers", "work").
			Connect("work", "store"), 10*time.Second)
		mustExplain(t, s.Explain(), `store has been in its step for 10s, so:
	work waits for room on work.out -> store.in (no buffer), 10s
	numbers waits for room on numbers.out -> work.in (no buffer), 10s`)
	})
}

// A cycle is one also if some of the workers in it wait for their turn only.
func TestExplainACycleWithAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		two := func(_ context.Context, v int, emit func(int) error) error {
			if err := emit(v); err != nil {
				return err
			}
			return emit(v)
		}
		f, s := after(t, flow.New("ring").
			Add("numbers", numbers(9)).
			Add("two", flow.FlatStep(two), flow.Parallel(2), flow.Ordered()).
			Add("back", flow.Step(double)).
			Connect("numbers", "two").
			Connect("two", "back").
			Connect("back", "two"), 10*time.Second)
		mustExplain(t, s.Explain(), `two and back wait for each other and can never go on:
	two waits for room on two.out -> back.in (no buffer), 10s
	back waits for room on back.out -> two.in (no buffer), 10s
One of these edges must hold all that can be in the cycle.
Behind them:
	numbers waits for room on numbers.out -> two.in (no buffer), 10s`)
		stopNow(f)
	})
}

// Several senders of one edge wait for 2 s of 8 s, which is not 75 % of the time.
func TestExplainCountsSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := after(t, flow.New("pool").
			Add("double", flow.Step(double), flow.Parallel(3)).
			Add("store", flow.Sink(ignore)).
			Open("double", runnel.Buffer(8)).
			Connect("double", "store"), time.Second)
		if err := f.Pause("store"); err != nil {
			t.Fatal(err)
		}
		if err := f.Inject(t.Context(), "double", 1, 2, 3); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := f.Resume("store"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		e := f.Status().ExplainSince(s)
		e.Outside = nil // all wait for the next value
		mustExplain(t, e, `pool moves: nothing has waited or worked for 1s.
Senders that waited for room on double.out -> store.in: 0.75 on the average.`)
		stopNow(f)
	})
}

// A name that has nothing of another is not what was meant.
func TestMeantHasSomethingOfIt(t *testing.T) {
	err := flow.New("short").Connect("", "B").Add("a", numbers(1)).Check()
	const want = `flow: graph "short": 3 mistakes:
	. -> B: there is no process "B"
	. -> B: there is no process ""
	a.out: the output is not connected`
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
