package main

import (
	"context"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/bench/report"
)

func rendezvousRows() []row {
	stream := shape{1, 1, 0}
	bare := goals{firm(1.5), firm(2)}
	withCtx := goals{firm(1.1), firm(1.4)}
	const family = "rendezvous"
	return []row{
		{family: family, name: "rendezvous stream", goals: bare, impls: []impl{
			ours("runnel", hopRunnel(stream, background)), peer("native", hopNative(stream)),
		}},
		{family: family, name: "rendezvous ping-pong", goals: bare, impls: []impl{
			ours("runnel", pingRunnel(background)), peer("native", pingNative),
		}},
		{family: family, name: "rendezvous stream, ctx", goals: withCtx, impls: []impl{
			ours("runnel+ctx", hopRunnel(stream, (*meter).cancellable)), peer("native+ctx", hopNativeCtx(stream)),
		}},
		{family: family, name: "rendezvous ping-pong, ctx", goals: withCtx, impls: []impl{
			ours("runnel+ctx", pingRunnel((*meter).cancellable)), peer("native+ctx", pingNativeCtx),
		}},
		named("rendezvous stream, named", streamNamed, hopRunnel(stream, background)),
		named("rendezvous ping-pong, named", pingNamed, pingRunnel(background)),
	}
}

// named is a row that shows what the clock costs: a named channel reads it
// when it parks, an unnamed one does not.
func named(name string, timed, plain func(*meter)) row {
	return row{family: "rendezvous", name: name, impls: []impl{
		ours("runnel, named", timed), {name: "runnel, unnamed", role: report.Peer, run: plain},
	}}
}

func streamNamed(m *meter) {
	passRunnel(m, shape{1, 1, 0}, context.Background(), runnel.New[int](runnel.Name("bench")))
}

func pingNamed(m *meter) {
	there, back := runnel.New[int](runnel.Name("there")), runnel.New[int](runnel.Name("back"))
	pingPong(m, context.Background(), there, back)
}

func pingRunnel(newCtx contexts) func(*meter) {
	return func(m *meter) { pingPong(m, newCtx(m), runnel.New[int](), runnel.New[int]()) }
}

func pingPong(m *meter, ctx context.Context, there, back *runnel.Chan[int]) {
	sum := 0
	m.together(func() {
		for v := range m.n {
			must(there.Send(ctx, v))
			got, err := back.Recv(ctx)
			must(err)
			sum += got
		}
	}, func() {
		for range m.n {
			v, err := there.Recv(ctx)
			must(err)
			must(back.Send(ctx, v))
		}
	})
	m.conserved(sum)
}

func pingNative(m *meter) {
	there, back, sum := make(chan int), make(chan int), 0
	m.together(func() {
		for v := range m.n {
			there <- v
			sum += <-back
		}
	}, func() {
		for range m.n {
			back <- <-there
		}
	})
	m.conserved(sum)
}

func pingNativeCtx(m *meter) {
	there, back, sum := make(chan int), make(chan int), 0
	done := m.cancellable().Done()
	m.together(func() {
		for v := range m.n {
			select {
			case there <- v:
			case <-done:
				panic("cancelled")
			}
			select {
			case got := <-back:
				sum += got
			case <-done:
				panic("cancelled")
			}
		}
	}, func() { answerNativeCtx(m.n, there, back, done) })
	m.conserved(sum)
}

func answerNativeCtx(n int, there, back chan int, done <-chan struct{}) {
	for range n {
		v := 0
		select {
		case v = <-there:
		case <-done:
			panic("cancelled")
		}
		select {
		case back <- v:
		case <-done:
			panic("cancelled")
		}
	}
}
