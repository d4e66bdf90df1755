package runnel_test

import (
	"fmt"

	"github.com/runnel-go/runnel"
)

// A callback waits in place of a goroutine: ten thousand idle visitors cost ten thousand
// small records.
func ExampleChan_RecvFunc() {
	greetings := runnel.New[string]()
	greeted := 0
	for range 10000 {
		greetings.RecvFunc(func(greeting string, err error) {
			if err == nil {
				greeted++
			}
		})
	}
	fmt.Println("waiting:", greetings.Stats().ReceiversWaiting)

	for range 3 {
		greetings.TrySend("welcome")
	}
	fmt.Println("greeted:", greeted)

	greetings.Close() // the others hear of the end
	fmt.Println("waiting:", greetings.Stats().ReceiversWaiting)
	// Output:
	// waiting: 10000
	// greeted: 3
	// waiting: 0
}

// A send that cannot proceed is left to the one who makes it possible.
func ExampleChan_SendFunc() {
	table := runnel.New[string](runnel.Buffer(1))
	serve := func(dish string) {
		table.SendFunc(dish, func(err error) { fmt.Println("served", dish, err) })
	}
	serve("soup")
	serve("roast") // waits for the table

	dish, _ := table.TryRecv()
	fmt.Println("eaten", dish)
	table.Cancel(fmt.Errorf("kitchen closed"))
	serve("cake")
	// Output:
	// served soup <nil>
	// served roast <nil>
	// eaten soup
	// served cake runnel: channel closed: kitchen closed
}
