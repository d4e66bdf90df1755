package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// A writer stores rows in blocks: it takes what is there, at most four at a time, and waits
// only when nothing is.
func ExampleChan_RecvUpTo() {
	ctx := context.Background()
	rows := runnel.New[string](runnel.Buffer(16))
	rows.SendAll(ctx, []string{"ann", "bob", "cid", "dan", "eve", "fay"})
	rows.Close()

	block := make([]string, 4)
	for {
		n, err := rows.RecvUpTo(ctx, block)
		if err != nil {
			fmt.Println("end:", err)
			return
		}
		fmt.Println("store", block[:n])
	}
	// Output:
	// store [ann bob cid dan]
	// store [eve fay]
	// end: runnel: channel closed
}

// A batch that is cut short tells how much of it was sent. The rest is still the sender's.
func ExampleChan_SendAll() {
	gone := errors.New("the van has left")
	ctx, cancel := context.WithTimeoutCause(context.Background(), 5*time.Millisecond, gone)
	defer cancel()
	van := runnel.New[string](runnel.Buffer(2))
	parcels := []string{"book", "lamp", "chair", "desk"}

	n, err := van.SendAll(ctx, parcels)
	fmt.Println("sent", parcels[:n], "kept", parcels[n:], "because", err)
	// Output: sent [book lamp] kept [chair desk] because the van has left
}
