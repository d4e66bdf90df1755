package runnel_test

import (
	"fmt"
	"sync/atomic"

	"github.com/runnel-go/runnel"
)

// A worker that takes what there is can be paused exactly: when the pause has begun, it takes
// nothing more.
func ExampleChan_Valve() {
	orders := runnel.New[string](runnel.Buffer(4))
	orders.TrySend("tea")
	orders.TrySend("milk")

	var paused atomic.Bool
	work := orders.Valve(&paused)
	take := func() {
		order, err := work.TryRecv()
		fmt.Printf("%q %v\n", order, err)
	}

	take()
	paused.Store(true)
	fmt.Println(work.Passed(), "taken so far")
	take()
	paused.Store(false)
	take()
	// Output:
	// "tea" <nil>
	// 1 taken so far
	// "" runnel: valve shut
	// "milk" <nil>
}
