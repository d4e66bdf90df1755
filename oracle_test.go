package runnel_test

import (
	"os"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel/internal/oracle"
)

// bubble is the place where tests run what package sim runs as well.
type bubble struct{}

func (bubble) Go(f func()) { go f() }
func (bubble) Wait()       { synctest.Wait() }

// TestOracle replays 3,000 programs that the real core.async has run. Package sim replays them in
// simulations.
func TestOracle(t *testing.T) {
	agreed := 0
	for _, p := range readOracle(t) {
		var got []oracle.Result
		synctest.Test(t, func(t *testing.T) { got = p.Run(bubble{}) })
		if diff := p.Compare(got); diff != "" {
			t.Error(diff)
			continue
		}
		agreed++
	}
	t.Logf("%d programs agree with core.async", agreed)
}

func readOracle(t *testing.T) []oracle.Program {
	f, err := os.Open("testdata/oracle.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	programs, err := oracle.Read(f)
	if err != nil || len(programs) != 3000 {
		t.Fatalf("the oracle has %d programs (%v), want 3000", len(programs), err)
	}
	return programs
}
