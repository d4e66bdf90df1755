package mqotel

import (
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/runnel-go/runnel/mq"
)

// add puts a data point into its metric. extend gets what the metric has so far, nil at first.
func (b *builder) add(m metric, extend func(metricdata.Aggregation) metricdata.Aggregation) {
	i, known := b.index[m.name]
	if !known {
		i = len(b.metrics)
		b.index[m.name] = i
		b.metrics = append(b.metrics, metricdata.Metrics{Name: m.name, Unit: m.unit, Description: m.text})
	}
	b.metrics[i].Data = extend(b.metrics[i].Data)
}

// count adds a point to a sum that only grows.
func (b *builder) count(m metric, at attributes, n uint64) {
	b.add(m, func(a metricdata.Aggregation) metricdata.Aggregation {
		sum, _ := a.(metricdata.Sum[int64])
		sum.Temporality, sum.IsMonotonic = metricdata.CumulativeTemporality, true
		sum.DataPoints = append(sum.DataPoints, point(b, at, int64(n)))
		return sum
	})
}

func (b *builder) gauge(m metric, at attributes, n int64) {
	b.add(m, func(a metricdata.Aggregation) metricdata.Aggregation {
		g, _ := a.(metricdata.Gauge[int64])
		g.DataPoints = append(g.DataPoints, point(b, at, n))
		return g
	})
}

func (b *builder) seconds(m metric, at attributes, d time.Duration) {
	b.add(m, func(a metricdata.Aggregation) metricdata.Aggregation {
		g, _ := a.(metricdata.Gauge[float64])
		g.DataPoints = append(g.DataPoints, point(b, at, d.Seconds()))
		return g
	})
}

func point[N int64 | float64](b *builder, at attributes, v N) metricdata.DataPoint[N] {
	return metricdata.DataPoint[N]{Attributes: attribute.NewSet(at...), StartTime: b.opened, Time: b.now, Value: v}
}

// durations are from about a microsecond to about two hours, sizes from 16 bytes to 16 MiB. The bounds
// are bounds of the buckets of mq.Histogram, so the counts are exact.
func (b *builder) durations(m metric, at attributes, h mq.Histogram) {
	b.histogram(m, at, h, 10, 43, 1e-9)
}

func (b *builder) sizes(m metric, at attributes, h mq.Histogram) {
	b.histogram(m, at, h, 4, 24, 1)
}

// histogram adds one with the upper bounds 2^first-1, …, 2^last-1 times unit.
func (b *builder) histogram(m metric, at attributes, h mq.Histogram, first, last int, unit float64) {
	p := metricdata.HistogramDataPoint[float64]{
		Attributes: attribute.NewSet(at...), StartTime: b.opened, Time: b.now,
		Count: h.Count(), Sum: h.Sum() * unit, BucketCounts: make([]uint64, last-first+2),
	}
	for k := first; k <= last; k++ {
		p.Bounds = append(p.Bounds, (math.Ldexp(1, k)-1)*unit)
	}
	for bucket := range h.Buckets() {
		k := first
		for k <= last && bucket.Most > int64(1)<<k-1 {
			k++
		}
		p.BucketCounts[k-first] += bucket.Count
	}
	b.add(m, func(a metricdata.Aggregation) metricdata.Aggregation {
		all, _ := a.(metricdata.Histogram[float64])
		all.Temporality = metricdata.CumulativeTemporality
		all.DataPoints = append(all.DataPoints, p)
		return all
	})
}
