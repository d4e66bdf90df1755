package runnel_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
)

// Three tills report their takings. The last one to close closes the channel, so nobody has
// to wait for all of them.
func ExampleChan_Producers() {
	ctx := context.Background()
	takings := runnel.New[int]()

	for i, till := range takings.Producers(3) {
		go func() {
			defer till.Close()
			for sale := 1; sale <= 4; sale++ {
				till.Send(ctx, 10*(i+1))
			}
		}()
	}

	sum, sales := 0, 0
	for amount := range takings.All(ctx) {
		sum += amount
		sales++
	}
	fmt.Println(sales, "sales,", sum, "in all")
	// Output: 12 sales, 240 in all
}
