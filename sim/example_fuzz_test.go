package sim_test

import (
	"fmt"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// handOver passes three values on through a stage that may be stopped at any moment. What comes
// out is in order and without a gap, whenever that is.
func handOver(t *sim.T) {
	in, out := runnel.New[int](runnel.Buffer(1)), runnel.New[int]()
	t.Go("producer", func() {
		defer in.Close()
		for i := range 3 {
			if in.Send(t.Context(), i) != nil {
				return
			}
		}
	})
	t.Go("stage", func() {
		defer out.Close()
		for v := range in.All(t.Context()) {
			if out.Send(t.Context(), v) != nil {
				in.Cancel(nil) // the consumer wants no more, so nor does the stage
				return
			}
		}
	})
	for i := range t.Choose(4) { // the consumer stops after as many values
		v, err := out.Recv(t.Context())
		t.Assert(v == i && err == nil, "value %d is %d, %v", i, v, err)
	}
	out.Cancel(nil)
}

// FuzzHandOver lets go test -fuzz '^FuzzHandOver$' look for a schedule in which it fails. Without
// -fuzz it is a test like any other.
func FuzzHandOver(f *testing.F) { sim.Fuzz(f, handOver) }

// The body of a fuzz target is that of a test, so it can be explored in other ways, too.
func ExampleFuzz() {
	r := sim.Check(handOver, sim.Exhaustive(10_000), sim.For(0), sim.Punctual())
	fmt.Println("complete:", r.Complete, "failure:", r.Failure)
	// Output:
	// complete: true failure: <nil>
}
