package flow_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A slow step gets more workers while the flow runs, and fewer when the rush is over.
func ExampleFlow_Scale() {
	fetch := func(ctx context.Context, page int) (string, error) { return fmt.Sprint("page ", page), nil }
	store := func(ctx context.Context, text string) error { return nil }

	ctx := context.Background()
	f, err := flow.New("pages").
		Add("fetch", flow.Step(fetch)).
		Add("store", flow.Sink(store)).
		Open("fetch", runnel.Buffer(100)).
		Connect("fetch", "store").
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for page := range 20 {
		_ = f.Inject(ctx, "fetch", page)
	}
	fmt.Println(f.Scale("fetch", 8), len(f.Status().Process("fetch").Workers))
	fmt.Println(f.Scale("fetch", 2))
	fmt.Println(f.Scale("fetch", 0))
	fmt.Println(f.Drain(ctx), f.Status().Process("fetch").Done)
	// Output:
	// <nil> 8
	// <nil>
	// flow: cannot scale: Scale("fetch", 0): want at least 1; to let it take no messages use Pause
	// <nil> 20
}
