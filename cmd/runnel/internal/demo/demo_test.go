package demo

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// The embedded feed is the one of the examples.
func TestFeedIsThatOfTheExamples(t *testing.T) {
	shipped, err := os.ReadFile("../../../../examples/data/earthquakes.csv")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(shipped, feed) {
		t.Error("earthquakes.csv differs from examples/data: run go generate here")
	}
}

func TestLoad(t *testing.T) {
	quakes, err := load()
	if err != nil || len(quakes) != 1707 {
		t.Fatalf("%d quakes, %v", len(quakes), err)
	}
	if got, want := quakes[0].String(), "M 0.3  37km NNE of Amboy, Washington"; got != want {
		t.Errorf("the first is %q, want %q", got, want)
	}
}

// With the clock of a bubble the demo takes the time it says, and its account balances.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		start := time.Now()
		l, err := Run(t.Context(), Config{Speed: 1, Seed: 1, Console: screen.NewConsole(&out)})
		if err != nil || l.Read != 1707 || l.NotStarted+l.Interrupted != 0 {
			t.Error(l, err)
		}
		if took := time.Since(start); took < playtime || took > playtime+time.Second {
			t.Errorf("it took %v", took)
		}
		if l.Failed == 0 || l.Dropped.Oldest == 0 || l.Done < 1000 {
			t.Errorf("not much to see: %v", l)
		}
		for _, want := range []string{"Biggest found\n", "22km NNE of Hualian, Taiwan", "\ndead  ", "  it balances"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in:\n%s", want, out.String())
			}
		}
	})
}

// Stopped at any moment it ends soon, and balances.
func TestRunStopped(t *testing.T) {
	for range 30 {
		after := 50*time.Millisecond + rand.N(playtime-100*time.Millisecond)
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), after)
			defer stop()
			start := time.Now()
			l, err := Run(ctx, Config{Speed: 1, Seed: 2, Console: screen.NewConsole(&bytes.Buffer{})})
			if err != nil || l.Read == 0 || l.Read >= 1707 || time.Since(start) != after {
				t.Errorf("stopped after %v, ended after %v: %v, %v", after, time.Since(start), l, err)
			}
		})
	}
}

// What fails depends on the seed and on nothing else.
func TestFaults(t *testing.T) {
	quakes, err := load()
	if err != nil {
		t.Fatal(err)
	}
	var failures, hopeless, differ int
	for _, q := range quakes {
		err := faults{1}.of(q, 1)
		if err != (faults{1}).of(q, 1) {
			t.Fatalf("%s: not the same twice", q.id)
		}
		if err != nil {
			failures++
		}
		if err == errUnknown {
			hopeless++
		}
		if err != (faults{2}).of(q, 1) {
			differ++
		}
	}
	if failures < 180 || failures > 320 || hopeless < 15 || hopeless > 45 || differ < 200 {
		t.Errorf("%d first attempts fail, %d without hope; %d differ with another seed", failures, hopeless, differ)
	}
}
