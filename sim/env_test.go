package sim

import (
	"strings"
	"testing"
	"time"
)

func TestEnvironment(t *testing.T) {
	t.Setenv(envSeed, "0xc0ffee")
	t.Setenv(envSchedules, "123")
	t.Setenv(envFor, "1m30s")
	opts, err := fromEnvironment()
	c := configOf(opts)
	if err != nil || c.seed != 0xc0ffee || c.schedules != 123 || c.limit != 90*time.Second {
		t.Fatalf("%v: %+v", err, c)
	}
	t.Setenv(envFor, "0")
	if opts, _ = fromEnvironment(); configOf(opts).limit != 0 {
		t.Fatal("0 is a limit")
	}
}

func TestEnvironmentThatCannotBeMeant(t *testing.T) {
	for name, values := range map[string][]string{
		envSeed:      {"x", "-1", "1.5", "18446744073709551616"},
		envSchedules: {"0", "-3", "1e5", "many"},
		envFor:       {"-1s", "10", "soon"},
	} {
		for _, v := range values {
			t.Run(name+"="+v, func(t *testing.T) {
				t.Setenv(name, v)
				if _, err := fromEnvironment(); err == nil || !strings.Contains(err.Error(), name+"=\""+v+"\": want ") {
					t.Fatalf("%v", err)
				}
			})
		}
	}
}

func TestOptionsThatCannotBeMeant(t *testing.T) {
	for want, f := range map[string]func(){
		"sim: Schedules(0): want at least 1":               func() { Schedules(0) },
		"sim: For(-1s): the duration must not be negative": func() { For(-time.Second) },
		"sim: MaxSteps(1): want at least 2":                func() { MaxSteps(1) },
		"sim: Minimize(-1): want at least 0":               func() { Minimize(-1) },
		"sim: Exhaustive(-1): want at least 0":             func() { Exhaustive(-1) },
		"sim: PCT(0): want at least 1":                     func() { PCT(0) },
		"sim: Strategies(): at least one is needed":        func() { Strategies() },
		"sim: Strategies: strategy 2 is the zero value":    func() { Strategies(POS(), Strategy{}) },
		"sim: option 2 is nil":                             func() { Check(func(*T) {}, Seed(1), nil) },
		"sim: the body is nil, want a function":            func() { Check(nil) },
	} {
		t.Run(want, func(t *testing.T) {
			defer func() {
				if p, _ := recover().(string); !strings.HasPrefix(p, want) {
					t.Fatalf("panics with %q", p)
				}
			}()
			f()
		})
	}
}

// The time for exploring is kept, and so is the number of schedules.
func TestBudgets(t *testing.T) {
	r := Check(func(t *T) { t.Go("", t.Point); t.Point() }, For(30*time.Millisecond), Schedules(1<<40))
	if r.Failure != nil || r.Schedules < 1 || r.Elapsed < 30*time.Millisecond {
		t.Fatal(r)
	}
	if r = Check(func(*T) {}, For(0), Schedules(77)); r.Schedules != 77 {
		t.Fatal(r)
	}
	if r = CheckInBubble(t, func(*T) {}, For(20*time.Millisecond), Schedules(1<<40)); r.Elapsed < 20*time.Millisecond {
		t.Fatal(r)
	}
}
