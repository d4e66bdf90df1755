package conformance

import (
	"context"
	"runtime"
	"slices"

	"github.com/runnel-go/runnel"
)

// Laws about values that move.
var kindLaws = slices.Concat(moveLaws, endLaws, accountLaws)

var moveLaws = []kindLaw{
	{"Send and Recv: all adds up, in order", nil, func(t T, k kind) { transfers(t, k, sendEach, recvEach) }},
	{"TrySend and TryRecv: all adds up, in order", hasRoom, func(t T, k kind) { transfers(t, k, tryOften, pollOften) }},
	{"SendAll and RecvUpTo: all adds up, in order", nil, func(t T, k kind) { transfers(t, k, sendBatch, recvBatch) }},
	{"SendFunc and RecvFunc: all adds up, in order", nil, func(t T, k kind) { transfers(t, k, sendByCall, recvByCall) }},
	{"Select: all adds up, in order", nil, func(t T, k kind) { transfers(t, k, selectSend, selectRecv) }},
	{"All: all adds up, in order", nil, func(t T, k kind) { transfers(t, k, sendEach, rangeOver) }},
	{"SendAll and Recv: all adds up, in order", nil, func(t T, k kind) { transfers(t, k, sendBatch, recvEach) }},
	{"TrySend and Select: all adds up, in order", nil, func(t T, k kind) { transfers(t, k, tryOften, selectRecv) }},
	{"senders wait when there is no room, and are let in in order", isBounded, func(t T, k kind) {
		c := k.make()
		for v := range k.room + 3 {
			t.Go(func() { is(t, "Send", c.in.Send(bg, v), nil) })
			t.Wait()
		}
		equal(t, "senders that wait", c.in.Stats().SendersWaiting, 3)
		is(t, "TrySend", c.in.TrySend(99), runnel.ErrFull)
		var got []int
		for range k.room + 3 {
			v, _ := c.out.Recv(bg)
			got = append(got, v)
		}
		if keepsOrder(k) && !slices.IsSorted(got) {
			t.Errorf("received %v", got)
		}
		equal(t, "values", len(count(t, got)), k.room+3)
		c.account(t)
	}},
	{"receivers wait when there is nothing, and are served in order", nil, func(t T, k kind) {
		c := k.make()
		got := [3]int{}
		for i := range got {
			t.Go(func() { got[i], _ = c.out.Recv(bg) })
			t.Wait()
		}
		_, err := c.out.TryRecv()
		is(t, "TryRecv", err, runnel.ErrEmpty)
		equal(t, "receivers that wait", c.out.Stats().ReceiversWaiting, 3)
		for i := range got {
			is(t, "Send", c.in.Send(bg, i+1), nil)
		}
		t.Wait()
		equal(t, "received", got, [3]int{1, 2, 3})
		c.account(t)
	}},
	{"a sender whose context ends has sent or has not", nil, func(t T, k kind) {
		c := k.make()
		ctx, cancel := context.WithCancelCause(bg)
		g := newGroup(t)
		var errs [2]error
		for i := range errs {
			g.start(func() { errs[i] = c.in.Send(ctx, i) })
		}
		g.start(func() { cancel(errCause) })
		t.Go(func() { recvEach(t, c) })
		g.wait()
		c.in.Close()
		t.Wait()
		sent := uint64(0)
		for _, err := range errs {
			if err == nil {
				sent++
			} else {
				is(t, "Send", err, errCause)
			}
		}
		equal(t, "sent", c.in.Stats().Sent, sent)
		c.account(t)
	}},
	{"a receiver whose context ends has received or has not", keepsAll, func(t T, k kind) {
		c := k.make()
		ctx, cancel := context.WithCancelCause(bg)
		g := newGroup(t)
		var v int
		var err error
		g.start(func() { v, err = c.out.Recv(ctx) })
		g.start(func() { cancel(errCause) })
		g.start(func() { is(t, "Send", c.in.Send(bg, 1), nil) })
		t.Go(func() {
			rest, _ := c.drain()
			g.wait()
			if len(rest) == 1 {
				is(t, "Recv", err, errCause)
			} else if err != nil || v != 1 {
				t.Errorf("lost: Recv gave %v, %v, and then came %v", v, err, rest)
			}
			c.account(t)
		})
		t.Wait()
		c.in.Close()
		t.Wait()
	}},
	{"an operation under an ended context does nothing", nil, func(t T, k kind) {
		c := k.make()
		ctx, cancel := context.WithCancelCause(bg)
		cancel(errCause)
		_, err := c.out.Recv(ctx)
		is(t, "Recv", err, errCause)
		is(t, "Send", c.in.Send(ctx, 1), errCause)
		n, err := c.in.SendAll(ctx, []int{1})
		is(t, "SendAll", err, errCause)
		_, err = c.out.RecvUpTo(ctx, make([]int, 1))
		is(t, "RecvUpTo", err, errCause)
		equal(t, "sent", []any{n, c.in.Stats().Sent}, []any{0, 0})
	}},
}

// transfers has two senders send 10 and 20 + 0, 1, 2 each in one way, and two receivers take what
// comes in another. All must have been received, or dropped, and in the order of each sender.
func transfers(t T, k kind, send func(T, ends, int), recv func(T, ends) []int) {
	c := k.make()
	senders, receivers := newGroup(t), newGroup(t)
	var got [2][]int
	for i := range got {
		senders.start(func() { send(t, c, 10*(i+1)) })
		receivers.start(func() { got[i] = recv(t, c) })
	}
	senders.wait()
	c.in.Close()
	receivers.wait()
	all := slices.Concat(got[:]...)
	count(t, all)
	if n := uint64(len(all)) + c.dropped(); n != 6 {
		t.Errorf("received %v and %d dropped, want 6", got, c.dropped())
	}
	if keepsOrder(k) {
		inOrder(t, got)
	}
	c.account(t)
}

// inOrder expects that each receiver got the values of each sender in order.
func inOrder(t T, got [2][]int) {
	for _, values := range got {
		for sender := 1; sender <= 2; sender++ {
			of := slices.DeleteFunc(slices.Clone(values), func(v int) bool { return v/10 != sender })
			if !slices.IsSorted(of) {
				t.Errorf("received %v, not in the order of sender %d", values, sender)
			}
		}
	}
}

func sendEach(t T, c ends, from int) {
	for i := range 3 {
		is(t, "Send", c.in.Send(bg, from+i), nil)
	}
}

func recvEach(t T, c ends) []int {
	got, err := c.drain()
	is(t, "Recv", err, runnel.ErrClosed)
	return got
}

func rangeOver(_ T, c ends) []int { return slices.Collect(c.out.All(bg)) }

func tryOften(t T, c ends, from int) {
	for v := from; v < from+3; runtime.Gosched() {
		switch err := c.in.TrySend(v); err {
		case nil:
			v++
		case runnel.ErrFull:
		default:
			t.Errorf("TrySend: %v", err)
			return
		}
	}
}

func pollOften(t T, c ends) (got []int) {
	for ; ; runtime.Gosched() {
		switch v, err := c.out.TryRecv(); err {
		case nil:
			got = append(got, v)
		case runnel.ErrEmpty:
		default:
			is(t, "TryRecv", err, runnel.ErrClosed)
			return got
		}
	}
}

func sendBatch(t T, c ends, from int) {
	n, err := c.in.SendAll(bg, []int{from, from + 1, from + 2})
	equal(t, "SendAll", []any{n, err}, []any{3, nil})
}

func recvBatch(t T, c ends) (got []int) {
	buf := make([]int, 2)
	for {
		n, err := c.out.RecvUpTo(bg, buf)
		if err != nil {
			is(t, "RecvUpTo", err, runnel.ErrClosed)
			return got
		}
		got = append(got, buf[:n]...)
	}
}

// sendByCall begins the next send when the last one is done.
func sendByCall(t T, c ends, from int) {
	done := runnel.New[int](runnel.Buffer(1))
	v := from
	var next func(error)
	next = func(err error) {
		is(t, "SendFunc", err, nil)
		if v++; v < from+3 {
			c.in.SendFunc(v, next)
		} else {
			_ = done.TrySend(1)
		}
	}
	c.in.SendFunc(v, next)
	_, _ = done.Recv(bg)
}

func recvByCall(t T, c ends) (got []int) {
	done := runnel.New[int](runnel.Buffer(1))
	var next func(int, error)
	next = func(v int, err error) {
		if err != nil {
			is(t, "RecvFunc", err, runnel.ErrClosed)
			_ = done.TrySend(1)
			return
		}
		got = append(got, v)
		c.out.RecvFunc(next)
	}
	c.out.RecvFunc(next)
	_, _ = done.Recv(bg)
	return got
}

func selectSend(t T, c ends, from int) {
	out := runnel.SendTo(c.in, from)
	for i := range 3 {
		out.Set(from + i)
		_, err := runnel.Select(bg, nil, out)
		is(t, "Select", err, nil)
		is(t, "SendTo", out.Err(), nil)
	}
}

func selectRecv(t T, c ends) (got []int) {
	first, second := runnel.RecvFrom(c.out), runnel.RecvFrom(c.out)
	for {
		chosen, err := runnel.Select(bg, first, second, first)
		is(t, "Select", err, nil)
		v, err := chosen.(*runnel.RecvCase[int]).Value()
		if err != nil {
			is(t, "RecvFrom", err, runnel.ErrClosed)
			return got
		}
		got = append(got, v)
	}
}
