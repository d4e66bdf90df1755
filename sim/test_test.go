package sim_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// Tests that are to fail run in a process of their own.

const child = "RUNNEL_SIM_TEST_CHILD"

// ofAll at the end of the name of a test says that it is to try all schedules.
const ofAll = " (of all schedules)"

func meetsNatively(t *sim.T) {
	c := make(chan int)
	t.Go("sends", func() { c <- 1 })
	<-c
}

// TestMain is where such a process begins: it runs the one test that the variable names.
func TestMain(m *testing.M) {
	which := os.Getenv(child)
	if which == "" {
		os.Exit(m.Run())
	}
	sim.SetPatience(200 * time.Millisecond)
	every := func(string, string) (bool, error) { return true, nil }
	which, all := strings.CutSuffix(which, ofAll)
	tries := 0
	if all {
		tries = 100
	}
	failing := func(t *testing.T) {
		if which == "native lock" { // leaves tasks behind that are blocked for ever
			for range 5 {
				t.Run("earlier", func(t *testing.T) { sim.Test(t, meetsNatively, asForUsers...) })
			}
		}
		body := failing(t)[which]
		if body == nil {
			body = racy[which]
		}
		t.Run("sub", func(t *testing.T) {
			sim.Test(t, body, append(asForUsers, sim.Seed(1), sim.Exhaustive(tries))...)
		})
	}
	testing.Main(every, []testing.InternalTest{{Name: "TestChild", F: failing}}, nil, nil)
}

func failing(outer *testing.T) map[string]func(*sim.T) {
	return map[string]func(*sim.T){
		"deadlock": func(*sim.T) { _, _ = runnel.New[int]().Recv(bg) },
		"late": func(t *sim.T) {
			t.Go("other", func() { t.Point() })
			t.Go("late", func() {})
			if t.Choose(3) == 2 {
				t.Fatal("two")
			}
		},
		"outer Fatal": func(t *sim.T) {
			t.Go("checker", func() { outer.Fatal("the outer one") })
			t.Point()
		},
		"foreign": func(*sim.T) {
			c := runnel.New[int]()
			done := make(chan error)
			go func() { done <- c.TrySend(1) }()
			<-done
		},
		"native lock": func(t *sim.T) {
			var mu sync.Mutex
			for range 2 {
				t.Go("owner", func() {
					mu.Lock()
					defer mu.Unlock()
					t.Point()
				})
			}
		},
		"loop": func(t *sim.T) {
			var stop atomic.Bool
			t.Go("stops", func() { stop.Store(true) })
			for !stop.Load() {
			}
		},
		"native goroutine": func(*sim.T) { go func() { select {} }() },
		"passes":           func(t *sim.T) { t.Point() },
	}
}

// runChild runs a failing test with these variables and returns what it prints.
func runChild(t *testing.T, which string, env ...string) (out string, passed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.v")
	cmd.Env = append(os.Environ(), append(env, child+"="+which)...)
	b, err := cmd.CombinedOutput()
	return string(b), err == nil
}

func TestOfTest(t *testing.T) {
	for which, wants := range map[string][]string{
		"deadlock":         {"deadlock: 1 task waited for ever", "-run '^TestChild$/^sub$' github.com/runnel-go/runnel/sim\n"},
		"late":             {"assertion: two", "(or, as it was found, s1.", "see it again:  RUNNEL_SIM_REPLAY=d1."},
		"outer Fatal":      {"the outer one"},
		"native goroutine": {"a goroutine that the body started by the go statement never ended"},
		"foreign":          {"the goroutine is not a task of the simulation; start it by runnel.Go"},
	} {
		t.Run(which, func(t *testing.T) {
			out, passed := runChild(t, which)
			for _, want := range wants {
				if passed || !strings.Contains(out, want) {
					t.Errorf("passed: %v; want %q in\n%s", passed, want, out)
				}
			}
		})
	}
}

// What stands still for ever is told, and ended by the limit of go test.
func TestStandstill(t *testing.T) {
	for which, want := range map[string]string{
		"native lock": "one is in sync.Mutex.Lock at test_test.go:",
		"loop":        "one is in a loop at test_test.go:",
	} {
		t.Run(which, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.timeout=2s")
			cmd.Env = append(os.Environ(), child+"="+which)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), want) {
				t.Errorf("want %s in\n%s", want, out)
			}
		})
	}
}

// The tokens that a failing test prints run the same schedule again.
func TestCommandsReplay(t *testing.T) {
	out, _ := runChild(t, "late")
	tokens := regexp.MustCompile(`(?:RUNNEL_SIM_REPLAY=|as it was found, )([ds]1[\w.-]+)`).FindAllStringSubmatch(out, -1)
	if len(tokens) != 2 {
		t.Fatalf("%q in %s", tokens, out)
	}
	for _, m := range tokens {
		token := "RUNNEL_SIM_REPLAY=" + m[1]
		again, passed := runChild(t, "late", token)
		if passed || !strings.Contains(again, "assertion: two") {
			t.Errorf("%s: %s", token, again)
		}
		if again, passed = runChild(t, "passes", token); !passed || !strings.Contains(again, "passes:") {
			t.Errorf("%s, of another test: %s", token, again)
		}
	}
}

func TestEnvironmentOfTest(t *testing.T) {
	for env, want := range map[string]string{
		"RUNNEL_SIM_SCHEDULES=x": `RUNNEL_SIM_SCHEDULES="x": want a number`,
		"RUNNEL_SIM_REPLAY=x":    `sim: token "x" begins neither`,
	} {
		if out, passed := runChild(t, "passes", env); passed || !strings.Contains(out, want) {
			t.Errorf("%s: want %s in\n%s", env, want, out)
		}
	}
	if out, passed := runChild(t, "passes", "RUNNEL_SIM_SEED=7"); !passed || !strings.Contains(out, ", seed 7\n") {
		t.Errorf("%s", out)
	}
}
