package pipe_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Movements of an account are booked one after the other; accounts are booked in parallel, by
// eight workers. So the balances need no lock: a key belongs to one worker at a time.
func ExampleMapKeyed() {
	type movement struct {
		account string
		amount  int
	}
	ctx := context.Background()
	movements := runnel.New[movement](runnel.Buffer(6))
	movements.SendAll(ctx, []movement{
		{"Ada", 100}, {"Ben", 50}, {"Ada", -30}, {"Ben", -80}, {"Ada", 5}, {"Ben", 10},
	})
	movements.Close()

	balances := map[string]*int{"Ada": new(int), "Ben": new(int)}
	book := func(_ context.Context, m movement) (string, error) {
		balance := balances[m.account]
		*balance += m.amount
		return fmt.Sprintf("%s %+d: %d", m.account, m.amount, *balance), nil
	}
	byAccount := func(m movement) string { return m.account }

	lines := slices.Collect(pipe.MapKeyed(ctx, movements, 8, 16, byAccount, book).All(ctx))
	slices.SortStableFunc(lines, func(a, b string) int { return int(a[0]) - int(b[0]) })
	for _, line := range lines {
		fmt.Println(line)
	}
	// Output:
	// Ada +100: 100
	// Ada -30: 70
	// Ada +5: 75
	// Ben +50: 50
	// Ben -80: -30
	// Ben +10: -20
}
