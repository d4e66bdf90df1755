package runnel_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
)

// A cashier takes payments of two sorts until both queues have ended. The cases are made
// once; one that has ended is switched off by setting it to nil.
func ExampleSelect() {
	ctx := context.Background()
	cash, cards := runnel.New[int](runnel.Buffer(8)), runnel.New[string](runnel.Buffer(8))
	cash.SendAll(ctx, []int{20, 5, 50})
	cards.SendAll(ctx, []string{"visa", "girocard"})
	cash.Close()
	cards.Close()

	coins, card := runnel.RecvFrom(cash), runnel.RecvFrom(cards)
	open := []runnel.Case{coins, card}
	sum, swipes := 0, 0
	for open[0] != nil || open[1] != nil {
		c, err := runnel.Select(ctx, open...)
		if err != nil {
			return
		}
		switch c {
		case coins:
			amount, err := coins.Value()
			if err != nil {
				open[0] = nil
			}
			sum += amount
		case card:
			if _, err := card.Value(); err != nil {
				open[1] = nil
				continue
			}
			swipes++
		}
	}
	fmt.Println("cash:", sum, "cards:", swipes)
	// Output: cash: 75 cards: 2
}

// Alarms go before reports, whenever both are there.
func ExampleSelectPriority() {
	ctx := context.Background()
	alarms, reports := runnel.New[string](runnel.Buffer(8)), runnel.New[string](runnel.Buffer(8))
	reports.SendAll(ctx, []string{"all quiet", "all quiet"})
	alarms.SendAll(ctx, []string{"fire in hall 3"})

	alarm, report := runnel.RecvFrom(alarms), runnel.RecvFrom(reports)
	for range 3 {
		c, _ := runnel.SelectPriority(ctx, alarm, report)
		message, _ := c.(*runnel.RecvCase[string]).Value()
		fmt.Println(message)
	}
	// Output:
	// fire in hall 3
	// all quiet
	// all quiet
}

// TrySelect offers a job to whichever worker is free, and goes on if none is.
func ExampleTrySelect() {
	ctx := context.Background()
	left, right := runnel.New[string](runnel.Buffer(1)), runnel.New[string](runnel.Buffer(1))
	toLeft, toRight := runnel.SendTo(left, ""), runnel.SendTo(right, "")

	for _, job := range []string{"wash", "dry", "iron"} {
		toLeft.Set(job)
		toRight.Set(job)
		if _, err := runnel.TrySelect(toLeft, toRight); err != nil {
			fmt.Println(job+":", err)
		}
	}
	a, _ := left.Recv(ctx)
	b, _ := right.Recv(ctx)
	fmt.Println("both got one:", a != b)
	// Output:
	// iron: runnel: no case is ready
	// both got one: true
}
