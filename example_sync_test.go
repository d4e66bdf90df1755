package runnel_test

import (
	"fmt"

	"github.com/runnel-go/runnel"
)

// A counter that several goroutines raise. With the types of package sync it would be the same;
// with these a test in package sim tries all the orders in which they may get the lock.
func ExampleMutex() {
	var (
		mu    runnel.Mutex
		wg    runnel.WaitGroup
		count int
	)
	for range 10 {
		wg.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			count++
		})
	}
	wg.Wait()
	fmt.Println(count)
	// Output: 10
}

// A queue without a bound, whose consumer waits while it is empty.
func ExampleCond() {
	var mu runnel.Mutex
	notEmpty := runnel.NewCond(&mu)
	var queue []string
	runnel.Go(func() {
		mu.Lock()
		queue = append(queue, "first")
		mu.Unlock()
		notEmpty.Signal()
	})
	mu.Lock()
	for len(queue) == 0 {
		notEmpty.Wait()
	}
	fmt.Println(queue[0])
	mu.Unlock()
	// Output: first
}
