package pipe_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Prices come from a slow service, four at a time. The first answer is the slowest, and the
// order is kept all the same.
func ExampleMap() {
	ctx := context.Background()
	items := runnel.New[string](runnel.Buffer(4))
	items.SendAll(ctx, []string{"pear", "fig", "plum", "kiwi"})
	items.Close()

	price := func(ctx context.Context, item string) (string, error) {
		err := runnel.Sleep(ctx, time.Duration(10*len(item))*time.Millisecond) // the service
		return fmt.Sprintf("%s costs %d", item, 10*len(item)), err
	}
	for line := range pipe.Map(ctx, items, 4, price).All(ctx) {
		fmt.Println(line)
	}
	// Output:
	// pear costs 40
	// fig costs 30
	// plum costs 40
	// kiwi costs 40
}

// With MapUnordered nobody waits for a slow one: it comes when it is there.
func ExampleMapUnordered() {
	ctx := context.Background()
	hosts := runnel.New[string](runnel.Buffer(3))
	hosts.SendAll(ctx, []string{"far", "near", "next"})
	hosts.Close()

	var answers atomic.Int32
	ping := func(ctx context.Context, host string) (string, error) {
		for host == "far" && answers.Load() < 2 { // the answer takes its time
			runnel.Sleep(ctx, time.Millisecond)
		}
		return strings.ToUpper(host), nil
	}
	var last string
	for host := range pipe.MapUnordered(ctx, hosts, 3, ping).All(ctx) {
		answers.Add(1)
		last = host
	}
	fmt.Println(answers.Load(), "answers, the last one from", last)
	// Output:
	// 3 answers, the last one from FAR
}
