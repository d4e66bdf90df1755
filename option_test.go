package runnel_test

import (
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

func TestBadOptionsPanicWithTheirValue(t *testing.T) {
	inc := xf.Map(func(v int) int { return v + 1 })
	twice := runnel.Option(nil)
	for message, f := range map[string]func(){
		"runnel: Buffer(0): the capacity must be at least 1":     func() { runnel.Buffer(0) },
		"runnel: Buffer(-3): the capacity must be at least 1":    func() { runnel.Buffer(-3) },
		"runnel: Dropping(0): the capacity must be at least 1":   func() { runnel.Dropping(0) },
		"runnel: Sliding(-1): the capacity must be at least 1":   func() { runnel.Sliding(-1) },
		`runnel: Name(""): the name must not be empty`:           func() { runnel.Name("") },
		"runnel: New: nil Option":                                func() { runnel.New[int](twice) },
		"runnel: NewVia: nil Option":                             func() { runnel.NewVia(inc, nil) },
		"runnel: NewVia: the step is nil":                        func() { runnel.NewVia[int, int](nil, runnel.Buffer(1)) },
		"runnel: NewBuffered: the policy is nil":                 func() { runnel.NewBuffered[int](nil) },
		"runnel: Producers(0): the number must be at least 1":    func() { runnel.New[int]().Producers(0) },
		"runnel: Tick(0s): the period must be positive":          func() { runnel.Tick(0) },
		"runnel: RecvFunc: f is nil, so the value would be lost": func() { runnel.New[int]().RecvFunc(nil) },
		"runnel: New: Unbounded() after Buffer(2): a channel has one buffer": func() {
			runnel.New[int](runnel.Buffer(2), runnel.Unbounded())
		},
		"runnel: New: Sliding(1) after Sliding(1): a channel has one buffer": func() {
			runnel.New[int](runnel.Sliding(1), runnel.Name("readings"), runnel.Sliding(1))
		},
		"runnel: NewPromise: Dropping(4) given, but this channel brings its own policy": func() {
			runnel.NewPromise[int](runnel.Dropping(4))
		},
		"runnel: NewBuffered: Buffer(4) given, but this channel brings its own policy": func() {
			runnel.NewBuffered(&urgentFirst{}, runnel.Buffer(4))
		},
		"runnel: NewVia: a transducer needs a buffer: give Buffer, Dropping, Sliding or Unbounded": func() {
			runnel.NewVia(inc, runnel.Name("numbers"))
		},
	} {
		mustPanic(t, message, f)
	}
}

func TestNameIsInTheStats(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(1), runnel.Name("orders"))
	p := runnel.NewPromise[int](runnel.Name("answer"))
	b := runnel.NewBuffered(&urgentFirst{}, runnel.Name("urgent"))
	in, out := runnel.NewVia(xf.Dedupe[int](), runnel.Buffer(1), runnel.Name("changes"))
	for want, s := range map[string]runnel.Stats{
		"orders": c.Stats(), "answer": p.Stats(), "urgent": b.Stats(), "changes.in": in.Stats(), "changes": out.Stats(),
	} {
		if s.Name != want || s.ID == 0 {
			t.Errorf("name %q, number %d, want %q and a number", s.Name, s.ID, want)
		}
	}
}

func TestCapTellsWhatTheBufferWasMadeFor(t *testing.T) {
	_, out := runnel.NewVia(xf.Dedupe[int](), runnel.Buffer(6))
	for want, got := range map[int][]int{
		0: {runnel.New[int]().Cap(), runnel.New[int](runnel.Unbounded()).Cap()},
		1: {runnel.NewPromise[int]().Cap()},
		2: {runnel.NewBuffered(&urgentFirst{}).Cap()},
		3: {runnel.New[int](runnel.Buffer(3)).Cap()},
		4: {runnel.New[int](runnel.Dropping(4)).Cap()},
		5: {runnel.New[int](runnel.Sliding(5)).Cap()},
		6: {out.Cap(), out.Stats().Cap},
	} {
		for _, got := range got {
			if got != want {
				t.Errorf("Cap %d, want %d", got, want)
			}
		}
	}
}

func TestOptionsPrintAsTheyAreWritten(t *testing.T) {
	for want, o := range map[string]runnel.Option{
		"Buffer(64)":                       runnel.Buffer(64),
		"Dropping(8)":                      runnel.Dropping(8),
		"Sliding(1)":                       runnel.Sliding(1),
		"Unbounded()":                      runnel.Unbounded(),
		`Name("orders")`:                   runnel.Name("orders"),
		"OnDrop(func(int, runnel.Reason))": runnel.OnDrop(func(int, runnel.Reason) {}),
	} {
		if got := o.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
