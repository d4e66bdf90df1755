package drivertest_test

import (
	"sync"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/drivertest"
	"github.com/runnel-go/runnel/mq/mem"
)

// memory is the harness of the reference engine: a store that outlives its engines. A restart ends
// them all at once.
func memory(testing.TB) drivertest.Broker {
	var mu sync.Mutex
	var open []*mem.Engine
	store := mem.NewStore(nil)
	return drivertest.Broker{
		Open: func() (driver.Engine, error) {
			mu.Lock()
			defer mu.Unlock()
			open = append(open, store.Open())
			return open[len(open)-1], nil
		},
		Crash: func(e driver.Engine) { e.(*mem.Engine).Crash() },
		Restart: func() error {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range open {
				e.Crash()
			}
			open = nil
			return nil
		},
	}
}

func TestMemory(t *testing.T) {
	drivertest.Run(t, drivertest.Harness{New: memory, Virtual: true})
}
