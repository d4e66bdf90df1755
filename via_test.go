package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// counted is a step that passes everything on and counts its completions.
func counted(completed *int) xf.Step[int, int] {
	return func(next xf.Sink[int]) xf.Sink[int] { return countedSink{next, completed} }
}

type countedSink struct {
	next      xf.Sink[int]
	completed *int
}

func (s countedSink) Put(v int) bool { return s.next.Put(v) }
func (s countedSink) Close()         { *s.completed++; s.next.Close() }

func double(v int) []int { return []int{v, v} }

// drain receives all that is there.
func drain[T any](r runnel.Receiver[T]) (all []T) {
	for {
		v, err := r.TryRecv()
		if err != nil {
			return all
		}
		all = append(all, v)
	}
}

func mustDrain[T comparable](t *testing.T, r runnel.Receiver[T], want ...T) {
	t.Helper()
	if got := drain(r); !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
}

func TestTransducerIsCompletedExactlyOnce(t *testing.T) {
	for name, end := range map[string]func(runnel.Sender[int], runnel.Receiver[int]){
		"Close":              func(in runnel.Sender[int], _ runnel.Receiver[int]) { in.Close() },
		"Close twice":        func(in runnel.Sender[int], _ runnel.Receiver[int]) { in.Close(); in.CloseWith(io.EOF) },
		"Cancel":             func(_ runnel.Sender[int], out runnel.Receiver[int]) { out.Cancel(io.EOF) },
		"Close, then Cancel": func(in runnel.Sender[int], out runnel.Receiver[int]) { in.Close(); out.Cancel(io.EOF) },
		"Take ends, then Close": func(in runnel.Sender[int], out runnel.Receiver[int]) {
			in.SendAll(bg, []int{1, 2, 3})
			in.Close()
			out.Cancel(nil)
		},
	} {
		for _, buffer := range []runnel.Option{
			runnel.Buffer(8), runnel.Dropping(1), runnel.Sliding(1), runnel.Unbounded(),
		} {
			completed := 0
			in, out := runnel.NewVia(xf.Compose(counted(&completed), xf.Take[int](2)), buffer)
			in.TrySend(1)
			if completed != 0 {
				t.Errorf("%s: completed before the end", name)
			}
			end(in, out)
			if completed != 1 {
				t.Errorf("%s: completed %d times", name, completed)
			}
		}
	}
}

func TestTransducerIsCompletedAfterPendingSends(t *testing.T) {
	completed := 0
	in, out := runnel.NewVia(counted(&completed), runnel.Buffer(1))
	for v := range 3 {
		in.SendFunc(v, func(err error) { mustBe(t, "send", err, nil) })
	}
	in.Close()
	for v := range 3 {
		if completed != 0 && v < 2 {
			t.Errorf("completed with %d values still to come", 2-v)
		}
		mustTake(t, out, v)
	}
	mustEnd(t, out, runnel.ErrClosed)
	if completed != 1 {
		t.Errorf("completed %d times", completed)
	}
}

func TestPendingSelectThatGivesUpCompletesAClosedTransducer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		completed := 0
		in, out := runnel.NewVia(counted(&completed), runnel.Buffer(1))
		mustSend(t, in, 1)
		ctx, cancel := context.WithCancel(bg)
		ended := begin(func() { runnel.Select(ctx, runnel.SendTo(in, 2)) })
		in.Close()
		if completed != 0 {
			t.Error("completed although a sender waits")
		}
		cancel()
		if !ended() || completed != 1 {
			t.Error("completed", completed, "times after the last sender has left")
		}
		mustTake(t, out, 1)
		mustEnd(t, out, runnel.ErrClosed)
	})
}

func TestTakeClosesTheChannelAndLetsSendersGo(t *testing.T) {
	in, out := runnel.NewVia(xf.Take[int](2), runnel.Buffer(1))
	results := make([]error, 4)
	for i := range results {
		results[i] = errors.New("not called")
		in.SendFunc(i, func(err error) { results[i] = err })
	}
	mustTake(t, out, 0) // lets 1 in, which is the last that Take wants
	for i, err := range results {
		mustBe(t, fmt.Sprint("send ", i), err, nil)
	}
	mustBe(t, "later send", in.TrySend(9), runnel.ErrClosed)
	if !isDone(in.Done()) {
		t.Error("the sending end is not done")
	}
	mustTake(t, out, 1)
	mustEnd(t, out, runnel.ErrClosed)
	mustBalance(t, in.Stats(), 4, 2, runnel.Drops{runnel.Ended: 2})
	mustBalance(t, out.Stats(), 2, 2, runnel.Drops{})
}

func TestCloseFlushesWhatTheTransducerHolds(t *testing.T) {
	in, out := runnel.NewVia(xf.Batch[int](3), runnel.Buffer(4))
	mustSend(t, in, 1, 2, 3, 4, 5)
	in.CloseWith(io.EOF)
	if got := fmt.Sprint(drain(out)); got != "[[1 2 3] [4 5]]" {
		t.Error("received", got)
	}
	mustEnd(t, out, io.EOF)
	mustBe(t, "Err of the receiving end", out.Err(), io.EOF)
}

func TestCloseFlushesIntoTheHandsOfAReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := runnel.NewVia(xf.Batch[int](3), runnel.Buffer(4))
		first := begin(func() {
			if v, err := out.Recv(bg); !slices.Equal(v, []int{1}) || err != nil {
				t.Error("received", v, err)
			}
		})
		second := begin(func() { _, err := out.Recv(bg); mustBe(t, "second receiver", err, runnel.ErrClosed) })
		mustSend(t, in, 1)
		if first() {
			t.Error("the batch is not full, yet somebody received it")
		}
		in.Close()
		if !first() || !second() {
			t.Error("a receiver still waits")
		}
	})
}

func TestExpansionMayOverfillByOneValue(t *testing.T) {
	in, out := runnel.NewVia(xf.FlatMap(double), runnel.Buffer(3))
	mustSend(t, in, 1, 2) // the second makes four of three
	if out.Len() != 4 || out.Cap() != 3 {
		t.Error("Len", out.Len(), "Cap", out.Cap())
	}
	mustBe(t, "TrySend", in.TrySend(3), runnel.ErrFull)
	mustTake(t, out, 1)
	mustBe(t, "TrySend with 3 of 3", in.TrySend(3), runnel.ErrFull)
	mustTake(t, out, 1)
	mustBe(t, "TrySend with 2 of 3", in.TrySend(3), nil)
	mustDrain(t, out, 2, 2, 3, 3)
	mustBalance(t, out.Stats(), 6, 6, runnel.Drops{})
}

func TestFilteredValuesTakeNoRoom(t *testing.T) {
	in, out := runnel.NewVia(xf.Filter(func(v int) bool { return v%10 == 0 }), runnel.Buffer(1))
	for v := 1; v < 10; v++ {
		mustBe(t, "TrySend", in.TrySend(v), nil)
	}
	mustSend(t, in, 10)
	in.SendFunc(11, func(err error) { mustBe(t, "11", err, nil) }) // wait for room although
	in.SendFunc(20, func(err error) { mustBe(t, "20", err, nil) }) // 11 would take none
	mustTake(t, out, 10, 20)
	mustBalance(t, in.Stats(), 12, 12, runnel.Drops{})
}

func TestDroppingAndSlidingApplyToWhatComesOut(t *testing.T) {
	for name, c := range map[string]struct {
		buffer runnel.Option
		kept   []int
		drops  runnel.Drops
	}{
		"dropping": {runnel.Dropping(3), []int{1, 1, 2}, runnel.Drops{runnel.DroppedNewest: 3}},
		"sliding":  {runnel.Sliding(3), []int{2, 3, 3}, runnel.Drops{runnel.DroppedOldest: 3}},
	} {
		in, out := runnel.NewVia(xf.FlatMap(double), c.buffer)
		mustSend(t, in, 1, 2, 3)
		mustDrain(t, out, c.kept...)
		mustBalance(t, in.Stats(), 3, 3, runnel.Drops{})
		mustBalance(t, out.Stats(), 6, 3, c.drops)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestCancelAtTheReceiverRefusesSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := runnel.NewVia(xf.Map(strings.ToUpper), runnel.Buffer(1))
		var dropped []string
		out.OnDrop(func(v string, why runnel.Reason) { dropped = append(dropped, fmt.Sprint(v, ": ", why)) })
		mustSend(t, in, "a")
		pending := begin(func() {
			err := in.Send(bg, "b")
			mustBe(t, "pending send", err, runnel.ErrClosed)
			mustBe(t, "pending send", err, io.ErrClosedPipe)
		})
		out.Cancel(io.ErrClosedPipe)
		if !pending() || !isDone(in.Done()) {
			t.Error("the stop did not travel upstream")
		}
		mustBe(t, "later send", in.TrySend("c"), io.ErrClosedPipe)
		mustEnd(t, out, io.ErrClosedPipe)
		if !slices.Equal(dropped, []string{"A: undelivered"}) {
			t.Errorf("OnDrop heard %q", dropped)
		}
		mustBalance(t, in.Stats(), 1, 1, runnel.Drops{})
		mustBalance(t, out.Stats(), 1, 0, runnel.Drops{runnel.Undelivered: 1})
	})
}

func TestCancelCountsWhatTheCompletionGives(t *testing.T) {
	in, out := runnel.NewVia(xf.Batch[int](3), runnel.Buffer(1))
	mustSend(t, in, 1, 2)
	out.Cancel(nil)
	mustBalance(t, out.Stats(), 1, 0, runnel.Drops{runnel.Undelivered: 1})
}

func explosive(v int) int {
	if v == 3 {
		panic(io.ErrUnexpectedEOF)
	}
	return v
}

func TestPanicInAStepClosesBothEnds(t *testing.T) {
	in, out := runnel.NewVia(xf.Map(explosive), runnel.Buffer(8))
	mustSend(t, in, 1, 2, 3) // 3 is taken, and lost in the panic
	for name, err := range map[string]error{"sending end": in.Err(), "receiving end": out.Err()} {
		var as *runnel.PanicError
		if !errors.As(err, &as) || as.Value != io.ErrUnexpectedEOF || !strings.Contains(string(as.Stack), "explosive") {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustBe(t, "later send", in.TrySend(4), io.ErrUnexpectedEOF)
	mustTake(t, out, 1, 2)
	_, err := out.TryRecv()
	mustBe(t, "the end", err, io.ErrUnexpectedEOF)
	mustBalance(t, in.Stats(), 3, 2, runnel.Drops{runnel.Failed: 1})
	mustBalance(t, out.Stats(), 2, 2, runnel.Drops{})
}

func TestPanicInAStepReleasesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := runnel.NewVia(xf.Map(explosive), runnel.Buffer(1))
		receiver := begin(func() {
			for range out.All(bg) {
			}
			mustBe(t, "receiver", out.Err(), io.ErrUnexpectedEOF)
		})
		mustSend(t, in, 1, 2, 3)
		if !receiver() {
			t.Error("the receiver still waits")
		}
	})
}

func TestPanicWhenATransducerIsCompleted(t *testing.T) {
	in, out := runnel.NewVia(func(next xf.Sink[int]) xf.Sink[int] { return panicAtEnd{next} }, runnel.Buffer(1))
	mustSend(t, in, 1)
	in.Close()
	mustTake(t, out, 1)
	var as *runnel.PanicError
	if _, err := out.TryRecv(); !errors.As(err, &as) || as.Value != "at the end" {
		t.Error("the end:", err)
	}
}

type panicAtEnd struct{ xf.Sink[int] }

func (panicAtEnd) Close() { panic("at the end") }

func TestCallbacksOnATransducerMayUseTheChannel(t *testing.T) {
	in, out := runnel.NewVia(xf.Map(func(v int) int { return v * 10 }), runnel.Buffer(1))
	var got []int
	var receive func(int, error)
	receive = func(v int, err error) {
		if err != nil {
			return
		}
		got = append(got, v)
		if len(got) < 4 {
			out.RecvFunc(receive)
			mustSend(t, in, len(got)+1)
		}
		out.Stats()
		in.Stats()
	}
	out.RecvFunc(receive)
	mustSend(t, in, 1)
	if !slices.Equal(got, []int{10, 20, 30, 40}) {
		t.Error("received", got)
	}
}

func TestSendCallbackMaySendAgain(t *testing.T) {
	in, out := runnel.NewVia(xf.FlatMap(double), runnel.Buffer(1))
	next := 1
	var send func(error)
	send = func(err error) {
		mustBe(t, "send", err, nil)
		if next++; next <= 4 {
			in.SendFunc(next, send)
		}
	}
	in.SendFunc(next, send)
	mustDrain(t, out, 1, 1, 2, 2, 3, 3, 4, 4)
}

func TestOnDropOfATransducerMayUseTheChannel(t *testing.T) {
	in, out := runnel.NewVia(xf.Map(func(v int) int { return v }), runnel.Sliding(1))
	var dropped []int
	out.OnDrop(func(v int, _ runnel.Reason) {
		dropped = append(dropped, v)
		if len(dropped) == 1 {
			mustSend(t, in, 100)
		}
		out.Len()
	})
	mustSend(t, in, 1, 2)
	mustDrain(t, out, 100)
	if !slices.Equal(dropped, []int{1, 2}) {
		t.Error("dropped", dropped)
	}
}

func TestSelectOnTheEndsOfATransducer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := runnel.NewVia(xf.FlatMap(double), runnel.Buffer(1))
		send, recv, never := runnel.SendTo(in, 0), runnel.RecvFrom(out), runnel.RecvFrom(runnel.New[int]())
		var got []int
		receiver := begin(func() {
			for len(got) < 20 {
				if c, err := runnel.Select(bg, never, recv); c != recv || err != nil {
					t.Error("Select:", c, err)
				}
				v, _ := recv.Value()
				got = append(got, v)
			}
		})
		for v := range 10 {
			send.Set(v)
			if c, err := runnel.Select(bg, send); c != send || err != nil || send.Err() != nil {
				t.Error("Select:", c, err, send.Err())
			}
		}
		if !receiver() {
			t.Fatal("the receiver still waits after", got)
		}
		for i, v := range got {
			if v != i/2 {
				t.Fatal("received", got)
			}
		}
	})
}

func TestPipelineOfTransducersKeepsOrder(t *testing.T) {
	in, mid := runnel.NewVia(xf.Filter(func(v int) bool { return v%3 != 0 }), runnel.Buffer(2))
	in2, out := runnel.NewVia(xf.Scan(0, func(sum, v int) int { return sum + v }), runnel.Buffer(2))
	go func() {
		for v := range 1000 {
			mustSend(t, in, v)
		}
		in.Close()
	}()
	go func() {
		for v := range mid.All(bg) {
			mustSend(t, in2, v)
		}
		in2.Close()
	}()
	want, n := 0, 0
	for v := range 1000 {
		if v%3 != 0 {
			want += v
			if got, err := out.Recv(bg); got != want || err != nil {
				t.Fatalf("value %d: %d, %v, want %d", n, got, err, want)
			}
			n++
		}
	}
	if _, err := out.Recv(bg); err != runnel.ErrClosed {
		t.Error("the end:", err)
	}
}

// lingering gives 1 and 2 for each value, and lets others go on in between.
type lingering struct{ next xf.Sink[int] }

func (l lingering) Put(int) bool {
	l.next.Put(1)
	for range 100 {
		runtime.Gosched()
	}
	return l.next.Put(2)
}

func (l lingering) Close() { l.next.Close() }

func TestLateReceiverBehindATransducerWaitsForItsTurn(t *testing.T) {
	for _, buffer := range []runnel.Option{runnel.Sliding(2), runnel.Dropping(2)} {
		in, out := runnel.NewVia(func(next xf.Sink[int]) xf.Sink[int] { return lingering{next} }, buffer)
		first, late := 0, make(chan int)
		out.RecvFunc(func(v int, _ error) { first = v })
		go func() {
			v, err := out.TryRecv()
			for err == runnel.ErrEmpty {
				runtime.Gosched()
				v, err = out.TryRecv()
			}
			late <- v
		}()
		in.Send(t.Context(), 0)
		if v := <-late; first != 1 || v != 2 {
			t.Errorf("%v: whoever waited got %d, who came late %d, want 1 and 2", buffer, first, v)
		}
	}
}
