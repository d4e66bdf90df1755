package sim

import (
	"flag"
	"os"
	"slices"
	"testing"
)

// Fuzz explores body by Go's native fuzzing. The input is the schedule: its bytes decide who goes
// on, which ready case a Select takes, what [T.Choose] draws, and when the clock moves. So
//
//	go test -fuzz '^FuzzX$'
//
// looks for schedules that reach code which no other has reached, for as long as it is let,
// keeps them in its corpus, and writes one that fails to testdata/fuzz, where every go test runs
// it again. The failure is shortened and told as by [Test], whose environment variables hold
// here, too.
//
// Without -fuzz, Fuzz runs the inputs that there are, and with the empty one, which it adds, it
// explores body as Test does, with the same options. While fuzzing, [MaxSteps], [Minimize],
// [Punctual] and [NoLeftovers] hold, and the budget is that of go test.
//
// Each input runs in a testing/synctest bubble of its own. An input stands for the same schedule
// as long as the body comes to the same decisions. It panics if body is nil. Fuzz calls f.Fuzz,
// so f can be used for nothing else afterwards; inputs of one's own, of type []byte, are to be
// added before.
func Fuzz(f *testing.F, body func(*T), opts ...Option) {
	f.Helper()
	mustRun(body)
	configOf(opts)
	more, err := fromEnvironment()
	if err != nil {
		f.Fatal(err)
	}
	z := &fuzzing{
		body: body, opts: slices.Concat([]Option{Seed(1)}, opts, more),
		explore: slices.Concat([]Option{aBit}, opts, more),
		token:   os.Getenv(envReplay), worker: isWorker(), name: f.Name(), pkg: packageOfCaller(),
		told: map[string]string{},
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(z.input)
}

// seeds are what a fuzzer starts from: the default schedule, one switch at once, switches after
// a few decisions, and a switch at every one.
var seeds = [][]byte{{}, {0}, {2, 3, 1, 12}, {0, 8, 16, 0, 8, 16, 0, 8}}

// fuzzing is one call of Fuzz.
type fuzzing struct {
	body          func(*T)
	opts, explore []Option          // for an input, and for exploring without one
	token         string            // to be replayed instead
	worker        bool              // this is a process in which a fuzzer tries inputs
	name, pkg     string            // for the command that replays a failure
	calls         int               // of first
	told          map[string]string // reports by the class of their failure
}

func isWorker() bool {
	f := flag.Lookup("test.fuzzworker")
	return f != nil && f.Value.String() == "true"
}

// input runs one input. It is no Helper: its caller is package reflect.
func (z *fuzzing) input(t *testing.T, input []byte) {
	switch {
	case z.token != "":
		z.replay(t)
	case z.worker:
		z.try(t, input)
	default:
		z.must(t, z.opts, func(e *explorer) Report { return e.play(input) })
		if len(input) == 0 && z.first() {
			t.Log(z.must(t, z.explore, (*explorer).explore).Coverage())
		}
	}
}

// first is true when it is called for the first time.
func (z *fuzzing) first() bool {
	z.calls++
	return z.calls == 1
}

// replay runs the schedule of the token, with the first input of all.
func (z *fuzzing) replay(t *testing.T) {
	if z.worker {
		t.Fatalf("sim: %s is set, which runs one schedule: that goes without -fuzz", envReplay)
	}
	if z.first() {
		Replay(t, z.token, z.body, z.opts...)
	}
}

// must fails t if f finds a failure.
func (z *fuzzing) must(t *testing.T, opts []Option, f func(*explorer) Report) Report {
	r := check(t, z.body, opts, f)
	if r.Failure != nil {
		t.Fatal(z.tell(r))
	}
	return r
}

func (z *fuzzing) tell(r Report) string { return r.String() + "\n" + commands(r, z.name, z.pkg) }

// try runs an input for a fuzzer. A fuzzer that has found a failure shortens the input, too, by
// many that fail in the same way. Of those only the first one is investigated, and its report
// stands for all.
func (z *fuzzing) try(t *testing.T, input []byte) {
	var known string
	r := check(t, z.body, z.opts, func(e *explorer) Report {
		return e.playUnless(input, func(f *Failure) bool {
			known = z.told[f.class()]
			return known != ""
		})
	})
	if r.Failure == nil {
		return
	}
	if known == "" {
		known = z.tell(r)
		z.told[r.Failure.class()] = known
	}
	t.Fatal(known)
}

// play runs the schedule that input stands for.
func (e *explorer) play(input []byte) Report {
	return e.playUnless(input, func(*Failure) bool { return false })
}

// playUnless is play, but a failure that is known is not investigated.
func (e *explorer) playUnless(input []byte, known func(*Failure) bool) Report {
	s := newTape(input)
	w := e.once(run{strategy: s, loose: !e.punctual})
	r := Report{Seed: e.seed, Longest: e.longest, Steps: e.spent}
	switch {
	case w.failure == nil:
		r.Schedules, r.Distinct = 1, 1
	case known(w.failure):
		r.Failure = w.failure
	default:
		r.Strategy, r.SeedToken = s.name(), s.token()
		e.investigate(&r, 0, w)
		r.Steps = e.spent
	}
	return r
}
