package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// What a line of processes does with its time: the slow one works, those before it are blocked, those
// behind it starve; in a pause it rests.
func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := func(ctx context.Context, v int) (int, error) { return v, runnel.Sleep(ctx, 250*time.Millisecond) }
		f, before := after(t, five(work), 100*time.Second+time.Millisecond)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		middle := f.Status()
		f.Pause("ledger")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		end := f.Status()
		shares := func(r flow.Rates, name string) string {
			p := r.Process(name)
			return fmt.Sprintf("%s %.1f a second, in step %.2f, starving %.2f, blocked %.2f, resting %.2f",
				name, p.Done, p.InStep, p.Starving, p.Blocked, p.Resting)
		}
		for _, one := range []struct {
			rates flow.Rates
			name  string
			want  string
		}{
			{middle.Since(before), "check", "check 4.0 a second, in step 0.00, starving 0.00, blocked 1.00, resting 0.00"},
			{middle.Since(before), "ledger", "ledger 4.0 a second, in step 1.00, starving 0.00, blocked 0.00, resting 0.00"},
			{middle.Since(before), "ship", "ship 4.0 a second, in step 0.00, starving 1.00, blocked 0.00, resting 0.00"},
			{end.Since(middle), "ledger", "ledger 0.0 a second, in step 0.01, starving 0.00, blocked 0.00, resting 0.99"},
			{end.Since(middle), "ship", "ship 0.0 a second, in step 0.00, starving 1.00, blocked 0.00, resting 0.00"},
		} {
			if got := shares(one.rates, one.name); got != one.want {
				t.Errorf("%s\nwant\n%s", got, one.want)
			}
		}
		r := middle.Since(before)
		if e := r.Edge("check.out", "ledger.in"); e.Sent != 4 || e.Received != 4 || e.Dropped != 0 || e.Blocked < 0.99 || r.Busiest().Name != "ledger" || r.Over != 10*time.Second {
			t.Errorf("%+v, the busiest is %s", e, r.Busiest().Name)
		}
		f.Resume()
		s := stopNow(f)
		if r := s.Since(end); r.Edge("check.out", "ledger.in").Dropped != 0 || r.Process("nobody").Done != 0 {
			t.Errorf("no time has passed, but %+v", r)
		}
	})
}

// What came after the end of the workers is no time in step.
func TestRatesAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("short").
			Add("numbers", numbers(10)).
			Add("store", flow.Sink(func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, time.Second) }), flow.Skip()).
			Connect("numbers", "store", runnel.Buffer(10))
		f, s := after(t, g, time.Millisecond)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		r := f.Status().Since(s)
		if source, sink := r.Process("numbers"), r.Process("store"); source.InStep > 0.01 || sink.InStep < 0.99 {
			t.Errorf("%+v, %+v", source, sink)
		}
	})
}

// Whoever waits for a turn is not in its step, and whoever waits for the right to receive starves.
func TestRatesOfOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("ordered").
			Add("work", flow.Step(func(_ context.Context, v int) (int, error) {
				if v == 1 {
					time.Sleep(8 * time.Second) // the head of the line
				}
				return v, nil
			}), flow.Parallel(2), flow.Ordered()).
			Add("end", flow.Sink(ignore)).
			Open("work", runnel.Buffer(2)).
			Connect("work", "end")
		f := must(g.Start(t.Context()))(t)
		time.Sleep(2 * time.Second)
		if err := f.Inject(t.Context(), "work", 1, 2); err != nil {
			t.Fatal(err)
		}
		for _, after := range []time.Duration{4 * time.Second, 4 * time.Second} { // waits that last, and finished ones
			time.Sleep(after)
			synctest.Wait()
			s := f.Status()
			r := s.Since(flow.Status{}).Process("work")
			work := (s.Age - 2*time.Second).Seconds() / s.Age.Seconds() / 2
			if near(r.InStep, work) && near(r.Queued, work) && near(r.Starving, 1-2*work) {
				continue
			}
			t.Errorf("after %v: %+v, want half of the time in step and queued, but for the first 2 s", s.Age, r)
		}
		f.Stop(t.Context())
	})
}

func near(a, b float64) bool { return a-b < 0.001 && b-a < 0.001 }

// A source that waits for its ticker is in its function all the time, and not what the others wait for.
func TestBusiestIsNoSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ticks := flow.Source(func(ctx context.Context, emit func(int) error) error {
			for i := 0; ; i++ {
				runnel.Sleep(ctx, time.Second)
				if err := emit(i); err != nil {
					return err
				}
			}
		})
		work := func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, 100*time.Millisecond) }
		f, s := after(t, flow.New("ticks").
			Add("ticks", ticks).
			Add("store", flow.Sink(work)).
			Connect("ticks", "store"), 100*time.Second)
		r := s.Since(flow.Status{})
		if b := r.Busiest(); b.Name != "store" || b.Kind != "sink" || !near(b.InStep, 0.099) {
			t.Errorf("the busiest is %+v", b)
		}
		if r.Processes = r.Processes[:1]; r.Busiest().Name != "ticks" {
			t.Errorf("of sources only, the busiest is %+v", r.Busiest())
		}
		stopNow(f)
	})
}
