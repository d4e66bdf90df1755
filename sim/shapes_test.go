package sim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// Bugs of nine shapes, each easy for some strategies and hard for others.
var shapes = []struct {
	name string
	body func(*sim.T)
}{
	{"early return", func(t *sim.T) {
		result, timeout := runnel.New[int](), runnel.New[int](runnel.Buffer(1))
		t.Go("worker", func() { result.Send(bg, 1) })
		t.Go("timer", func() { timeout.Send(bg, 1) })
		runnel.Select(bg, runnel.RecvFrom(result), runnel.RecvFrom(timeout))
	}},
	{"double close", func(t *sim.T) {
		closed, c := runnel.New[int](runnel.Buffer(2)), runnel.New[int]()
		for range 2 {
			t.Go("closer", func() {
				if closed.Len() == 0 {
					t.Assert(c.Err() == nil && closed.Len() == 0, "closed twice")
					closed.Send(bg, 1)
				}
			})
		}
	}},
	{"lost to default", func(t *sim.T) {
		ready, c := runnel.New[int](runnel.Buffer(1)), runnel.New[int]()
		t.Go("sender", func() { ready.Recv(bg); _ = c.TrySend(1) })
		ready.Send(bg, 1)
		c.Recv(bg)
	}},
	{"lost wake-up", func(t *sim.T) {
		var mu runnel.Mutex
		full, queue, woken := false, 0, runnel.New[int]()
		t.Go("waiter", func() {
			mu.Lock()
			empty := !full
			mu.Unlock()
			if empty { // and here it is filled
				mu.Lock()
				queue++
				mu.Unlock()
				woken.Recv(bg)
			}
		})
		t.Go("filler", func() {
			mu.Lock()
			full = true
			n := queue
			mu.Unlock()
			if n > 0 {
				woken.Send(bg, 1)
			}
		})
	}},
	{"lock and channel", func(t *sim.T) {
		var mu runnel.Mutex
		c := runnel.New[int]()
		t.Go("sender", func() { mu.Lock(); c.Send(bg, 1); mu.Unlock() })
		visit(&mu)
		c.Recv(bg)
		visit(&mu)
		t.Go("another", func() { mu.Lock(); c.Send(bg, 1); mu.Unlock() })
		visit(&mu)
		c.Recv(bg)
	}},
	{"loss at shutdown", func(t *sim.T) {
		c, stop := runnel.New[int](runnel.Buffer(2)), runnel.New[int]()
		t.Go("producer", func() { c.Send(bg, 1); c.Send(bg, 2); stop.Close() })
		got := 0
		for stopped := runnel.RecvFrom(stop); ; got++ {
			if chosen, _ := runnel.Select(bg, runnel.RecvFrom(c), stopped); chosen == stopped {
				break
			}
		}
		t.Assert(got == 2, "%d of 2", got)
	}},
	{"Add too late", func(t *sim.T) {
		var wg runnel.WaitGroup
		done := runnel.New[int](runnel.Buffer(3))
		for range 3 {
			t.Go("worker", func() { wg.Add(1); defer wg.Done(); done.Send(bg, 1) })
		}
		wg.Wait()
		t.Assert(done.Len() == 3, "not all")
	}},
	{"depth 3", func(t *sim.T) {
		steps := runnel.New[int](runnel.Buffer(3))
		say := func(n int) { t.Point(); t.Assert(n != 2, "a, b, a"); _ = steps.TrySend(n) }
		follow := func(n int) {
			if steps.Len() == n {
				say(n)
			}
		}
		t.Go("a", func() { follow(0); follow(2) })
		t.Go("b", func() { follow(1) })
	}},
	{"starved reader", func(t *sim.T) {
		c, late := runnel.New[int](runnel.Sliding(1)), false
		t.Go("reader", func() { v, _ := c.Recv(bg); late = v == 12; t.Assert(!late, "only the last") })
		for i := range 12 {
			c.Send(bg, i+1)
		}
	}},
}

func visit(mu *runnel.Mutex) {
	mu.Lock()
	defer mu.Unlock()
}

// noisy is a body among eight tasks that have nothing to do with it.
func noisy(body func(*sim.T)) func(*sim.T) {
	return func(t *sim.T) {
		for range 8 {
			t.Go("noise", func() {
				c := runnel.New[int](runnel.Buffer(1))
				for range 25 {
					c.Send(bg, 1)
					c.Recv(bg)
				}
			})
		}
		body(t)
	}
}

func kernelBody(id string) func(*sim.T) {
	return goker.Kernels[slices.IndexFunc(goker.Kernels, func(k goker.Kernel) bool { return k.ID == id })].Buggy
}

// What one strategy never finds another finds soon, and all of them in turn miss nothing: that
// is why they take turns.
func TestStrategiesInTurnMissNothing(t *testing.T) {
	ways := []struct {
		name string
		opts []sim.Option
	}{
		{"in turn", nil},
		{"random", []sim.Option{sim.Strategies(sim.Random())}},
		{"POS", []sim.Option{sim.Strategies(sim.POS())}},
		{"PCT(2)", []sim.Option{sim.Strategies(sim.PCT(2))}},
		{"PCT(3)", []sim.Option{sim.Strategies(sim.PCT(3))}},
	}
	table := fmt.Sprintf("%-28s", "median/max of schedules")
	for _, way := range ways[:scale(1, len(ways))] {
		table += fmt.Sprintf(" %12s", way.name)
	}
	row := func(name string, body func(*sim.T)) {
		table += fmt.Sprintf("\n%-28s", name)
		for _, way := range ways[:scale(1, len(ways))] {
			needed := hunted(body, way.opts)
			median, most := needed[len(needed)/2], needed[len(needed)-1]
			if table += fmt.Sprintf(" %12s", fmt.Sprint(median, "/", most)); way.opts == nil && most > 300 {
				t.Errorf("%s: %d schedules, want at most 300", name, most)
			}
		}
	}
	for _, s := range shapes {
		row(s.name, s.body)
		row(s.name+", noise", noisy(s.body))
	}
	for _, id := range []string{"etcd_7443", "serving_2137", "etcd_3077", "kubernetes_11298"} {
		row(id, kernelBody(id))
	}
	t.Logf("schedules until the bug is found, %d means never:\n%s", never, table)
}

const never = 2001

// hunted is how many schedules it takes, for some seeds.
func hunted(body func(*sim.T), opts []sim.Option) (needed []int) {
	for seed := range uint64(scale(3, 15)) {
		r := sim.Check(body, append([]sim.Option{sim.Seed(seed), sim.Schedules(never - 1), sim.For(0), sim.MaxSteps(3000), sim.Minimize(0)}, opts...)...)
		needed = append(needed, r.Schedules+1)
	}
	slices.Sort(needed)
	return needed
}
