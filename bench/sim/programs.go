package main

import (
	"context"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// programs is what is measured, with the targets of the design.
func programs() (ps []*program) {
	all := []sim.Strategy{sim.POS(), sim.Random(), sim.PCT(2), sim.POS(), sim.PCT(3)}
	strategies := []struct {
		name string
		s    sim.Strategy
	}{{"random", sim.Random()}, {"POS", sim.POS()}, {"PCT3", sim.PCT(3)}}
	add := func(name string, body func(*sim.T), g goal, ss ...sim.Strategy) *program {
		p := &program{name: name, body: body, goal: g, strategies: ss}
		ps = append(ps, p)
		return p
	}
	add("prodcons", prodcons, goal{schedules, 100e3}, all...)
	for _, s := range strategies {
		add("prodcons, "+s.name, prodcons, goal{schedules, 100e3}, s.s)
	}
	add("prodcons in a bubble", prodcons, goal{schedules, 60e3}, all...).bubble = true
	add("handing over", handingOver, goal{steps, 5e6}, sim.Random())
	add("handing over in a bubble", handingOver, goal{steps, 2.5e6}, sim.Random()).bubble = true
	add("going on", goingOn, goal{steps, 5e6}, sim.PCT(1))
	add("going on in a bubble", goingOn, goal{steps, 2.5e6}, sim.PCT(1)).bubble = true
	add("lock 5×2000", locks(5, 2000), goal{schedules, 250}, sim.Random())
	add("lock 100×100", locks(100, 100), goal{schedules, 200}, sim.Random())
	for _, s := range strategies {
		add("1000 tasks apart, "+s.name, apart, goal{perStep, 500}, s.s)
		add("1000 tasks together, "+s.name, together, goal{perStep, 500}, s.s)
	}
	return ps
}

var bg = context.Background()

// prodcons is the program by which the design compares simulators: two
// producers of four values, a consumer, and a body that waits for the three.
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

// handingOver is two tasks that give values to each other: nearly every step
// is a switch.
func handingOver(*sim.T) {
	there, back := runnel.New[int](), runnel.New[int]()
	runnel.Go(func() {
		for range 1000 {
			there.Recv(bg)
			back.Send(bg, 1)
		}
	})
	for range 1000 {
		there.Send(bg, 1)
		back.Recv(bg)
	}
}

// goingOn is four tasks that run one after the other, if the heaviest goes on:
// nearly every step decides for the one that runs already.
func goingOn(*sim.T) {
	for range 4 {
		runnel.Go(func() { alone(1000) })
	}
}

// alone sends values to itself.
func alone(n int) {
	c := runnel.New[int](runnel.Buffer(1))
	for i := range n {
		c.Send(bg, i)
		c.Recv(bg)
	}
}

// locks is tasks that take one lock so often.
func locks(tasks, rounds int) func(*sim.T) {
	return func(*sim.T) {
		var mu runnel.Mutex
		var wg runnel.WaitGroup
		for range tasks {
			wg.Go(func() {
				for range rounds {
					mu.Lock()
					mu.Unlock() //lint:ignore SA2001 how long that takes is what is asked
				}
			})
		}
		wg.Wait()
	}
}

const crowd, each = 1000, 10

// apart is a thousand tasks with a channel of its own each.
func apart(*sim.T) {
	for range crowd {
		runnel.Go(func() { alone(each) })
	}
}

// together is a thousand tasks with one channel.
func together(*sim.T) {
	c := runnel.New[int](runnel.Buffer(16))
	for range crowd {
		runnel.Go(func() {
			for i := range each {
				c.Send(bg, i)
			}
		})
	}
	for range crowd * each {
		c.Recv(bg)
	}
}
