package goker_test

import (
	"testing"

	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// All kernels, one after the other, each until its bug is found and, if it is to be told, shortened.
func BenchmarkFindAll(b *testing.B) {
	for _, p := range []struct {
		name string
		opts []sim.Option
	}{{"found", []sim.Option{sim.Minimize(0)}}, {"and shortened", nil}} {
		b.Run(p.name, func(b *testing.B) {
			n := 0
			for seed := range b.N {
				for _, k := range goker.Kernels {
					opts := append([]sim.Option{sim.Seed(uint64(seed)), sim.Schedules(1000), sim.For(0), sim.MaxSteps(2000)}, p.opts...)
					r := sim.Check(k.Buggy, opts...)
					if r.Failure == nil {
						b.Fatalf("%s: seed %d: not found", k.ID, seed)
					}
					n += r.Schedules + 1
				}
			}
			b.ReportMetric(float64(n)/float64(b.N), "schedules/op")
		})
	}
}
