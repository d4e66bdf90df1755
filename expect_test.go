package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
)

// What most tests need. The functions with must fail the test and are for its own
// goroutine or for one that does nothing else.

var bg = context.Background()

func mustSend[T any](t testing.TB, s runnel.Sender[T], vs ...T) {
	for _, v := range vs {
		if err := s.Send(bg, v); err != nil {
			t.Helper() // only here: it takes a lock
			t.Errorf("Send(%v): %v", v, err)
		}
	}
}

// mustTake expects these values to be there at once.
func mustTake[T comparable](t testing.TB, r runnel.Receiver[T], want ...T) {
	t.Helper()
	for _, w := range want {
		if v, err := r.TryRecv(); v != w || err != nil {
			t.Errorf("TryRecv: %v, %v, want %v", v, err, w)
		}
	}
}

// mustEnd expects the channel to have ended with the error want.
func mustEnd[T any](t testing.TB, r runnel.Receiver[T], want error) {
	t.Helper()
	if v, err := r.TryRecv(); err != want {
		t.Errorf("TryRecv: %v, %v, want the end: %v", v, err, want)
	}
}

func mustBe(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

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

// mustBalance expects the account of a channel to be in balance and to say this much.
func mustBalance(t testing.TB, s runnel.Stats, sent, received uint64, dropped runnel.Drops) {
	t.Helper()
	if s.Sent != sent || s.Received != received || s.Dropped != dropped {
		t.Errorf("sent %d received %d dropped %v, want %d %d %v", s.Sent, s.Received, s.Dropped, sent, received, dropped)
	}
	if s.Sent != s.Received+uint64(s.Len)+s.Dropped.Total() {
		t.Errorf("out of balance: %+v", s)
	}
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
