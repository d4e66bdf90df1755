package sim

import (
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
)

// order runs body by the default policy and these deviations and returns what it said.
func order(t *testing.T, body func(say func(string), t *T), ds ...decision) (said []string, w *world) {
	t.Helper()
	e := newExplorer(func(t *T) { body(func(s string) { said = append(said, s) }, t) }, nil)
	defer e.close()
	w = e.once(run{replay: true, forced: ds})
	if w.failure != nil {
		t.Fatal(w.failure)
	}
	return said, w
}

func three(say func(string), t *T) {
	for _, name := range []string{"a", "b", "c"} {
		t.Go(name, func() {
			say(name + "1")
			t.Point()
			say(name + "2")
		})
	}
	say("body")
}

// By default a task goes on until it ends or waits; then the next one does, in the order of
// creation.
func TestDefaultPolicy(t *testing.T) {
	got, w := order(t, three)
	if want := []string{"body", "a1", "a2", "b1", "b2", "c1", "c2"}; !slices.Equal(got, want) || len(w.history.made) != 0 {
		t.Fatalf("%q with %d deviations, want %q", got, len(w.history.made), want)
	}
}

func TestForcedDecisions(t *testing.T) {
	// At its first turn, before Point, a lets c go on; then c goes on to its end.
	got, w := order(t, three, decision{turn: turn{"0.1", 0}, to: "0.3"})
	if want := []string{"body", "a1", "c1", "c2", "a2", "b1", "b2"}; !slices.Equal(got, want) || w.history.left != 0 {
		t.Fatalf("%q, want %q", got, want)
	}
	// What cannot be done is left out, and counted.
	got, w = order(t, three, decision{turn: turn{"0.1", 0}, to: "0.9"}, decision{turn: turn{"0.7", 0}, to: "0.1"})
	if want := []string{"body", "a1", "a2", "b1", "b2", "c1", "c2"}; !slices.Equal(got, want) || w.history.left != 2 {
		t.Fatalf("%q, want %q", got, want)
	}
}

// Who polls lets the others go on when it comes to its next operation.
func TestDefaultPolicyLetsPollersWait(t *testing.T) {
	got, _ := order(t, func(say func(string), t *T) {
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("poller", func() {
			for {
				say("poll")
				if _, err := c.TryRecv(); err == nil {
					return
				}
			}
		})
		t.Go("sender", func() { say("send"); c.TrySend(1) })
	})
	if want := []string{"poll", "poll", "send"}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

// The full history of a run repeats it, whatever strategy it was.
func TestRepeat(t *testing.T) {
	for i := range 40 {
		var said []string
		e := newExplorer(func(t *T) { three(func(s string) { said = append(said, s) }, t) }, []Option{Seed(3)})
		w := e.once(e.plan(i))
		full, log, first := slices.Clone(w.history.full), slices.Clone(w.log), said
		said = nil
		w = e.once(run{repeat: full})
		if !slices.Equal(said, first) || firstDifference(log, w.log) >= 0 {
			t.Errorf("run %d: %q, and then %q", i, first, said)
		}
		ds := slices.Clone(w.history.made)
		said = nil
		if e.once(run{replay: true, forced: ds}); !slices.Equal(said, first) {
			t.Errorf("run %d: %q, and by its deviations %q", i, first, said)
		}
		e.close()
	}
}
