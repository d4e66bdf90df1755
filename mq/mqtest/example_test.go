package mqtest_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mqtest"
)

type order struct{ Item string }

var (
	orders    = mq.NewTopic[order]("orders", mq.Groups("shop"))
	shipments = mq.NewTopic[string]("shipments")
)

// In a test, t is its *testing.T, and nothing has to be closed by hand.
func Example() {
	inTest(func(t *exampleTest) {
		kit := mqtest.New(t, nil)
		kit.Run(&mq.Consumer[order]{
			Topic: orders, Group: "shop",
			Handler: func(ctx context.Context, m *mq.Message[order]) error {
				return shipments.Publish(ctx, kit.Client, "one "+m.Value.Item)
			},
		})
		if err := orders.Publish(t.Context(), kit.Client, order{"kettle"}); err != nil {
			t.Fatalf("publish: %v", err)
		}
		kit.Settle() // all orders have been dealt with
		for _, m := range mqtest.Published(kit, shipments) {
			fmt.Println(m.Value)
		}
	})
	// Output: one kettle
}

// inTest runs a test within an example.
func inTest(f func(t *exampleTest)) {
	var t exampleTest
	f(&t)
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// exampleTest has what a kit needs of a testing.T.
type exampleTest struct{ cleanups []func() }

func (t *exampleTest) Helper()                   {}
func (t *exampleTest) Logf(string, ...any)       {}
func (t *exampleTest) Context() context.Context  { return context.Background() }
func (t *exampleTest) Cleanup(f func())          { t.cleanups = append(t.cleanups, f) }
func (t *exampleTest) Errorf(f string, a ...any) { fmt.Printf(f+"\n", a...) }
func (t *exampleTest) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
