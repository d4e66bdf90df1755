package main

import (
	"context"
	"sync"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

const (
	mapWorkers = 4
	mapKeys    = 64
)

// windowNote says what the wider native pipeline takes liberties with.
const windowNote = "goes on to the 64th value behind one that is slow, not only to the 4th or 6th"

// The rows about maps move values through one stage with four workers.
func mapRows() []row {
	return []row{
		{family: "stages", name: "ordered pipeline ×4", goals: guides(0.4, 0.7), impls: []impl{
			ours("runnel+ctx", orderedRunnel(grow)),
			peer("native", orderedNative(mapWorkers, incJobs)),
			peer("conc stream", mapConc(inc, 1)),
			floor("native, window 64", windowNote, orderedNative(stageCapacity, incJobs)),
			floor("go-streams", looseNote, mapGoStreams(mapWorkers, 1, inc)),
		}},
		{family: "stages", name: "ordered pipeline ×4, 1 µs of work", goals: guides(0.85, 1), impls: []impl{
			ours("runnel+ctx", orderedRunnel(toil)),
			peer("native", orderedNative(mapWorkers, workJobs)),
			peer("conc stream", mapConc(work, 1)),
			floor("native, window 64", windowNote, orderedNative(stageCapacity, workJobs)),
			floor("go-streams", looseNote, mapGoStreams(mapWorkers, 1, work)),
		}},
		{family: "stages", name: "unordered map ×4", goals: guides(1, 1), impls: []impl{
			ours("runnel+ctx", unorderedRunnel), peer("native", unorderedNative),
			peer("go-streams", mapGoStreams(mapWorkers, 1, inc)),
		}},
		{family: "stages", name: "keyed map ×4, 64 keys", goals: guides(1, 1), impls: []impl{
			ours("runnel+ctx", keyedRunnel), peer("native, by hash", keyedNative),
		}},
	}
}

// work takes a processor for about a microsecond.
func work(v int) int {
	x := uint64(v) | 1
	for range 600 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 { // never: xorshift keeps away from 0
		return 0
	}
	return v + 1
}

// toil is work as the function of a stage.
func toil(_ context.Context, v int) (int, error) { return work(v), nil }

func orderedRunnel(f func(context.Context, int) (int, error)) func(*meter) {
	return staged(1, func(ctx context.Context, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Map(ctx, in, mapWorkers, f, runnel.Buffer(stageCapacity))
	})
}

var unorderedRunnel = staged(1, func(ctx context.Context, in runnel.Receiver[int]) runnel.Receiver[int] {
	return pipe.MapUnordered(ctx, in, mapWorkers, grow, runnel.Buffer(stageCapacity))
})

// keyedRunnel lets as many values wait for each key as the channels of the
// native workers hold.
var keyedRunnel = staged(1, func(ctx context.Context, in runnel.Receiver[int]) runnel.Receiver[int] {
	key := func(v int) int { return v % mapKeys }
	return pipe.MapKeyed(ctx, in, mapWorkers, stageCapacity, key, grow, runnel.Buffer(stageCapacity))
})

// job is a value on its way to a worker, with the channel for its result.
type job struct {
	v    int
	done chan<- int
}

func incJobs(jobs <-chan job) {
	for j := range jobs {
		j.done <- j.v + 1
	}
}

func workJobs(jobs <-chan job) {
	for j := range jobs {
		j.done <- work(j.v)
	}
}

// orderedNative queues the channels of the results in the order of the
// values. It makes no channel per value: the queue holds window channels and
// the end of the pipeline one, so a ring of one more is never overtaken.
func orderedNative(window int, worker func(jobs <-chan job)) func(*meter) {
	return stagedNative(1, func(in <-chan int, out chan<- int) {
		jobs, queue := make(chan job, window), make(chan chan int, window)
		for range mapWorkers {
			go worker(jobs)
		}
		go dispatch(in, jobs, queue, natives(window+1, 1))
		go collect(queue, out)
	})
}

func dispatch(in <-chan int, jobs chan<- job, queue chan<- chan int, ring []chan int) {
	i := 0
	for v := range in {
		queue <- ring[i]
		jobs <- job{v, ring[i]}
		if i++; i == len(ring) {
			i = 0
		}
	}
	close(jobs)
	close(queue)
}

func collect(queue <-chan chan int, out chan<- int) {
	for result := range queue {
		out <- <-result
	}
	close(out)
}

// crew runs workers and closes out behind the last one.
func crew(out chan<- int, workers ...func()) {
	var wg sync.WaitGroup
	for _, worker := range workers {
		wg.Go(worker)
	}
	go func() {
		wg.Wait()
		close(out)
	}()
}

var unorderedNative = stagedNative(1, func(in <-chan int, out chan<- int) {
	worker := func() { incSome(in, out) }
	crew(out, worker, worker, worker, worker)
})

// keyedNative gives each worker the keys of one remainder.
var keyedNative = stagedNative(1, func(in <-chan int, out chan<- int) {
	lanes := natives(mapWorkers, stageCapacity)
	go sortNative(in, lanes)
	var workers []func()
	for _, lane := range lanes {
		workers = append(workers, func() { incSome(lane, out) })
	}
	crew(out, workers...)
})

// incSome is incNative beside others.
func incSome(in <-chan int, out chan<- int) {
	for v := range in {
		out <- v + 1
	}
}

func sortNative(in <-chan int, lanes []chan int) {
	for v := range in {
		key := v % mapKeys
		lanes[key%mapWorkers] <- v
	}
	for _, lane := range lanes {
		close(lane)
	}
}
