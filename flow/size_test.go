package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A graph of a thousand processes is checked, started, read and drawn like any other.
func TestThousandProcesses(t *testing.T) {
	const n = 1000
	var got []int
	g := flow.New("long").Add("p0", numbers(3))
	for i := 1; i < n; i++ {
		g.Add(fmt.Sprint("p", i), flow.Step(pass)).Connect(fmt.Sprint("p", i-1), fmt.Sprint("p", i))
	}
	f := must(g.Add("end", flow.Sink(collect(&got))).Connect(fmt.Sprint("p", n-1), "end").Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	mustBeSeq(t, got, 3, 1)
	s := f.Status()
	mustBalance(t, s)
	if e := s.Explain(); !e.Moves() || s.Mermaid() == "" {
		t.Error(e)
	}
}

// Wants is the user's code: a pause does not wait for it.
func TestPauseDoesNotWaitForWants(t *testing.T) {
	const in = flow.In[int]("in")
	asked, release := runnel.New[struct{}](), runnel.New[struct{}]()
	f := must(flow.New("asks").
		Add("choosy", flow.Stateful[int]{
			Handlers: []flow.Handler[int]{flow.On(in, func(*flow.Turn, *int, int) error { return nil })},
			Wants: func(n *int, _ string) bool {
				asked.Send(context.Background(), struct{}{})
				release.Recv(context.Background())
				return true
			},
		}.Proc()).
		Open("choosy").Start(bg))(t)
	asked.Recv(bg)
	release.Send(bg, struct{}{})
	for f.Status().Process("choosy").Workers[0].Activity != flow.Starving {
	}
	f.Pause() // it is at the gate
	f.Resume()
	asked.Recv(bg)
	f.Pause()
	asked.Close()
	release.Close()
	f.Resume()
	if err := f.Drain(bg); err != nil {
		t.Error(err)
	}
}

// A source is one call that lasts, so a Timeout of it is a mistake.
func TestTimeoutOfSource(t *testing.T) {
	err := flow.New("late").Add("numbers", numbers(1), flow.Timeout(1)).Add("store", flow.Sink(ignore)).Connect("numbers", "store").Check()
	if m, ok := err.(*flow.Mistakes); !ok || len(m.Found) != 1 || m.Found[0].Kind != flow.BadProcess {
		t.Errorf("got %v", err)
	}
}
