package flow_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A worker with one input, in its step while the process is swapped, takes the new functions before its next
// message, though it does not wait in between. So does one that is to go: see testdata/scale.txt.
func TestSwapBetweenMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		release := runnel.New[int]()
		writer := func(name string) flow.Proc {
			return flow.Stateful[int]{Handlers: []flow.Handler[int]{flow.On("in", func(x *flow.Turn, n *int, v int) error {
				*n += v
				got = append(got, fmt.Sprint(name, *n))
				release.Recv(x) // until it is closed
				return out.Send(x, v)
			})}, Outs: []flow.Port{out}}.Proc()
		}
		f := must(flow.New("swapped").
			Add("write", writer("old ")).
			Add("store", flow.Sink(ignore)).
			Open("write", runnel.Buffer(4)).
			Connect("write", "store").
			Start(t.Context()))(t)
		if err := f.Inject(bg, "write", 1, 2, 3); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.Swap("write", writer("new ")); err != nil {
			t.Fatal(err)
		}
		release.Close()
		if err := f.Drain(bg); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(got); s != "[old 1 new 3 new 6]" {
			t.Errorf("got %v", s)
		}
		mustBalance(t, f.Status())
	})
}
