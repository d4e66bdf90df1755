package pipe_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// pair is what both kinds of zip make of two values here.
func pair(a, b int) []int { return []int{a, b} }

// zips are Zip, and ZipAll with two inputs.
var zips = map[string]func(ctx context.Context, a, b runnel.Receiver[int]) runnel.Receiver[[]int]{
	"Zip": func(ctx context.Context, a, b runnel.Receiver[int]) runnel.Receiver[[]int] {
		return pipe.Zip(ctx, a, b, pair)
	},
	"ZipAll": func(ctx context.Context, a, b runnel.Receiver[int]) runnel.Receiver[[]int] {
		return pipe.ZipAll(ctx, both(a, b))
	},
}

type zipFunc func(a, b runnel.Receiver[int]) runnel.Receiver[[]int]

// forZips runs a test with both kinds, and with the inputs in both orders.
func forZips(t *testing.T, f func(t *testing.T, zip zipFunc)) {
	for name, zip := range zips {
		bubble(t, name, func(t *testing.T) {
			f(t, func(a, b runnel.Receiver[int]) runnel.Receiver[[]int] { return zip(bg, a, b) })
		})
		bubble(t, name+" reversed", func(t *testing.T) {
			f(t, func(a, b runnel.Receiver[int]) runnel.Receiver[[]int] { return zip(bg, b, a) })
		})
	}
}

func TestZipPairs(t *testing.T) {
	for name, zip := range zips {
		bubble(t, name, func(t *testing.T) {
			got, end := drain(zip(bg, filled(nil, 1, 2, 3), filled(nil, 10, 20, 30)))
			mustEqual(t, "pairs", got, "[[1 10] [2 20] [3 30]]")
			mustBe(t, "end", end, nil)
		})
	}
}

// The shorter input ends it. What the longer one gave in vain is counted.
func TestZipLosesNothingSilently(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		forZips(t, func(t *testing.T, zip zipFunc) {
			short, long := filled(cause, 1, 2), holding(upTo(5)...)
			got, end := drain(zip(short, long))
			if len(got) != 2 || end != cause {
				t.Errorf("%v, %v", got, end)
			}
			synctest.Wait()
			mustBalance(t, "short", short.Stats(), 2, 2, runnel.Drops{})
			mustBalance(t, "long", long.Stats(), 5, 2, dropped(runnel.Undelivered, 3))
			mustBe(t, "long", long.Err(), cause)
		})
	}
}

// An end is noticed while the other input is idle, and the value in hand is rejected.
func TestZipNoticesAnEndAtOnce(t *testing.T) {
	for _, held := range []int{0, 1} {
		forZips(t, func(t *testing.T, zip zipFunc) {
			a, b := holding(upTo(held)...), runnel.New[int]()
			out := zip(a, b)
			synctest.Wait()
			b.CloseWith(errLost)
			_, end := drain(out)
			mustBe(t, "end", end, errLost)
			synctest.Wait()
			mustBe(t, "a", a.Err(), errLost)
			mustBalance(t, "a", a.Stats(), uint64(held), 0, dropped(runnel.Undelivered, uint64(held)))
		})
	}
}

// The end of an input whose value is in hand does not end the pair.
func TestZipCompletesThePair(t *testing.T) {
	forZips(t, func(t *testing.T, zip zipFunc) {
		a, b := filled(errLost, 0), runnel.New[int]()
		out := zip(a, b)
		synctest.Wait()
		b.Send(bg, 0)
		got, end := drain(out)
		mustEqual(t, "pairs", got, "[[0 0]]")
		mustBe(t, "end", end, errLost)
	})
}

func TestZipStops(t *testing.T) {
	stops := map[string]func(out runnel.Receiver[[]int], end func(error)){
		"consumer": func(out runnel.Receiver[[]int], _ func(error)) { out.Cancel(errStop) },
		"context":  func(_ runnel.Receiver[[]int], end func(error)) { end(errStop) },
	}
	for kind, stop := range stops {
		for name, zip := range zips {
			for _, n := range []struct{ a, b, results uint64 }{
				{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {2, 1, 1}, {1, 2, 1},
			} {
				bubble(t, kind+" "+name, func(t *testing.T) {
					ctx, end := context.WithCancelCause(bg)
					a, b := holding(upTo(int(n.a))...), holding(upTo(int(n.b))...)
					out := zip(ctx, a, b)
					synctest.Wait()
					stop(out, end)
					synctest.Wait()
					if a.Err() != errStop || b.Err() != errStop || out.Err() != errStop {
						t.Errorf("ends: %v, %v, %v", a.Err(), b.Err(), out.Err())
					}
					// A pair that was made was on its way to the consumer.
					mustBalance(t, "a", a.Stats(), n.a, n.results, dropped(runnel.Undelivered, n.a-n.results))
					mustBalance(t, "b", b.Stats(), n.b, n.results, dropped(runnel.Undelivered, n.b-n.results))
					mustBalance(t, "out", out.Stats(), n.results, 0, dropped(runnel.Undelivered, n.results))
				})
			}
		}
	}
}

func TestZipFailure(t *testing.T) {
	for kind, bad := range map[string]func(){"panic": panics, "Goexit": runtime.Goexit} {
		bubble(t, kind, func(t *testing.T) {
			a, b := holding(upTo(4)...), holding(upTo(3)...)
			got, end := drain(pipe.Zip(bg, a, b, func(v, w int) int {
				at(1, bad)(v)
				return v + w
			}))
			mustEqual(t, "sums", got, "[0]")
			mustBeEscape(t, end, kind)
			synctest.Wait()
			mustBalance(t, "a", a.Stats(), 4, 1, drops(1, 2))
			mustBalance(t, "b", b.Stats(), 3, 1, drops(1, 1))
		})
	}
}

func TestZipAllOfNothing(t *testing.T) {
	if _, err := pipe.ZipAll[int](bg, nil).TryRecv(); err != runnel.ErrClosed {
		t.Errorf("%v, want the end", err)
	}
}

// Each row is the consumer's.
func TestZipAllRowsAreFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, _ := drain(pipe.ZipAll(bg, both[int](filled(nil, 1, 2), filled(nil, 3, 4))))
		mustEqual(t, "rows", rows, "[[1 3] [2 4]]")
	})
}

// There are as many rows as the shortest input has values, and all others are counted.
func TestZipAllProperty(t *testing.T) {
	r := seeded(t)
	for range 100 {
		n, sizes, shortest := 1+r.IntN(6), []int(nil), 1000
		for range n {
			sizes = append(sizes, r.IntN(20))
			shortest = min(shortest, sizes[len(sizes)-1])
		}
		synctest.Test(t, func(t *testing.T) {
			ins, senders := make([]runnel.Receiver[int], n), make([]*runnel.Chan[int], n)
			for i := range ins {
				senders[i] = runnel.New[int]()
				ins[i] = senders[i]
				runnel.Go(func() {
					defer senders[i].Close()
					for v := range sizes[i] {
						senders[i].Send(bg, v)
					}
				})
			}
			rows, end := drain(pipe.ZipAll(bg, ins))
			mustBe(t, "end", end, nil)
			if len(rows) != shortest {
				t.Errorf("%d rows, want %d", len(rows), shortest)
			}
			for i, row := range rows {
				mustEqual(t, "row", row, repeat(i, n))
			}
			synctest.Wait()
			for i, s := range senders {
				if s := s.Stats(); s.Received != uint64(shortest) {
					t.Errorf("input %d: %+v, want %d received", i, s, shortest)
				}
				mustAddUp(t, "in", s.Stats())
			}
		})
	}
}
