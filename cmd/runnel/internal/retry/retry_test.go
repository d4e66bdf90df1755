package retry

import (
	"testing"
	"time"
)

func TestDelayDoublesUpToMax(t *testing.T) {
	b := Backoff{First: 100 * time.Millisecond, Max: 500 * time.Millisecond}
	for n, whole := range map[int]time.Duration{1: 100, 2: 200, 3: 400, 4: 500, 5: 500, 1000: 500} {
		whole *= time.Millisecond
		if got := b.Delay(n, 0); got != whole/2 {
			t.Errorf("Delay(%d, 0) = %v, want %v", n, got, whole/2)
		}
		if got := b.Delay(n, 0.999999); got < whole*99/100 || got > whole {
			t.Errorf("Delay(%d, 0.999999) = %v, want just under %v", n, got, whole)
		}
	}
}

func TestDelayOfZero(t *testing.T) {
	if got := (Backoff{Max: time.Second}).Delay(50, 0.5); got != 0 {
		t.Errorf("Delay without First = %v, want 0", got)
	}
}

func TestDelayNeverOverflows(t *testing.T) {
	b := Backoff{First: time.Hour}
	last := time.Duration(0)
	for n := 1; n < 200; n++ {
		d := b.Delay(n, 0)
		if d < last {
			t.Fatalf("Delay(%d) = %v, shorter than the one before, %v", n, d, last)
		}
		last = d
	}
}
