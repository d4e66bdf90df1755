package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

var (
	bg     = context.Background()
	errBad = errors.New("bad")
)

// must returns what it is given if there is no error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// numbers is a source of 0 … n-1.
func numbers(n int) flow.Proc {
	return flow.Source(func(_ context.Context, emit func(int) error) error {
		for i := range n {
			if err := emit(i); err != nil {
				return err
			}
		}
		return nil
	})
}

// endless is a source of 0, 1, 2 …
func endless() flow.Proc { return numbers(1 << 62) }

func double(_ context.Context, v int) (int, error) { return 2 * v, nil }

func pass(_ context.Context, v int) (int, error) { return v, nil }

func ignore(context.Context, int) error { return nil }

// collect is the function of a sink that keeps everything.
func collect[T any](to *[]T) func(context.Context, T) error {
	return func(_ context.Context, v T) error {
		*to = append(*to, v)
		return nil
	}
}

// mustBeSeq expects 0, by, 2·by, …
func mustBeSeq(t testing.TB, got []int, n, by int) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("got %d values, want %d", len(got), n)
	}
	for i, v := range got {
		if v != i*by {
			t.Fatalf("value %d is %d, want %d", i, v, i*by)
		}
	}
}

// balance is what is wrong with the account of a flow that has ended, law 1:
//
//	for each edge     Sent = Received + Dropped, nothing is held any more
//	for each process  Σ Received of its inputs = Done
func balance(s flow.Status) (wrong string) {
	received := map[string]uint64{}
	for _, e := range s.Edges {
		if e.Sent != e.Received+e.Dropped.Total() || e.Len != 0 || !e.Closed || e.SendersWaiting+e.ReceiversWaiting > 0 {
			return "edge out of balance: " + e.Stats.String()
		}
		received[process(e.To)] += e.Received
	}
	for _, p := range s.Processes {
		if p.Kind != "source" && received[p.Name] != p.Done {
			return "process out of balance: " + p.Name + "\n" + s.String()
		}
		for _, w := range p.Workers {
			if w.Activity != flow.Gone {
				return "a worker of " + p.Name + " is " + w.Activity.String()
			}
		}
	}
	if s.State != flow.Over {
		return "the flow is " + s.State.String()
	}
	return losses(s)
}

// losses is what is wrong with what is said to be lost:
//
//	all that was dropped was lost or dropped by choice;  a plain end ⇒ no failure was a loss
func losses(s flow.Status) (wrong string) {
	e, all := s.Explain(), s.Dropped()
	for why, n := range all {
		if e.Lost[why]+e.Dropped[why] != n {
			return fmt.Sprintf("dropped %v: lost %v, by choice %v", all, e.Lost, e.Dropped)
		}
	}
	if s.Err == nil && e.Lost[runnel.Failed] > 0 {
		return fmt.Sprintf("a plain end, lost %v", e.Lost)
	}
	return ""
}

func process(port string) string {
	for i := range port {
		if port[i] == '.' {
			return port[:i]
		}
	}
	return port
}

func mustBalance(t testing.TB, s flow.Status) {
	t.Helper()
	if wrong := balance(s); wrong != "" {
		t.Error(wrong)
	}
}

func mustFail(t testing.TB, err error, process string, message any, cause error) {
	t.Helper()
	var failure *flow.Failure
	if !errors.As(err, &failure) || !errors.Is(err, cause) {
		t.Fatalf("ended with %v, want a Failure because of %v", err, cause)
	}
	if failure.Process != process || failure.Message != message {
		t.Errorf("failure of %s on %v, want %s on %v", failure.Process, failure.Message, process, message)
	}
}
