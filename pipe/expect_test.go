package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
)

// What most tests need. The functions with must fail the test and are for its own goroutine.

var (
	bg      = context.Background()
	errStop = errors.New("stop") // what a consumer stops with
	errLost = errors.New("lost") // what a source ends with
	errBad  = errors.New("bad")  // what a function fails with
)

// filled makes a channel that holds these values and has been closed with cause.
func filled[T any](cause error, vs ...T) *runnel.Chan[T] {
	c := runnel.New[T](runnel.Buffer(max(1, len(vs))))
	c.SendAll(bg, vs)
	c.CloseWith(cause)
	return c
}

// holding makes a channel that holds these values and stays open.
func holding[T any](vs ...T) *runnel.Chan[T] {
	c := runnel.New[T](runnel.Buffer(max(1, len(vs))))
	c.SendAll(bg, vs)
	return c
}

// counting makes a rendezvous on which 0, 1, 2… are sent until it is cancelled.
func counting() *runnel.Chan[int] {
	c := runnel.New[int]()
	runnel.Go(func() {
		for i := 0; c.Send(bg, i) == nil; i++ {
		}
	})
	return c
}

// drain receives everything, and the error at the end: nil after a plain end.
func drain[T any](r runnel.Receiver[T]) (vs []T, end error) {
	for {
		v, err := r.Recv(bg)
		if err == runnel.ErrClosed {
			return vs, nil
		}
		if err != nil {
			return vs, err
		}
		vs = append(vs, v)
	}
}

// upTo is 0 … n-1.
func upTo(n int) []int {
	vs := make([]int, n)
	for i := range vs {
		vs[i] = i
	}
	return vs
}

// dropped is n values dropped for the reason why.
func dropped(why runnel.Reason, n uint64) (d runnel.Drops) {
	d[why] = n
	return d
}

// mustBalance expects the account of a channel to be in balance and to say this much.
func mustBalance(t testing.TB, what string, s runnel.Stats, sent, received uint64, drops runnel.Drops) {
	t.Helper()
	if s.Sent != sent || s.Received != received || s.Dropped != drops {
		t.Errorf("%s: sent %d received %d dropped %v, want %d %d %v",
			what, s.Sent, s.Received, s.Dropped, sent, received, drops)
	}
	mustAddUp(t, what, s)
}

// mustAddUp expects the account of a channel to be in balance.
func mustAddUp(t testing.TB, what string, s runnel.Stats) {
	t.Helper()
	if s.Sent != s.Received+uint64(s.Len)+s.Dropped.Total() {
		t.Errorf("%s: out of balance: %+v", what, s)
	}
}

// mustBe expects err to be, or to wrap, want; nil if want is nil.
func mustBe(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// mustEqual compares two values as they print.
func mustEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

// mustHavePanicked expects a PanicError with this value and a stack that names where.
func mustHavePanicked(t testing.TB, err error, value any) {
	t.Helper()
	var p *runnel.PanicError
	if !errors.As(err, &p) || p.Value != value || len(p.Stack) == 0 {
		t.Errorf("error %v, want a panic with %v and its stack", err, value)
	}
}

// mustPanic expects f to panic with this message.
func mustPanic(t testing.TB, message string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); got != message {
			t.Errorf("panic %q, want %q", got, message)
		}
	}()
	f()
}

// bubble runs f in a testing/synctest bubble: the test fails if a goroutine is left behind.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// begin runs f in a goroutine until it has ended or is blocked, and tells by the function
// that it returns whether f has ended. It is for bubbles.
func begin(f func()) (ended func() bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	synctest.Wait()
	return func() bool {
		synctest.Wait()
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
}

// seeded is a source of random numbers whose seed is told when the test fails.
func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}
