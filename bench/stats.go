package main

import (
	"cmp"
	"math"
	"slices"
)

// quantile is the value below which the share q of the values lies,
// interpolated between neighbours. It sorts the values.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	at := q * float64(len(values)-1)
	below := int(at)
	above := min(below+1, len(values)-1)
	return values[below] + (at-float64(below))*(values[above]-values[below])
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// spread is the distance of the quartiles as a share of the median.
func spread(values []float64) float64 {
	return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values)
}

const (
	maxDelay = 0.05 // what a clean sample's threads may have queued for a CPU, per wall time
	minClean = 5    // how many samples a median is over at least
)

// delayed is the time the sample's threads queued for a CPU, per wall time.
func (m *meter) delayed() float64 { return float64(m.delay) / float64(max(m.wall, 1)) }

// usable returns the clean samples, those that other processes hardly
// disturbed, or the least disturbed ones if the clean ones are too few.
func usable(samples []*meter) (used []*meter, clean int) {
	used = slices.SortedFunc(slices.Values(samples), func(a, b *meter) int { return cmp.Compare(a.delayed(), b.delayed()) })
	for clean < len(used) && used[clean].delayed() <= maxDelay {
		clean++
	}
	return used[:min(len(used), max(clean, minClean))], clean
}

// each collects one figure of each sample.
func each(samples []*meter, figure func(*meter) float64) []float64 {
	values := make([]float64, len(samples))
	for i, m := range samples {
		values[i] = figure(m)
	}
	return values
}
