package sim_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// No bytes are the default schedule, by which failures are told.
func TestEmptyTapeIsTheDefaultSchedule(t *testing.T) {
	for _, k := range goker.Kernels {
		for _, body := range []func(*sim.T){k.Buggy, k.Fixed} {
			mustBeDefault(t, k.ID, body)
		}
	}
	for seed := range uint64(scale(300, 2000)) {
		p := newProgram(seed, 4, 6, kindsOfChannel)
		mustBeDefault(t, p, func(t *sim.T) { p.run(simulated{t}, func(step) {}) })
	}
}

func mustBeDefault(t *testing.T, what any, body func(*sim.T)) {
	t.Helper()
	want := sim.PlayDefault(body, sim.MaxSteps(2000))
	for _, tape := range [][]byte{nil, {}} {
		if got, _ := sim.PlayTape(tape, body, sim.MaxSteps(2000)); got.Print != want.Print || got.Steps != want.Steps {
			t.Errorf("%v: %+v, want %+v", what, got, want)
		}
	}
}

// randomTape draws as many bytes as a fuzzer may begin with.
func randomTape(r *rand.Rand, most int) []byte {
	tape := make([]byte, r.IntN(most+1))
	for i := range tape {
		tape[i] = byte(r.IntN(256))
	}
	return tape
}

// Whatever the bytes, the schedule is one that the world allows, the same in all runs, and no
// alarm where there is no bug.
func TestEveryTapeIsASchedule(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, k := range goker.Kernels {
		for range scale(100, 1000) {
			tape := randomTape(r, 40)
			first, again := sim.PlayTape(tape, k.Fixed, sim.MaxSteps(2000))
			if first.Failure != nil || again.Diverged || again.Print != first.Print {
				t.Fatalf("%s: %v: %+v, then %+v", k.ID, tape, first, again)
			}
		}
	}
}

func TestTapesAreRepeatable(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, k := range goker.Kernels {
		tape := randomTape(r, 40)
		first, _ := sim.PlayTape(tape, k.Buggy, sim.MaxSteps(2000))
		for range scale(10, 50) {
			again, _ := sim.PlayTape(slices.Clone(tape), k.Buggy, sim.MaxSteps(2000))
			if again.Print != first.Print || again.Steps != first.Steps || again.Read != first.Read {
				t.Fatalf("%s: %v: %+v, then %+v", k.ID, tape, first, again)
			}
		}
	}
}

// Bytes drawn at random find every bug, without a fuzzer to guide them.
func TestRandomTapesFindEveryBug(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	var needed []int
	for range scale(1, 11) {
		for _, k := range goker.Kernels {
			n := 1
			for ; n <= 3000; n++ {
				if got, _ := sim.PlayTape(randomTape(r, 16), k.Buggy, sim.MaxSteps(2000)); got.Failure != nil {
					break
				}
			}
			if needed = append(needed, n); n > 3000 {
				t.Errorf("%s: not found", k.ID)
			}
		}
	}
	slices.Sort(needed)
	t.Logf("tapes until the bug is found: median %d, most %v", needed[len(needed)/2], needed[len(needed)-5:])
}

// Bytes that have not been read make no difference, so a fuzzer can cut them off.
func TestWhatIsNotReadDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, k := range goker.Kernels {
		tape := randomTape(r, 200)
		long, _ := sim.PlayTape(tape, k.Buggy, sim.MaxSteps(2000))
		short, _ := sim.PlayTape(tape[:long.Read], k.Buggy, sim.MaxSteps(2000))
		if long.Print != short.Print {
			t.Errorf("%s: %+v, but without the rest %+v", k.ID, long, short)
		}
	}
}

// A byte lets somebody else go on after its pause, and that task goes on until it waits.
func TestByteOfATape(t *testing.T) {
	for _, c := range []struct {
		tape []byte
		want string
	}{
		{nil, "aaabbbccc"},
		{[]byte{0}, "aaabbbccc"},        // the body is held back when it has made a, and waits at once
		{[]byte{4}, "abbbcccaa"},        // decisions 1 to 5 are the default
		{[]byte{4 | 1<<3}, "acccbbbaa"}, // the one after the next
		{[]byte{4, 0}, "acccaabbb"},     // a is held back, then b at once, and goes on after a
		{[]byte{4, 0, 0}, "aaabbbccc"},  // and c, too
	} {
		if got := orderOf(c.tape); got != c.want {
			t.Errorf("%v: %s, want %s", c.tape, got, c.want)
		}
	}
}

// orderOf tells in which order three tasks take three steps each.
func orderOf(tape []byte) (order string) {
	body := func(t *sim.T) {
		order = ""
		var all runnel.WaitGroup
		all.Add(3)
		for _, name := range []string{"a", "b", "c"} {
			t.Go(name, func() {
				for range 3 {
					t.Point()
					order += name
				}
				all.Done()
			})
		}
		all.Wait()
	}
	_, _ = sim.PlayTape(tape, body)
	return order
}

// The next byte is the choice, of as many bytes as it takes.
func TestChoicesOfATape(t *testing.T) {
	for _, c := range []struct {
		tape []byte
		n    int
		want int
	}{
		{nil, 5, 0}, {[]byte{3}, 5, 3}, {[]byte{7}, 5, 2}, {[]byte{255}, 256, 255}, {[]byte{1, 2}, 257, 258 % 257},
		{[]byte{1, 2}, 1 << 16, 258}, {[]byte{1, 2, 3}, 1 << 20, 1<<16 | 2<<8 | 3}, {[]byte{1}, 1 << 16, 1 << 8},
		{[]byte{9}, 1, 0},
	} {
		got := -1
		played, _ := sim.PlayTape(c.tape, func(t *sim.T) { got = t.Choose(c.n) })
		if got != c.want || played.Read > len(c.tape) {
			t.Errorf("%v: one of %d: %d, want %d (%+v)", c.tape, c.n, got, c.want, played)
		}
	}
}
