package conformance

import "github.com/runnel-go/runnel"

// Laws about how a channel ends.
var endLaws = []kindLaw{
	{"what was sent before Close is received, then the cause", keepsAll, func(t T, k kind) {
		c := k.make()
		t.Go(func() { is(t, "Send", c.in.Send(bg, 1), nil) })
		t.Wait()
		c.in.CloseWith(errCause)
		c.in.CloseWith(nil) // the first end counts
		is(t, "Send after the end", c.in.Send(bg, 2), runnel.ErrClosed, errCause)
		is(t, "TrySend after the end", c.in.TrySend(2), runnel.ErrClosed, errCause)
		got, err := c.drain()
		equal(t, "received", got, []int{1})
		is(t, "Recv at the end", err, errCause)
		is(t, "Err", c.out.Err(), errCause)
		_, err = c.out.TryRecv()
		is(t, "TryRecv at the end", err, errCause)
		c.account(t)
	}},
	{"senders that wait are delivered after Close", isBounded, func(t T, k kind) {
		c := k.make()
		for v := range k.room + 2 {
			t.Go(func() { is(t, "Send", c.in.Send(bg, v), nil) })
		}
		t.Wait()
		c.in.Close()
		got, err := c.drain()
		equal(t, "values", len(count(t, got)), k.room+2)
		is(t, "Recv at the end", err, runnel.ErrClosed)
		c.account(t)
	}},
	{"Close lets all receivers go", nil, func(t T, k kind) {
		c := k.make()
		g := newGroup(t)
		for range 2 {
			g.start(func() { recvEach(t, c) })
		}
		g.start(func() { selectRecv(t, c) })
		g.start(func() { recvByCall(t, c) })
		g.start(c.in.Close)
		g.wait()
		<-c.out.Done()
		c.account(t)
	}},
	{"Cancel refuses senders and takes out what is buffered", nil, func(t T, k kind) {
		c := k.make()
		g := newGroup(t)
		var errs [4]error
		for i := range errs {
			g.start(func() { errs[i] = c.in.Send(bg, i) })
		}
		t.Wait()
		c.out.Cancel(errCause)
		g.wait()
		sent := uint64(0)
		for _, err := range errs {
			if err == nil {
				sent++
			} else {
				is(t, "Send", err, runnel.ErrClosed, errCause)
			}
		}
		equal(t, "sent", c.in.Stats().Sent, sent)
		equal(t, "dropped", c.dropped(), sent)
		equal(t, "left", c.out.Len(), 0)
		_, err := c.out.Recv(bg)
		is(t, "Recv", err, errCause)
		c.account(t)
	}},
	{"Close and Cancel at once leave nobody waiting", nil, func(t T, k kind) {
		c := k.make()
		g := newGroup(t)
		got := uint64(0)
		for range 3 {
			g.start(func() { _ = c.in.Send(bg, 1) })
		}
		g.start(func() {
			if _, err := c.out.Recv(bg); err == nil {
				got++
			}
		})
		g.start(c.in.Close)
		g.start(func() { c.out.Cancel(nil) })
		g.wait()
		equal(t, "received and dropped", got+c.dropped(), c.in.Stats().Sent)
		c.account(t)
	}},
	{"OnClose is called once, or taken back", nil, func(t T, k kind) {
		c := k.make()
		g := newGroup(t)
		called, tookBack := 0, false
		stop := c.in.OnClose(func(err error) {
			called++
			equal(t, "cause", err, errCause)
		})
		g.start(func() { tookBack = stop() })
		g.start(func() { c.in.CloseWith(errCause) })
		g.wait()
		t.Wait()
		if tookBack == (called == 1) || called > 1 {
			t.Errorf("called %d times, taken back: %v", called, tookBack)
		}
		c.in.OnClose(func(error) { called = 7 })
		equal(t, "called after the end", called, 7)
	}},
}

// Laws about the books.
var accountLaws = []kindLaw{
	{"OnDrop hears of every drop", nil, func(t T, k kind) {
		c := k.make()
		var heard []int
		hear := func(v int, _ runnel.Reason) { heard = append(heard, v) }
		c.out.OnDrop(hear)
		c.in.OnDrop(hear)
		sends := newGroup(t)
		sends.start(func() {
			for v := range 4 {
				_ = c.in.Send(bg, v)
			}
		})
		t.Wait()
		c.out.Cancel(nil)
		sends.wait()
		equal(t, "heard", len(count(t, heard)), c.dropped())
	}},
	{"the books balance at every moment", nil, func(t T, k kind) {
		c := k.make()
		g := newGroup(t)
		g.start(func() { sendEach(t, c, 10) })
		g.start(func() { recvEach(t, c) })
		g.start(func() {
			for range 3 {
				c.account(t)
			}
		})
		g.start(func() { c.out.Reject(0, runnel.Failed); c.in.Discard(0, runnel.Unheard) })
		t.Wait()
		c.in.Close()
		g.wait()
		s := c.out.Stats()
		equal(t, "failed", s.Dropped[runnel.Failed], 1)
		equal(t, "unheard", c.in.Stats().Dropped[runnel.Unheard], 1)
		c.account(t)
	}},
	{"Len is never above what fits", isBounded, func(t T, k kind) {
		c := k.make()
		g := newGroup(t)
		g.start(func() { sendEach(t, c, 10) })
		g.start(func() {
			for range 3 {
				if n := c.out.Len(); n > k.room {
					t.Errorf("%d values in %s", n, k.name)
				}
			}
		})
		g.start(func() { recvEach(t, c) })
		t.Wait()
		c.in.Close()
		g.wait()
		if n := c.out.Stats().HighWater; n > k.room {
			t.Errorf("once %d values in %s", n, k.name)
		}
	}},
}
