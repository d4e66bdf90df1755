package main

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
)

// batchCapacity is the capacity of all channels in the rows about batches.
const batchCapacity = 1024

func batchRows() []row {
	var rows []row
	for _, b := range []struct {
		size  int
		goals goals
	}{{16, firmOne(0.13, 0.15)}, {256, firmOne(0.08, 0.1)}} {
		rows = append(rows, row{
			family: "batches", name: fmt.Sprintf("batches of %d, per value", b.size), goals: b.goals,
			impls: []impl{
				ours("runnel", batchRunnel(b.size)),
				peer("native one by one", hopNative(shape{1, 1, batchCapacity})),
				floor("native slices", "a channel of fresh slices, one allocation per batch", batchSlices(b.size)),
			},
		})
	}
	return rows
}

func batchRunnel(size int) func(*meter) {
	return func(m *meter) {
		ch, ctx := newRunnel(batchCapacity), context.Background()
		m.pass(shape{1, 1, batchCapacity},
			func(lo, hi int) { sendBatches(ctx, ch, make([]int, size), lo, hi) },
			func(n int) int { return recvBatches(ctx, ch, make([]int, size), n) })
	}
}

func sendBatches(ctx context.Context, ch *runnel.Chan[int], buf []int, lo, hi int) {
	for lo < hi {
		k := fill(buf, lo, hi)
		_, err := ch.SendAll(ctx, buf[:k])
		must(err)
		lo += k
	}
}

func recvBatches(ctx context.Context, ch *runnel.Chan[int], buf []int, n int) (sum int) {
	for n > 0 {
		k, err := ch.RecvUpTo(ctx, buf[:min(len(buf), n)])
		must(err)
		sum += add(buf[:k])
		n -= k
	}
	return sum
}

func batchSlices(size int) func(*meter) {
	return func(m *meter) {
		ch := make(chan []int, max(1, batchCapacity/size))
		m.pass(shape{1, 1, batchCapacity},
			func(lo, hi int) { sendSlices(ch, size, lo, hi) },
			func(n int) int { return recvSlices(ch, n) })
	}
}

func sendSlices(ch chan []int, size, lo, hi int) {
	for lo < hi {
		buf := make([]int, size)
		k := fill(buf, lo, hi)
		ch <- buf[:k]
		lo += k
	}
}

func recvSlices(ch chan []int, n int) (sum int) {
	for n > 0 {
		buf := <-ch
		sum += add(buf)
		n -= len(buf)
	}
	return sum
}

// fill writes lo, lo+1, … below hi into buf and returns how many.
func fill(buf []int, lo, hi int) int {
	k := min(len(buf), hi-lo)
	for i := range buf[:k] {
		buf[i] = lo + i
	}
	return k
}

func add(values []int) (sum int) {
	for _, v := range values {
		sum += v
	}
	return sum
}
