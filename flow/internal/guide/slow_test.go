package guide_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A store that takes its time, ten seconds later: in a bubble, where time is exact.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := func(context.Context, reading) error { time.Sleep(time.Minute); return nil }
		f, err := flow.New("readings").
			Add("lines", lines("kitchen 21.5", "cellar 12", "kitchen 22", "cellar 13")).
			Add("parse", flow.Step(parse)).
			Add("store", flow.Sink(store)).
			Connect("lines", "parse").
			Connect("parse", "store", runnel.Buffer(1)).
			Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		const want = `store has been in its step for 10s, so:
	parse waits for room on parse.out -> store.in (1 of 1), 10s
	lines waits for room on lines.out -> parse.in (no buffer), 10s`
		if got := f.Status().Explain().String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if err := f.Wait(); err != nil {
			t.Error(err)
		}
	})
}
