package runnel_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
)

// latest is a policy that keeps only the newest price of each share, in the order in which
// the shares first came. It never makes a sender wait.
type latest struct {
	order  []string
	prices map[string]price
}

type price struct {
	share string
	cents int
}

func (l *latest) Len() int   { return len(l.order) }
func (l *latest) Cap() int   { return 0 }
func (l *latest) Full() bool { return false }

func (l *latest) Push(p price, drop func(price, runnel.Reason)) {
	if old, known := l.prices[p.share]; known {
		drop(old, runnel.DroppedOldest)
	} else {
		l.order = append(l.order, p.share)
	}
	l.prices[p.share] = p
}

func (l *latest) Pop() price {
	share := l.order[0]
	l.order = l.order[1:]
	p := l.prices[share]
	delete(l.prices, share)
	return p
}

// A policy of your own decides what a channel keeps. Everything else, waiting, closing,
// Select and the account, works as on any other channel.
func ExampleNewBuffered() {
	ctx := context.Background()
	prices := runnel.NewBuffered(&latest{prices: map[string]price{}})
	prices.SendAll(ctx, []price{{"ACME", 100}, {"BOLT", 70}, {"ACME", 104}, {"ACME", 103}})
	prices.Close()

	for p := range prices.All(ctx) {
		fmt.Println(p.share, p.cents)
	}
	fmt.Println("outdated:", prices.Stats().Dropped[runnel.DroppedOldest])
	// Output:
	// ACME 103
	// BOLT 70
	// outdated: 2
}
