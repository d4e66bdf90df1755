package runnel_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
)

var errBusy = errors.New("busy")

// mustDraw expects waits from half to the whole, with both halves of that range hit.
func mustDraw(t *testing.T, b runnel.Backoff, n int, whole time.Duration) {
	t.Helper()
	least, most := whole, time.Duration(0)
	for range 200 {
		d := b.Delay(n, errBusy)
		least, most = min(least, d), max(most, d)
	}
	if least < whole/2 || most > whole {
		t.Errorf("%+v after attempt %d: from %v to %v, want %v to %v", b, n, least, most, whole/2, whole)
	}
	if middle := whole/2 + whole/4; whole > 1000 && (least > middle || most < middle) { // by chance once in 2^199
		t.Errorf("%+v after attempt %d: only from %v to %v", b, n, least, most)
	}
}

func TestBackoffDoublesUpToMax(t *testing.T) {
	b := runnel.Backoff{First: time.Second, Max: 5 * time.Second}
	for n, whole := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 5, 5: 5, 1_000_000_000: 5} {
		mustDraw(t, b, n, whole*time.Second)
	}
}

func TestBackoffOfExtremes(t *testing.T) {
	for _, c := range []struct {
		b     runnel.Backoff
		n     int
		whole time.Duration
	}{
		{runnel.Backoff{}, 1_000_000_000_000, 0},
		{runnel.Backoff{Max: 8}, 3, 0},
		{runnel.Backoff{First: 30, Max: 8}, 1, 8},
		{runnel.Backoff{First: 1}, 1, 1},
		{runnel.Backoff{First: 1}, 62, 1 << 61},
		{runnel.Backoff{First: 1}, 63, 1 << 62},
		{runnel.Backoff{First: 1}, 64, 1 << 62}, // cannot be doubled any more
		{runnel.Backoff{First: math.MaxInt64}, 9, math.MaxInt64},
		{runnel.Backoff{First: -5}, 2, 0},
	} {
		mustDraw(t, c.b, c.n, c.whole)
	}
}

// Each of few waits comes about, the half and the whole included.
func TestBackoffDrawsEvenly(t *testing.T) {
	got := map[time.Duration]int{}
	for range 4000 {
		got[runnel.Backoff{First: 6}.Delay(1, errBusy)]++
	}
	for _, d := range []time.Duration{3, 4, 5, 6} {
		if n := got[d]; n < 700 || n > 1300 { // 1000 are expected, and 300 are eleven deviations
			t.Errorf("%d of 4000 waits are %d: %v", n, d, got)
		}
	}
	if len(got) != 4 {
		t.Errorf("%v", got)
	}
}

func TestRetryAfter(t *testing.T) {
	b := runnel.Backoff{First: 100, Max: 100}
	for hint, from := range map[time.Duration]time.Duration{-1: 50, 0: 50, 49: 50, 51: 51, 99: 99, 100: 100, 1000: 1000} {
		err := fmt.Errorf("wrapped: %w", runnel.RetryAfter(hint, errBusy))
		for range 100 {
			if d := b.Delay(1, err); d < from || d > max(from, 100) {
				t.Errorf("with a hint of %d: %d", hint, d)
			}
		}
	}
	if d := (runnel.Backoff{}).Delay(1, runnel.RetryAfter(-1, errBusy)); d != 0 {
		t.Errorf("a negative hint: %v", d)
	}
	err := runnel.RetryAfter(time.Hour, errBusy)
	mustBe(t, "RetryAfter", err, errBusy)
	if err.Error() != "busy" || runnel.RetryAfter(time.Hour, nil) != nil {
		t.Errorf("%v", err)
	}
}

func TestAgain(t *testing.T) {
	asked := 0
	b := runnel.Backoff{Attempts: 3, If: func(err error) bool { asked++; return errors.Is(err, errBusy) }}
	for _, c := range []struct {
		b     runnel.Backoff
		n     int
		err   error
		want  bool
		asked int
	}{
		{b, 1, errBusy, true, 1},
		{b, 2, errBusy, true, 1},
		{b, 3, errBusy, false, 0}, // the last
		{b, 9, errBusy, false, 0},
		{b, 1, errors.New("bad"), false, 1},
		{b, 1, fmt.Errorf("wrapped: %w", runnel.Permanent(errBusy)), false, 0},
		{b, 1, runnel.RetryAfter(1, runnel.Permanent(errBusy)), false, 0},
		{runnel.Backoff{Attempts: 2}, 1, errBusy, true, 0},
		{runnel.Backoff{Attempts: 2}, 1, runnel.Permanent(errBusy), false, 0},
		{runnel.Backoff{}, 1, errBusy, false, 0},
	} {
		asked = 0
		if got := c.b.Again(c.n, c.err); got != c.want || asked != c.asked {
			t.Errorf("attempt %d of %d with %v: %v, If was asked %d times", c.n, c.b.Attempts, c.err, got, asked)
		}
	}
	err := runnel.Permanent(errBusy)
	mustBe(t, "Permanent", err, errBusy)
	if err.Error() != "busy" || runnel.Permanent(nil) != nil {
		t.Errorf("%v", err)
	}
}

func TestBackoffCheck(t *testing.T) {
	for want, b := range map[string]runnel.Backoff{
		"<nil>":                                  {Attempts: 1},
		"Backoff.Attempts is 0, want at least 1": {},
		"Backoff.First is -1s, want 0 or a positive duration":                                        {Attempts: 1, First: -time.Second},
		"Backoff.Max is -1ns, want 0 or a positive duration":                                         {Attempts: 1, Max: -1},
		"Backoff.Timeout is -1s, want 0 or a positive duration":                                      {Attempts: 1, Timeout: -time.Second},
		"Backoff.Attempts is -2, want at least 1; Backoff.Max is -1s, want 0 or a positive duration": {Attempts: -2, Max: -time.Second},
	} {
		if got := fmt.Sprint(b.Check()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A Backoff is a value that any number of goroutines share.
func TestBackoffIsShared(t *testing.T) {
	b := runnel.Backoff{Attempts: 3, First: time.Second, If: func(error) bool { return true }}
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			if !b.Again(n%2+1, errBusy) || b.Delay(n+1, errBusy) < time.Second/2 {
				t.Error("no further attempt, or too soon")
			}
		})
	}
	all.Wait()
}
