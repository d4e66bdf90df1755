package drivertest_test

import (
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/drivertest"
	"github.com/runnel-go/runnel/mq/mem"
)

// The test of an engine that is done. It is run by go test, so it prints nothing here.
func ExampleRun() {
	_ = func(t *testing.T) { // TestConformance
		drivertest.Run(t, drivertest.Harness{
			Virtual: true, // hours pass at once
			New: func(testing.TB) drivertest.Broker {
				store := mem.NewStore(nil)
				return drivertest.Broker{
					Open:  func() (driver.Engine, error) { return store.Open(), nil },
					Crash: func(e driver.Engine) { e.(*mem.Engine).Crash() },
				}
			},
		})
	}
	// Output:
}
