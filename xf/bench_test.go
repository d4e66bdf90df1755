package xf_test

import (
	"slices"
	"testing"

	"github.com/runnel-go/runnel/xf"
)

const benchSize = 1024

func benchInput() []int {
	in := make([]int, benchSize)
	for i := range in {
		in[i] = i * 7 % 1000
	}
	return in
}

// fiveSteps is measured against byHand, the loop that one would write instead.
var fiveSteps = xf.Compose2(
	xf.Compose4(xf.Map(inc), xf.Filter(even), xf.Dedupe[int](), xf.Drop[int](3)),
	xf.Scan(0, add))

func byHand(in []int, out func(int)) {
	last, started, dropped, sum := 0, false, 0, 0
	for _, v := range in {
		v = inc(v)
		if !even(v) || started && v == last {
			continue
		}
		last, started = v, true
		if dropped < 3 {
			dropped++
			continue
		}
		sum = add(sum, v)
		out(sum)
	}
}

var benchResult int

func BenchmarkFiveSteps(b *testing.B) {
	in := benchInput()
	keep := func(v int) { benchResult = v }
	perValue := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSize, "ns/value")
	}
	b.Run("byHand", func(b *testing.B) {
		for b.Loop() {
			byHand(in, keep)
		}
		perValue(b)
	})
	b.Run("Seq", func(b *testing.B) {
		out := xf.Seq(fiveSteps, slices.Values(in))
		b.ReportAllocs()
		for b.Loop() {
			for v := range out {
				keep(v)
			}
		}
		perValue(b)
	})
	b.Run("Slice", func(b *testing.B) {
		for b.Loop() {
			xf.Slice(fiveSteps, in)
		}
		perValue(b)
	})
}

func BenchmarkBatch(b *testing.B) {
	in := benchInput()
	step := xf.Batch[int](64)
	b.ReportAllocs()
	for b.Loop() {
		for batch := range xf.Seq(step, slices.Values(in)) {
			benchResult = len(batch)
		}
	}
}
