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
		"threads":   {sim.OnThreads()},
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

// The two kinds of steps. In handing over, two tasks give values to each other, and nearly every
// step is a switch. Of those that go on alone the heaviest runs until it has ended: nearly every
// step is a decision among four that picks who runs already.
func BenchmarkSteps(b *testing.B) {
	const rounds = 1000
	exploreSteps(b, "handing over", sim.Random(), func(*sim.T) {
		there, back := runnel.New[int](), runnel.New[int]()
		runnel.Go(func() {
			for range rounds {
				back.Send(bg, must(there.Recv(bg)))
			}
		})
		for i := range rounds {
			there.Send(bg, i)
			back.Recv(bg)
		}
	})
	exploreSteps(b, "going on", sim.PCT(1), func(*sim.T) {
		for range 4 {
			runnel.Go(func() {
				c := runnel.New[int](runnel.Buffer(1))
				for i := range rounds {
					c.Send(bg, i)
					c.Recv(bg)
				}
			})
		}
	})
}

// A thousand tasks, of which at first all are ready: each with a channel of its own, or all with
// one.
func BenchmarkThousandTasks(b *testing.B) {
	const tasks, rounds = 1000, 10
	for name, s := range map[string]sim.Strategy{"random": sim.Random(), "pos": sim.POS(), "pct3": sim.PCT(3)} {
		exploreSteps(b, name+"/apart", s, func(*sim.T) {
			for range tasks {
				runnel.Go(func() {
					c := runnel.New[int](runnel.Buffer(1))
					for i := range rounds {
						c.Send(bg, i)
						c.Recv(bg)
					}
				})
			}
		})
		exploreSteps(b, name+"/together", s, func(*sim.T) {
			c := runnel.New[int](runnel.Buffer(16))
			for range tasks {
				runnel.Go(func() {
					for i := range rounds {
						c.Send(bg, i)
					}
				})
			}
			for range tasks * rounds {
				c.Recv(bg)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// exploreSteps explores body until it has done about b.N steps.
func exploreSteps(b *testing.B, name string, s sim.Strategy, body func(*sim.T)) {
	b.Run(name, func(b *testing.B) {
		opts := []sim.Option{sim.Strategies(s), sim.For(0), sim.MaxSteps(1e6)}
		length := sim.Check(body, append(opts, sim.Schedules(1))...).Steps
		b.ResetTimer()
		exploring(b, sim.Check(body, append(opts, sim.Schedules((b.N+length-1)/length))...))
	})
}

func exploring(b *testing.B, r sim.Report) {
	if r.Failure != nil {
		b.Fatal(r)
	}
	b.ReportMetric(float64(r.Elapsed.Nanoseconds())/float64(r.Steps), "ns/step")
	b.ReportMetric(float64(r.Schedules)/r.Elapsed.Seconds(), "schedules/s")
	b.ReportMetric(float64(r.Steps)/r.Elapsed.Seconds(), "steps/s")
}
