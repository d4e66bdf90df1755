package fan_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

func parity(v int) string {
	if v%2 == 0 {
		return "even"
	}
	return "odd"
}

func TestPubGivesValuesToTheSubscribersOfTheirKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		p := fan.NewPub(in, parity)
		even, odd, odd2 := p.Sub("even", runnel.Buffer(9)), p.Sub("odd", runnel.Buffer(9)), p.Sub("odd", runnel.Sliding(1))
		prime := p.Sub("prime", runnel.Buffer(9))
		done := running(p.Run, bg)
		mustSend(t, in, numbers(6)...)
		in.Close()
		mustEnd(t, done, nil)
		mustHold(t, even, 0, 2, 4)
		mustHold(t, odd, 1, 3, 5)
		mustHold(t, odd2, 5)
		mustHold(t, prime)
		for tap, n := range map[*fan.Tap[int]]uint64{even: 3, odd: 3, odd2: 3, prime: 0} {
			mustBeOver(t, tap, nil)
			mustBalance(t, tap.Stats(), n)
		}
		if n := odd2.Lag(); n != 2 {
			t.Errorf("lag is %d, want 2", n)
		}
		if n := len(p.Keys()); n != 0 {
			t.Errorf("%d keys after the end", n)
		}
	})
}

// Topics of core.async stay after their last subscriber has left.
func TestIdleKeysAreForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		p := fan.NewPub(in, func(v int) int { return v })
		done := running(p.Run, bg)
		leave := []func(*fan.Tap[int]){
			(*fan.Tap[int]).Leave,
			func(tap *fan.Tap[int]) { tap.Cancel(nil) },
			func(tap *fan.Tap[int]) {
				tap.EvictAfter(patience)
				mustSend(t, in, 1, 1) // the second one would not be received before the first has gone
			},
		}
		for i := range 999 {
			a, b := p.Sub(i), p.Sub(i)
			if keys := p.Keys(); len(keys) != 1 || keys[0] != i {
				t.Fatalf("keys %v, want %d", keys, i)
			}
			if n := len(p.Taps(i)); n != 2 {
				t.Fatalf("%d subscribers, want 2", n)
			}
			a.Leave()
			if taps := p.Taps(i); len(taps) != 1 || taps[0] != b {
				t.Fatalf("subscribers %v, want %v", taps, b)
			}
			if i%3 == 2 && i > 1 {
				b.Leave()
				b = p.Sub(1)
			}
			leave[i%3](b)
			if keys := p.Keys(); len(keys) != 0 {
				t.Fatalf("keys %v are left", keys)
			}
		}
		in.Close()
		mustEnd(t, done, nil)
	})
}

// A subscriber of core.async's pub without a buffer blocks all topics.
func TestSlowSubscriberOfOneKeyHoldsUpNoOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(20))
		p := fan.NewPub(in, parity)
		p.Sub("odd", runnel.Sliding(1))
		p.Sub("odd", runnel.Buffer(10))
		p.Sub("odd").EvictAfter(patience)
		even := p.Sub("even", runnel.Buffer(1))
		done := running(p.Run, bg)
		mustSend(t, in, numbers(20)...)
		for i := range 10 {
			mustGet(t, even, 2*i)
		}
		in.Close()
		mustEnd(t, done, nil)
	})
}

func TestBlockedSubscriberOfOneKeyAsksTheOthersToWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(3))
		p := fan.NewPub(in, parity)
		odd, even := p.Sub("odd"), p.Sub("even", runnel.Buffer(9))
		mustSend(t, in, 0, 1, 2)
		done := running(p.Run, bg)
		mustHold(t, even, 0)
		odd.Leave()
		mustHold(t, even, 2)
		in.Close()
		mustEnd(t, done, nil)
		mustBalance(t, odd.Stats(), 1)
	})
}

func TestPubCountsValuesWithoutSubscriberAsUnheard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		p := fan.NewPub(in, parity)
		even := p.Sub("even", runnel.Unbounded())
		done := running(p.Run, bg)
		mustSend(t, in, numbers(7)...)
		synctest.Wait()
		mustDrop(t, in.Stats(), runnel.Unheard, 3)
		even.Leave()
		mustSend(t, in, 2)
		synctest.Wait()
		mustDrop(t, in.Stats(), runnel.Unheard, 4)
		mustBalance(t, in.Stats(), 8)
		in.Close()
		mustEnd(t, done, nil)
		mustHold(t, even, 0, 2, 4, 6)
	})
}

func TestKeyFunctionPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(4))
		p := fan.NewPub(in, explosive)
		tap, other := p.Sub(1, runnel.Buffer(4)), p.Sub(2)
		mustSend(t, in, 1, 1, 13, 1)
		done := running(p.Run, bg)
		err, _ := done.Recv(bg)
		var panicked *runnel.PanicError
		if !errors.As(err, &panicked) || panicked.Value != errFull {
			t.Fatalf("Run returned %v", err)
		}
		if !strings.Contains(string(panicked.Stack), "explosive") {
			t.Errorf("the stack does not show the function:\n%s", panicked.Stack)
		}
		mustBeRefused(t, in, err)
		mustDrop(t, in.Stats(), runnel.Failed, 1)
		mustDrop(t, in.Stats(), runnel.Undelivered, 1)
		mustBalance(t, in.Stats(), 4)
		mustGet(t, tap, 1, 1)
		mustBeOver(t, tap, err)
		mustBeOver(t, other, err)
		mustBeOver(t, p.Sub(3), err)
	})
}

func explosive(v int) int {
	if v == 13 {
		panic(errFull)
	}
	return v
}

// An interface may hold what has no hash. The lock is not left locked then.
func TestKeyWithoutHash(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[any](runnel.Buffer(4))
		p := fan.NewPub(in, func(v any) any { return v })
		tap := p.Sub("a", runnel.Buffer(1))
		p.Sub(nil) // no value of any type is one that can be compared
		for want, f := range map[string]func(){
			"fan: Sub([1]): a key of type []int cannot be compared":             func() { p.Sub([]int{1}) },
			"fan: Sub([[1]]): a key of type [1]interface {} cannot be compared": func() { p.Sub([1]any{[]int{1}}) },
			"fan: Taps(map[]): a key of type map[int]int cannot be compared":    func() { p.Taps(map[int]int{}) },
		} {
			if got := panicOf(f); got != want {
				t.Errorf("panics with %v, want %q", got, want)
			}
		}
		mustSend[any](t, in, "a", []int{1})
		err, _ := running(p.Run, bg).Recv(bg)
		var panicked *runnel.PanicError
		if !errors.As(err, &panicked) {
			t.Errorf("Run returned %v", err)
		}
		mustGet[any](t, tap, "a")
		mustBeOver(t, tap, err)
		mustDrop(t, in.Stats(), runnel.Failed, 1)
	})
}

func TestKeyThatIsNotEqualToItself(t *testing.T) {
	p := fan.NewPub(runnel.New[float64](), func(v float64) float64 { return v })
	if got := panicOf(func() { p.Sub(math.NaN()) }); got != "fan: Sub(NaN): the key is not equal to itself" {
		t.Errorf("panics with %v", got)
	}
	if keys := p.Keys(); len(keys) != 0 {
		t.Errorf("keys %v", keys)
	}
}

// The key function may itself subscribe and leave.
func TestKeyFunctionSubscribes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		subs := map[int]*fan.Tap[int]{}
		var p *fan.Pub[int, int]
		p = fan.NewPub(in, func(v int) int {
			if subs[v] == nil {
				subs[v] = p.Sub(v, runnel.Buffer(3))
			} else {
				subs[v].Leave()
			}
			return v
		})
		done := running(p.Run, bg)
		mustSend(t, in, 1, 2, 1)
		in.Close()
		mustEnd(t, done, nil)
		mustHold(t, subs[1], 1)
		mustHold(t, subs[2], 2)
		mustDrop(t, in.Stats(), runnel.Unheard, 1)
	})
}

func TestPubInputEndsWithAnError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(2))
		p := fan.NewPub(in, parity)
		odd, even := p.Sub("odd", runnel.Buffer(1)), p.Sub("even")
		mustSend(t, in, 1, 2)
		in.CloseWith(errFull)
		done := running(p.Run, bg)
		mustGet(t, even, 2)
		mustEnd(t, done, errFull)
		mustGet(t, odd, 1)
		for _, tap := range []*fan.Tap[int]{odd, even, p.Sub("odd")} {
			mustBeOver(t, tap, errFull)
		}
	})
}

func TestPubContextEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		in := runnel.New[int](runnel.Buffer(2))
		p := fan.NewPub(in, parity)
		odd, even := p.Sub("odd"), p.Sub("even")
		mustSend(t, in, 1, 2)
		done := running(p.Run, ctx)
		cancel(errStop)
		mustEnd(t, done, errStop)
		mustBeRefused(t, in, errStop)
		mustBalance(t, odd.Stats(), 1)
		mustDrop(t, odd.Stats(), runnel.Undelivered, 1)
		mustBalance(t, even.Stats(), 0)
		mustDrop(t, in.Stats(), runnel.Undelivered, 1)
		mustBeOver(t, odd, errStop)
		mustBeOver(t, even, errStop)
	})
}

func TestKeysListsThoseThatAreThere(t *testing.T) {
	p := fan.NewPub(runnel.New[int](), parity)
	p.Sub("b")
	a := p.Sub("a")
	p.Sub("b")
	keys := p.Keys()
	if slices.Sort(keys); !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("keys %v", keys)
	}
	if taps := p.Taps("a"); len(taps) != 1 || taps[0] != a {
		t.Errorf("subscribers of a: %v", taps)
	}
	if taps := p.Taps("c"); len(taps) != 0 {
		t.Errorf("subscribers of c: %v", taps)
	}
}

// A key function that ends its goroutine leaves nobody waiting.
func TestPubWhoseKeyFunctionCallsGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(2))
		in.SendAll(bg, []int{1, 2})
		p := fan.NewPub(in, func(int) int { runtime.Goexit(); return 0 })
		tap := p.Sub(0)
		go p.Run(bg)
		_, err := tap.Recv(bg)
		if err == nil || err.Error() != "fan: Run was left by a panic or runtime.Goexit" {
			t.Errorf("the tap ended with %v", err)
		}
		synctest.Wait()
		if s := in.Stats(); !s.Closed || s.Dropped[runnel.Failed] != 1 || s.Dropped[runnel.Undelivered] != 1 {
			t.Errorf("in: %+v", s)
		}
	})
}
