package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	values := []float64{40, 10, 30, 20}
	for _, c := range []struct{ q, want float64 }{{0, 10}, {0.25, 17.5}, {0.5, 25}, {1, 40}} {
		if got := quantile(slices.Clone(values), c.q); got != c.want {
			t.Errorf("quantile %v of %v is %v, want %v", c.q, values, got, c.want)
		}
	}
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("median of 1, 2, 3 is %v", got)
	}
	if got := spread(values); got != 15.0/25 {
		t.Errorf("spread of %v is %v", values, got)
	}
	if got := quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("quantile of nothing is %v", got)
	}
}

func TestUsable(t *testing.T) {
	delayed := func(percents ...int) (samples []*meter) {
		for _, p := range percents {
			samples = append(samples, &meter{n: p, wall: 100 * time.Millisecond, delay: time.Duration(p) * time.Millisecond})
		}
		return samples
	}
	for _, c := range []struct {
		samples     []*meter
		used, clean int
	}{
		{delayed(0, 1, 2, 3, 4, 5, 50), 6, 6},
		{delayed(50, 0, 20, 30, 1, 40, 60), 5, 2},
		{delayed(50, 60), 2, 0},
	} {
		used, clean := usable(c.samples)
		if len(used) != c.used || clean != c.clean {
			t.Errorf("%d samples used, %d clean; want %d, %d", len(used), clean, c.used, c.clean)
		}
		if !slices.IsSortedFunc(used, func(a, b *meter) int { return a.n - b.n }) {
			t.Error("the samples used are not the least delayed ones")
		}
	}
}

func TestShare(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 1000} {
		next := 0
		for i := range 64 {
			lo, hi := share(n, i, 64)
			if lo != next || hi < lo {
				t.Fatalf("share %d of %d is %d to %d, want it to begin at %d", i, n, lo, hi, next)
			}
			next = hi
		}
		if next != n {
			t.Errorf("the shares of %d end at %d", n, next)
		}
	}
}
