package sim_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// FuzzChannels lets the fuzzer write a program on channels, and its schedule: whatever comes of
// it must be among what was worked out for that program.
func FuzzChannels(f *testing.F) {
	sim.Fuzz(f, func(t *sim.T) {
		p := drawProgram(chooser{t}, 3, 3, kindsOfChannel)
		allowed, ok := p.outcomes(maxSituations / 10)
		if !ok {
			return
		}
		got := p.run(simulated{t}, func(s step) {
			if s.do == endsContext { // the one operation that is not runnel's
				t.Point()
			}
		})
		t.Assert(allowed[got], "%v\nnot allowed:\n\t%s", p, got)
	})
}

// chooser draws by decisions of the schedule.
type chooser struct{ t *sim.T }

func (c chooser) IntN(n int) int { return c.t.Choose(n) }

// FuzzPlanted is for TestFuzzFinds, which plants a bug in it.
func FuzzPlanted(f *testing.F) {
	sim.Fuzz(f, planted(os.Getenv(plant)), sim.MaxSteps(2000), sim.Exhaustive(5000), sim.For(0))
}

const plant = "RUNNEL_SIM_TEST_PLANT"

func planted(bug string) func(*sim.T) {
	switch bug {
	case "nil":
		return nil
	case "kernel":
		return kernelOf("etcd_7492").Buggy
	case "order":
		return func(t *sim.T) { t.Assert(inTurns(t) != "abbaba", "not this one") }
	case "native":
		return func(t *sim.T) {
			if inTurns(t) == "ababab" {
				<-make(chan int)
			}
		}
	}
	return func(t *sim.T) { inTurns(t) }
}

func kernelOf(id string) goker.Kernel {
	return goker.Kernels[slices.IndexFunc(goker.Kernels, func(k goker.Kernel) bool { return k.ID == id })]
}

// inTurns is the order in which two tasks have taken a lock.
func inTurns(t *sim.T) (order string) {
	var lock runnel.Mutex
	var all runnel.WaitGroup
	all.Add(2)
	for _, name := range []string{"a", "b"} {
		t.Go(name, func() {
			for range 3 {
				lock.Lock()
				order += name
				lock.Unlock()
			}
			all.Done()
		})
	}
	all.Wait()
	return order
}

// fuzzPlanted runs FuzzPlanted in a process of its own, in dir, and returns what it prints.
func fuzzPlanted(t *testing.T, dir, bug string, args []string, env ...string) (out string, passed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{
		"-test.timeout=60s", "-test.parallel=1", "-test.fuzzcachedir=" + filepath.Join(dir, "cache"),
	}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, plant+"="+bug)...)
	b, err := cmd.CombinedOutput()
	return string(b), err == nil
}

var (
	fuzzed = []string{"-test.run=^$", "-test.fuzz=^FuzzPlanted$", "-test.fuzztime=20000x", "-test.fuzzminimizetime=300x"}
	plain  = []string{"-test.run=^FuzzPlanted$", "-test.v"}
)

func mustFail(t *testing.T, what, out string, passed bool, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if passed || !strings.Contains(out, want) {
			t.Errorf("%s: passed: %v; want %q in\n%s", what, passed, want, out)
		}
	}
}

// A fuzzer finds the bug, tells it, and writes the input, from which it is found again; so it is
// by both tokens.
func TestFuzzFinds(t *testing.T) {
	for bug, wants := range map[string][]string{
		"order":  {"assertion: not this one", "RUNNEL_SIM_REPLAY=d1."},
		"kernel": {"deadlock: ", "RUNNEL_SIM_REPLAY=d1."},
		"native": {"--- FAIL: FuzzPlanted"},
	} {
		t.Run(bug, func(t *testing.T) {
			dir := t.TempDir()
			out, passed := fuzzPlanted(t, dir, bug, fuzzed)
			mustFail(t, "fuzzing", out, passed, append(wants, "Failing input written to testdata/fuzz/FuzzPlanted/")...)
			inputs, _ := filepath.Glob(filepath.Join(dir, "testdata/fuzz/FuzzPlanted/*"))
			if len(inputs) != 1 || !ignored.MatchString(filepath.Base(inputs[0])) {
				t.Fatalf("inputs %v, want one with a name that .gitignore knows; %s", inputs, out)
			}
			only := "-test.run=^FuzzPlanted$/^" + filepath.Base(inputs[0]) + "$"
			again, passed := fuzzPlanted(t, dir, bug, []string{only})
			mustFail(t, only, again, passed, wants...)
			mustReplay(t, dir, bug, out, wants[0])
			if again, passed = fuzzPlanted(t, dir, "", []string{only}); !passed {
				t.Errorf("without the bug: %s", again)
			}
		})
	}
}

var ignored = regexp.MustCompile(`^[0-9a-f]{16}$`)

// mustReplay expects that the tokens in out show the failure again.
func mustReplay(t *testing.T, dir, bug, out, want string) {
	t.Helper()
	if bug != "native" && (!strings.Contains(out, "=d1.") || !strings.Contains(out, "t1.")) {
		t.Errorf("no tokens in %s", out)
	}
	for _, token := range regexp.MustCompile(`\b[dt]1\.[\w-]+`).FindAllString(out, -1) {
		env := "RUNNEL_SIM_REPLAY=" + token
		again, passed := fuzzPlanted(t, dir, bug, plain, env)
		mustFail(t, token, again, passed, want)
		again, passed = fuzzPlanted(t, dir, "", plain, env)
		if n := strings.Count(again, " passes:"); !passed || n != 1 {
			t.Errorf("%s without the bug: replayed %d times, passed: %v\n%s", token, n, passed, again)
		}
	}
}

// Without -fuzz, it explores as Test does.
func TestFuzzWithoutFuzzing(t *testing.T) {
	out, passed := fuzzPlanted(t, t.TempDir(), "order", plain)
	mustFail(t, "order", out, passed, "assertion: not this one", " by dpor", "-run '^FuzzPlanted$' github.com/runnel-go/runnel/sim\n")
	out, passed = fuzzPlanted(t, t.TempDir(), "order", plain, "RUNNEL_SIM_SEED=7", "RUNNEL_SIM_SCHEDULES=1000")
	mustFail(t, "seed", out, passed, "assertion: not this one")
	out, passed = fuzzPlanted(t, t.TempDir(), "", plain)
	if !passed || strings.Count(out, "inequivalent schedules explored") != 1 {
		t.Errorf("passed: %v, want it explored once\n%s", passed, out)
	}
}

func TestMisuseOfFuzz(t *testing.T) {
	dir := t.TempDir()
	out, passed := fuzzPlanted(t, dir, "nil", plain)
	mustFail(t, "nil", out, passed, "sim: the body is nil, want a function")
	out, passed = fuzzPlanted(t, dir, "", plain, "RUNNEL_SIM_FOR=x")
	mustFail(t, "environment", out, passed, `RUNNEL_SIM_FOR="x": want a duration`)
	out, passed = fuzzPlanted(t, dir, "", plain, "RUNNEL_SIM_REPLAY=t1.!")
	mustFail(t, "token", out, passed, `sim: token "t1.!" is damaged`)
	out, passed = fuzzPlanted(t, dir, "", fuzzed, "RUNNEL_SIM_REPLAY=t1.AA")
	mustFail(t, "replay while fuzzing", out, passed, "sim: RUNNEL_SIM_REPLAY is set, which runs one schedule: that goes without -fuzz")
}
