package batches

import (
	"testing"
	"time"

	"github.com/runnel-go/runnel/sim"
)

func TestBatcherInAnyOrder(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		b := NewBatcher(2, time.Second, func([]int) {})
		for i := range 2 {
			_ = b.Add(t.Context(), i)
		}
		b.Close()
	}, sim.Strategies(sim.Random())) // not all: a ticker has no end of orders
}
