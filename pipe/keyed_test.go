package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// entry is the seq-th value of its key.
type entry struct{ key, seq int }

func keyOf(e entry) int { return e.key }

// entries draws n values of up to keys keys; low keys are frequent.
func entries(r *rand.Rand, n, keys int) []entry {
	seen := make([]int, keys)
	all := make([]entry, n)
	for i := range all {
		k := min(r.IntN(keys), r.IntN(keys))
		all[i] = entry{k, seen[k]}
		seen[k]++
	}
	return all
}

// The values of a key are worked on one at a time and leave in their order, whatever the
// delays, and without gaps up to a failure.
func TestMapKeyedKeepsTheOrderOfEachKey(t *testing.T) {
	r := seeded(t)
	rounds := 120
	if testing.Short() {
		rounds = 30
	}
	for round := range rounds {
		n, backlog, keys := 1+r.IntN(5), 1+r.IntN(4), 1+r.IntN(8)
		all, seed, bad := entries(r, r.IntN(100), keys), r.Uint64(), r.IntN(200)
		bubble(t, fmt.Sprint(round), func(t *testing.T) {
			in := runnel.New[entry]()
			runnel.Go(func() { in.SendAll(bg, all); in.Close() })
			busy := make([]atomic.Bool, keys)
			var running, calls atomic.Int32
			out := pipe.MapKeyed(bg, in, n, backlog, keyOf, func(_ context.Context, e entry) (entry, error) {
				if busy[e.key].Swap(true) {
					t.Errorf("two values of key %d are worked on at once", e.key)
				}
				if running.Add(1) > int32(n) {
					t.Errorf("more than %d calls at once", n)
				}
				time.Sleep(time.Duration(rand.New(rand.NewPCG(seed, uint64(e.key*1000+e.seq))).IntN(5)) * time.Second)
				running.Add(-1)
				busy[e.key].Store(false)
				if calls.Add(1) == int32(bad)+1 {
					return e, errBad
				}
				return e, nil
			})
			got, end := drain(out)
			next := make([]int, keys)
			for i, e := range got {
				if e.seq != next[e.key] {
					t.Fatalf("result %d of key %d is %d, want %d", i, e.key, e.seq, next[e.key])
				}
				next[e.key]++
			}
			if bad >= len(all) && (end != nil || len(got) != len(all)) || bad < len(all) && end != errBad {
				t.Errorf("%d of %d results and end %v, with failure in call %d", len(got), len(all), end, bad)
			}
			time.Sleep(time.Hour)
			mustAddUp(t, "in", in.Stats())
			mustAddUp(t, "out", out.Stats())
			mustEqual(t, "values sent on", out.Stats().Sent, in.Stats().Received)
		})
	}
}

// A key whose values are slow uses one worker. The others flow until one more of its values
// comes than its backlog takes, and go on when that has found room.
func TestMapKeyedHotKey(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		const hot, cold = 0, 1
		in := runnel.New[int]()
		out := pipe.MapKeyed(bg, in, 2, 3, func(v int) int { return min(v, cold) }, func(_ context.Context, v int) (int, error) {
			if v == hot {
				time.Sleep(time.Hour)
			}
			return v, nil
		})
		for range 1 + 3 { // one is worked on, three wait
			in.Send(bg, hot)
		}
		for v := cold; v < 100; v++ {
			in.Send(bg, v)
			if got, err := out.Recv(bg); got != v || err != nil {
				t.Fatalf("got %d, %v behind a hot key, want %d", got, err, v)
			}
		}
		began := time.Now()
		in.Send(bg, hot) // in the hand of the reader
		sent := begin(func() { in.Send(bg, cold) })
		if sent() {
			t.Error("a value was taken although the backlog of the hot key was full")
		}
		if got, _ := out.Recv(bg); got != hot || time.Since(began) != time.Hour {
			t.Errorf("got %d after %v, want the hot value after an hour", got, time.Since(began))
		}
		if !sent() {
			t.Error("no value was taken although the hot key had room again")
		}
		out.Cancel(nil)
		time.Sleep(2 * time.Hour)
	})
}

// In the stage are at most n values that are worked on, n·backlog that wait, and the one that
// the reader has in its hand.
func TestMapKeyedHoldsSoManyValues(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		for _, backlog := range []int{1, 4} {
			bubble(t, fmt.Sprint(n, backlog), func(t *testing.T) {
				in := counting()
				out := pipe.MapKeyed(bg, in, n, backlog, func(v int) int { return v }, func(ctx context.Context, v int) (int, error) {
					return v, runnel.Sleep(ctx, time.Hour)
				})
				synctest.Wait()
				mustEqual(t, "values taken", in.Stats().Received, n+n*backlog+1)
				out.Cancel(errStop)
				synctest.Wait()
				mustBalance(t, "in", in.Stats(), in.Stats().Sent, 0, dropped(runnel.Undelivered, uint64(n+n*backlog+1)))

				in = counting()
				out = pipe.MapKeyed(bg, in, n, backlog, func(int) int { return 0 }, func(ctx context.Context, v int) (int, error) {
					return v, runnel.Sleep(ctx, time.Hour)
				})
				synctest.Wait()
				mustEqual(t, "values of one key taken", in.Stats().Received, 1+backlog+1)
				out.Cancel(errStop)
			})
		}
	}
}

// Keys take turns, whatever the number of values that they have.
func TestMapKeyedIsFair(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		var calls strings.Builder
		in := holding("x1", "a1", "a2", "a3", "b1", "b2", "c1", "a4")
		in.Close()
		drain(pipe.MapKeyed(bg, in, 1, 10, func(v string) byte { return v[0] }, func(_ context.Context, v string) (string, error) {
			time.Sleep(time.Second) // so that all are in lanes before the first is done
			calls.WriteString(v + " ")
			return v, nil
		}))
		mustEqual(t, "calls", calls.String(), "x1 a1 b1 c1 a2 b2 a3 a4 ")
	})
}

// Values that wait when the stage stops are told in the order of their key.
func TestMapKeyedFailureWhileOthersWait(t *testing.T) {
	for _, n := range []int{1, 3} {
		for kind, failure := range failures {
			bubble(t, fmt.Sprint(kind, n), func(t *testing.T) {
				in := holding(entry{0, 0}, entry{0, 1}, entry{1, 0}, entry{0, 2}, entry{1, 1}, entry{2, 0}, entry{1, 2})
				told := map[int][]int{}
				turn := make(chan struct{}, 1)
				failed := 0
				in.OnDrop(func(e entry, why runnel.Reason) {
					turn <- struct{}{}
					defer func() { <-turn }()
					if why == runnel.Failed {
						failed++
						mustEqual(t, "value that failed", e, entry{0, 0})
					}
					told[e.key] = append(told[e.key], e.seq)
				})
				out := pipe.MapKeyed(bg, in, n, 9, keyOf, func(ctx context.Context, e entry) (int, error) {
					if e.key == 0 {
						time.Sleep(time.Second)
						return 0, failure()
					}
					return 0, runnel.Sleep(ctx, time.Hour)
				})
				_, end := drain(out)
				mustBeFailure(t, kind, end)
				synctest.Wait()
				drops := dropped(runnel.Failed, 1)
				drops[runnel.Undelivered] = 6
				mustBalance(t, "in", in.Stats(), 7, 0, drops)
				mustBalance(t, "out", out.Stats(), 0, 0, runnel.Drops{})
				mustEqual(t, "values told", told, map[int][]int{0: {0, 1, 2}, 1: {0, 1, 2}, 2: {0}})
				mustEqual(t, "told as failed", failed, 1)
			})
		}
	}
}

// A failure while the reader waits for room: the value in its hand is accounted for.
func TestMapKeyedFailureWhileTheReaderWaits(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := holding(upTo(10)...)
		out := pipe.MapKeyed(bg, in, 1, 1, func(int) int { return 0 }, func(context.Context, int) (int, error) {
			time.Sleep(time.Second)
			return 0, errBad
		})
		_, end := drain(out)
		mustBe(t, "end", end, errBad)
		synctest.Wait()
		drops := dropped(runnel.Failed, 1)
		drops[runnel.Undelivered] = 9
		mustBalance(t, "in", in.Stats(), 10, 0, drops)
	})
}

// What key does wrong is what f does wrong.
func TestMapKeyedFailureOfKey(t *testing.T) {
	for _, n := range []int{1, 4} {
		for kind, failure := range failures {
			if kind == "error" {
				continue
			}
			bubble(t, fmt.Sprint(kind, n), func(t *testing.T) {
				in := holding(upTo(10)...)
				out := pipe.MapKeyed(bg, in, n, 1, func(v int) int {
					if v == 3 {
						failure()
					}
					return v
				}, double)
				_, end := drain(out)
				mustBeFailure(t, kind, end)
				synctest.Wait()
				mustEqual(t, "values failed", in.Stats().Dropped[runnel.Failed], 1)
				mustAddUp(t, "in", in.Stats())
				mustEqual(t, "values sent on", out.Stats().Sent, in.Stats().Received)
			})
		}
	}
}

// A key that cannot be compared is one that panicked.
func TestMapKeyedKeyThatCannotBeCompared(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := filled(nil, upTo(10)...)
		out := pipe.MapKeyed(bg, in, 2, 2, func(v int) any {
			if v == 4 {
				return []int{v}
			}
			return v
		}, double)
		_, end := drain(out)
		var p *runnel.PanicError
		if !errors.As(end, &p) || !strings.Contains(p.Error(), "comparing uncomparable type []int") {
			t.Errorf("end %v, want a panic about the type", end)
		}
		synctest.Wait()
		mustEqual(t, "values failed", in.Stats().Dropped[runnel.Failed], 1)
		mustEqual(t, "values sent on", out.Stats().Sent, in.Stats().Received)
	})
}

// NaN equals no key, not even itself: each is a key of its own.
func TestMapKeyedNaN(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		began := time.Now()
		got, end := drain(pipe.MapKeyed(bg, filled(nil, upTo(12)...), 4, 1, func(int) float64 { return math.NaN() }, func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Hour)
			return v, nil
		}))
		slices.Sort(got)
		if !slices.Equal(got, upTo(12)) || end != nil || time.Since(began) != 3*time.Hour {
			t.Errorf("%v, %v after %v, want 12 values in 3 hours", got, end, time.Since(began))
		}
	})
}
