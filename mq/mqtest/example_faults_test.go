package mqtest_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mqtest"
)

// A handler that is right only if each message comes once: on an engine that delivers again what
// was acked, as every engine may, that shows.
func ExampleFaults() {
	inTest(func(t *exampleTest) {
		faults := mqtest.Faults{Kinds: []mqtest.Fault{mqtest.Duplicate}, Rarity: 2, Seed: 1}
		kit := mqtest.On(t, faults.Open(), nil)
		sold, customers := 0, map[string]bool{}
		kit.Run(&mq.Consumer[order]{Topic: orders, Group: "shop", Handler: func(_ context.Context, m *mq.Message[order]) error {
			sold++                 // wrong
			customers[m.ID] = true // right: doing it again changes nothing
			return nil
		}})
		for range 10 {
			orders.Publish(t.Context(), kit.Client, order{"kettle"})
		}
		kit.Settle()
		fmt.Println("sold 10:", sold == 10)
		fmt.Println("customers:", len(customers))
	})
	// Output:
	// sold 10: false
	// customers: 10
}
