package runnel_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel"
)

// An order passes from one goroutine to another. A send returns when the order is handed
// over; a plain Close ends the loop of the receiver.
func ExampleNew() {
	type order struct {
		id     int
		amount float64
	}
	ctx := context.Background()
	orders := runnel.New[order]()

	go func() {
		defer orders.Close()
		for id, amount := range []float64{12.50, 80, 7.25} {
			if err := orders.Send(ctx, order{id + 1, amount}); err != nil {
				return
			}
		}
	}()

	total := 0.0
	for o := range orders.All(ctx) {
		total += o.amount
		fmt.Printf("order %d: %.2f\n", o.id, o.amount)
	}
	fmt.Printf("total %.2f\n", total)
	// Output:
	// order 1: 12.50
	// order 2: 80.00
	// order 3: 7.25
	// total 99.75
}

// A context ends a wait. The value was not sent.
func ExampleChan_Send() {
	ctx, cancel := context.WithCancelCause(context.Background())
	doors := runnel.New[string]()

	go cancel(errors.New("the shop has closed"))

	fmt.Println(doors.Send(ctx, "customer"))
	fmt.Println("sent:", doors.Stats().Sent)
	// Output:
	// the shop has closed
	// sent: 0
}

// TrySend and TryRecv never wait. Their errors tell why nothing happened.
func ExampleChan_TrySend() {
	desk := runnel.New[string](runnel.Buffer(1))

	fmt.Println(desk.TrySend("first letter"))
	fmt.Println(desk.TrySend("second letter"))
	letter, err := desk.TryRecv()
	fmt.Println(letter, err)
	_, err = desk.TryRecv()
	fmt.Println(err, errors.Is(err, runnel.ErrEmpty))
	// Output:
	// <nil>
	// runnel: channel full
	// first letter <nil>
	// runnel: channel empty true
}
