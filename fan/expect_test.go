package fan_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
)

// What the tests of this package say often.

var (
	bg      = context.Background()
	errFull = errors.New("the disk is full")
	errStop = errors.New("enough")
)

// bubble runs a test in which time is free. It fails if a goroutine is left behind.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// began runs f in the background; the result is sent on the channel.
func began(f func() error) *runnel.Chan[error] {
	done := runnel.New[error](runnel.Buffer(1))
	runnel.Go(func() {
		done.TrySend(f())
		done.Close()
	})
	return done
}

// running is began for a Run that is to have done by now what it can.
func running(run func(context.Context) error, ctx context.Context) *runnel.Chan[error] {
	done := began(func() error { return run(ctx) })
	synctest.Wait()
	return done
}

// mustEnd waits for the result of a Run.
func mustEnd(t *testing.T, done *runnel.Chan[error], want error) {
	t.Helper()
	err, ended := done.Recv(bg)
	if ended != nil {
		t.Fatalf("the result was taken already: %v", ended)
	}
	if !errors.Is(err, want) || want == nil && err != nil {
		t.Errorf("Run returned %v, want %v", err, want)
	}
}

// mustStillRun checks that there is no result yet.
func mustStillRun(t *testing.T, done *runnel.Chan[error]) {
	t.Helper()
	synctest.Wait()
	if done.Len() != 0 {
		t.Fatal("Run has returned")
	}
}

func mustSend[T any](t *testing.T, to runnel.Sender[T], vs ...T) {
	t.Helper()
	if n, err := to.SendAll(bg, vs); err != nil {
		t.Fatalf("sending %v: %v after %d", vs, err, n)
	}
}

// mustGet receives these values.
func mustGet[T comparable](t *testing.T, from runnel.Receiver[T], want ...T) {
	t.Helper()
	for i, w := range want {
		if v, err := from.Recv(bg); err != nil || v != w {
			t.Fatalf("value %d: received %v, %v, want %v", i, v, err, w)
		}
	}
}

// mustHold checks what can be received at once.
func mustHold[T comparable](t *testing.T, from runnel.Receiver[T], want ...T) {
	t.Helper()
	synctest.Wait()
	var got []T
	for {
		v, err := from.TryRecv()
		if err != nil {
			break
		}
		got = append(got, v)
		synctest.Wait()
	}
	if !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
}

// mustBeOver checks that nothing is left but the end, with this cause.
func mustBeOver[T any](t *testing.T, r runnel.Receiver[T], cause error) {
	t.Helper()
	if cause == nil {
		cause = runnel.ErrClosed
	}
	ctx, cancel := context.WithTimeout(bg, time.Hour)
	defer cancel()
	if v, err := r.Recv(ctx); !errors.Is(err, cause) {
		t.Errorf("received %v, %v, want the end with %v", v, err, cause)
	}
}

// mustBeRefused checks that a channel is closed for its senders with this cause.
func mustBeRefused[T any](t *testing.T, s runnel.Sender[T], cause error) {
	t.Helper()
	var v T
	if err := s.TrySend(v); !errors.Is(err, runnel.ErrClosed) || cause != nil && !errors.Is(err, cause) {
		t.Errorf("sending: %v, want that it is closed because of %v", err, cause)
	}
}

// mustDrop checks how many values were dropped for a reason.
func mustDrop(t *testing.T, s runnel.Stats, why runnel.Reason, want uint64) {
	t.Helper()
	if n := s.Dropped[why]; n != want {
		t.Errorf("%s: %d values %v, want %d", s.Name, n, why, want)
	}
}

// mustBalance checks the account of a channel that was offered so many values.
func mustBalance(t *testing.T, s runnel.Stats, offered uint64) {
	t.Helper()
	if s.Sent != offered || s.Sent != s.Received+uint64(s.Len)+s.Dropped.Total() {
		t.Errorf("%d offered; the account is %+v", offered, s)
	}
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
