package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"

	"github.com/runnel-go/runnel"
)

// Where a select statement can be written down, over 2 and 4 channels, it is
// the peer. Over 16 and 64 the native way is reflect.Select.
func selectRows() []row {
	var rows []row
	for _, s := range []struct {
		k                  int
		all, one, blocking goals
		peer               string
		readyPeer          func(all bool) func(*meter)
		blockPeer          func(capacity int) func(*meter)
	}{
		{2, firmOne(0.45, 0.45), guides(0.6, 0.6), firmOne(1.3, 1.8), "native select", ready2, block2},
		{4, firmOne(0.25, 0.25), guides(0.45, 0.45), firmOne(1.15, 1.8), "native select", ready4, block4},
		{16, firmOne(0.05, 0.05), guides(0.08, 0.08), firmOne(0.25, 0.4), "reflect.Select", readyReflect(16), blockReflect(16)},
		{64, firmOne(0.05, 0.05), guides(0.04, 0.04), firmOne(0.12, 0.2), "reflect.Select", readyReflect(64), blockReflect(64)},
	} {
		add := func(what string, g goals, own, other func(*meter)) {
			rows = append(rows, row{
				family: "select", name: fmt.Sprintf("select over %d, %s", s.k, what), goals: g,
				impls: []impl{ours("runnel", own), peer(s.peer, other)},
			})
		}
		add("all ready", s.all, readyRunnel(s.k, true), s.readyPeer(true))
		add("one ready", s.one, readyRunnel(s.k, false), s.readyPeer(false))
		add("blocking, cap 1", s.blocking, blockRunnel(s.k, 1), s.blockPeer(1))
		add("blocking, rendezvous", s.blocking, blockRunnel(s.k, 0), s.blockPeer(0))
	}
	return rows
}

// order is a fixed random sequence of channel numbers, the same for all
// implementations.
type order [1024]int

func newOrder(k int) *order {
	var o order
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range o {
		o[i] = rng.IntN(k)
	}
	return &o
}

func (o *order) at(i int) int { return o[i%len(o)] }

// The ready rows select and then refill a channel, so that always all
// channels hold a value, or always one. The value in a channel is its number.

// filled is how many of k channels hold a value.
func filled(k int, all bool) int {
	if all {
		return k
	}
	return 1
}

func runnels(k, capacity int) ([]*runnel.Chan[int], []runnel.Case) {
	chans, cases := make([]*runnel.Chan[int], k), make([]runnel.Case, k)
	for i := range chans {
		chans[i] = newRunnel(capacity)
		cases[i] = runnel.RecvFrom[int](chans[i])
	}
	return chans, cases
}

func natives(k, capacity int) []chan int {
	chans := make([]chan int, k)
	for i := range chans {
		chans[i] = make(chan int, capacity)
	}
	return chans
}

func reflectCases(chans []chan int) []reflect.SelectCase {
	cases := make([]reflect.SelectCase, len(chans))
	for i, ch := range chans {
		cases[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch)}
	}
	return cases
}

func fillNatives(k int, all bool) []chan int {
	chans := natives(k, 1)
	for i := range filled(k, all) {
		chans[i] <- i
	}
	return chans
}

func checkNatives(chans []chan int, all bool) {
	held := 0
	for _, ch := range chans {
		held += len(ch)
	}
	guard(held == filled(len(chans), all), "%d values held in %d channels", held, len(chans))
}

func readyRunnel(k int, all bool) func(*meter) {
	return func(m *meter) {
		ctx, next := context.Background(), newOrder(k)
		chans, cases := runnels(k, 1)
		for i := range filled(k, all) {
			must(chans[i].Send(ctx, i))
		}
		m.start()
		for i := range m.n {
			fired, err := runnel.Select(ctx, cases...)
			must(err)
			v, err := fired.(*runnel.RecvCase[int]).Value()
			must(err)
			if !all {
				v = next.at(i)
			}
			must(chans[v].Send(ctx, v))
		}
		m.stop()
		held := 0
		for _, ch := range chans {
			held += ch.Len()
		}
		guard(held == filled(k, all), "%d values held in %d channels", held, k)
	}
}

func ready2(all bool) func(*meter) {
	return func(m *meter) {
		chans, next := fillNatives(2, all), newOrder(2)
		a, b := chans[0], chans[1]
		m.start()
		for i := range m.n {
			var v int
			select {
			case v = <-a:
			case v = <-b:
			}
			if !all {
				v = next.at(i)
			}
			chans[v] <- v
		}
		m.stop()
		checkNatives(chans, all)
	}
}

func ready4(all bool) func(*meter) {
	return func(m *meter) {
		chans, next := fillNatives(4, all), newOrder(4)
		a, b, c, d := chans[0], chans[1], chans[2], chans[3]
		m.start()
		for i := range m.n {
			var v int
			select {
			case v = <-a:
			case v = <-b:
			case v = <-c:
			case v = <-d:
			}
			if !all {
				v = next.at(i)
			}
			chans[v] <- v
		}
		m.stop()
		checkNatives(chans, all)
	}
}

// readyReflect takes the case that fired from its index and not from the
// value, which saves it a conversion: the peer at its best.
func readyReflect(k int) func(all bool) func(*meter) {
	return func(all bool) func(*meter) {
		return func(m *meter) {
			chans, next := fillNatives(k, all), newOrder(k)
			cases := reflectCases(chans)
			m.start()
			for i := range m.n {
				v, _, _ := reflect.Select(cases)
				if !all {
					v = next.at(i)
				}
				chans[v] <- v
			}
			m.stop()
			checkNatives(chans, all)
		}
	}
}

// The blocking rows are round trips: one goroutine sends to a random channel
// and waits for the answer, the other selects over all and answers.

func blockRunnel(k, capacity int) func(*meter) {
	return func(m *meter) {
		ctx, next, sum := context.Background(), newOrder(k), 0
		chans, cases := runnels(k, capacity)
		ack := newRunnel(capacity)
		m.together(func() {
			for i := range m.n {
				must(chans[next.at(i)].Send(ctx, i))
				v, err := ack.Recv(ctx)
				must(err)
				sum += v
			}
		}, func() {
			for range m.n {
				fired, err := runnel.Select(ctx, cases...)
				must(err)
				v, err := fired.(*runnel.RecvCase[int]).Value()
				must(err)
				must(ack.Send(ctx, v))
			}
		})
		m.conserved(sum)
	}
}

// askNatives is the asking side of the native rows and returns the sum of the
// answers.
func askNatives(n int, chans []chan int, ack chan int) (sum int) {
	next := newOrder(len(chans))
	for i := range n {
		chans[next.at(i)] <- i
		sum += <-ack
	}
	return sum
}

func block2(capacity int) func(*meter) {
	return func(m *meter) {
		chans, ack, sum := natives(2, capacity), make(chan int, capacity), 0
		a, b := chans[0], chans[1]
		m.together(func() { sum = askNatives(m.n, chans, ack) }, func() {
			for range m.n {
				select {
				case v := <-a:
					ack <- v
				case v := <-b:
					ack <- v
				}
			}
		})
		m.conserved(sum)
	}
}

func block4(capacity int) func(*meter) {
	return func(m *meter) {
		chans, ack, sum := natives(4, capacity), make(chan int, capacity), 0
		a, b, c, d := chans[0], chans[1], chans[2], chans[3]
		m.together(func() { sum = askNatives(m.n, chans, ack) }, func() {
			for range m.n {
				select {
				case v := <-a:
					ack <- v
				case v := <-b:
					ack <- v
				case v := <-c:
					ack <- v
				case v := <-d:
					ack <- v
				}
			}
		})
		m.conserved(sum)
	}
}

func blockReflect(k int) func(capacity int) func(*meter) {
	return func(capacity int) func(*meter) {
		return func(m *meter) {
			chans, ack, sum := natives(k, capacity), make(chan int, capacity), 0
			cases := reflectCases(chans)
			m.together(func() { sum = askNatives(m.n, chans, ack) }, func() {
				for range m.n {
					_, v, _ := reflect.Select(cases)
					ack <- int(v.Int())
				}
			})
			m.conserved(sum)
		}
	}
}
