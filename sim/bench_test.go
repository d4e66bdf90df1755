package sim_test

import (
	"context"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var bg = context.Background()

// prodcons is the program by which simulators are compared in docs and research: two producers
// of four values, a consumer, and a body that waits for the three. A schedule has 42 steps.
func prodcons(*sim.T) {
	c := runnel.New[int](runnel.Buffer(2))
	ended := runnel.New[int](runnel.Buffer(1))
	for range 2 {
		runnel.Go(func() {
			for i := range 4 {
				c.Send(bg, i)
			}
			ended.Send(bg, 1)
		})
	}
	runnel.Go(func() {
		for range 8 {
			c.Recv(bg)
		}
		ended.Send(bg, 1)
	})
	for range 3 {
		ended.Recv(bg)
	}
}

func BenchmarkSchedules(b *testing.B) {
	for name, opts := range map[string][]sim.Option{
		"portfolio": nil,
		"random":    {sim.Strategies(sim.Random())},
		"pos":       {sim.Strategies(sim.POS())},
		"pct3":      {sim.Strategies(sim.PCT(3))},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			exploring(b, sim.Check(prodcons, append(opts, sim.Schedules(b.N), sim.For(0))...))
		})
	}
}

// In a bubble virtual time is read from and told to the runtime. There is no bubble for a
// benchmark, so a test tells.
func TestSchedulesInABubble(t *testing.T) {
	best := 0.0
	for range 3 {
		r := sim.CheckInBubble(t, prodcons, sim.Schedules(3000))
		if r.Failure != nil {
			t.Fatal(r)
		}
		best = max(best, float64(r.Schedules)/r.Elapsed.Seconds())
	}
	t.Logf("%.0f schedules/s in a bubble", best)
}

// Two tasks hand a value to and fro: every step is a change of tasks.
func BenchmarkSteps(b *testing.B) {
	exploring(b, sim.Check(func(*sim.T) {
		c := runnel.New[int]()
		runnel.Go(func() {
			for i := range b.N {
				c.Send(bg, i)
			}
		})
		for range b.N {
			c.Recv(bg)
		}
	}, sim.Schedules(1), sim.For(0), sim.MaxSteps(1<<40), sim.Strategies(sim.Random())))
}

func exploring(b *testing.B, r sim.Report) {
	if r.Failure != nil {
		b.Fatal(r)
	}
	b.ReportMetric(float64(r.Schedules)/r.Elapsed.Seconds(), "schedules/s")
	b.ReportMetric(float64(r.Steps)/r.Elapsed.Seconds(), "steps/s")
}
