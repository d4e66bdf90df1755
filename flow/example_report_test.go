package flow_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A function tells how far it is, to whoever wants to know.
func ExampleReport() {
	read := flow.Source(func(ctx context.Context, emit func(int) error) error {
		for row := range 250 {
			if row%100 == 0 {
				_ = flow.Report(ctx, fmt.Sprint(row, " rows read"))
			}
			if err := emit(row); err != nil {
				return err
			}
		}
		return nil
	})
	store := flow.Sink(func(context.Context, int) error { return nil })

	f, _ := flow.New("rows").
		Add("read", read).
		Add("store", store).
		Connect("read", "store", runnel.Buffer(16)).
		Reports(runnel.Sliding(10)). // the latest ten; unless said the latest 1,024
		Start(context.Background())
	for r := range f.Reports().All(context.Background()) { // up to the end of the flow
		fmt.Printf("%s: %v\n", r.Process, r.Value)
	}
	fmt.Println(f.Wait())
	// Output:
	// read: 0 rows read
	// read: 100 rows read
	// read: 200 rows read
	// <nil>
}
