package goker

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var grpc = []Kernel{
	kernel("grpc_1275", "Closing a stream does not wake the reader that waits for its next message.",
		grpc1275, sim.Leak),
	kernel("grpc_1424", "The watcher of addresses closes done after an address, not at the end of its input, for which the dialer waits.",
		grpc1424, sim.Leak),
	kernel("grpc_1687", "Writing the status closes the queue of writes, and the handler goes on to write.",
		grpc1687, sim.Panic),
	kernel("grpc_2371", "Close takes the balancer away while the resolver is about to update it.",
		grpc2371, sim.Panic),
	kernel("grpc_660", "The call that is under way when stop wins has nobody who receives its result.",
		grpc660, sim.Leak),
	kernel("grpc_862", "A dialer that gives up closes the connection it would have returned, which is nil, and its transport retries for ever.",
		grpc862, sim.Leak),
	kernel("grpc_1353", "An update is sent under the lock that the watcher takes before it receives the next one.",
		grpc1353, sim.Deadlock),
	kernel("grpc_1460", "The keepalive waits to be awakened under the lock that whoever awakens it takes before.",
		grpc1460, sim.Deadlock),
}

func grpc1275(t *sim.T, fixed bool) {
	messages, done := newSignal(), newSignal()
	t.Go("reader", func() {
		defer done.Close()
		await(messages)
	})
	if fixed {
		messages.Close() // closing the stream
	}
	wins(from(done), from(runnel.After(300*time.Nanosecond)))
}

func grpc1424(t *sim.T, fixed bool) {
	addresses, done := runnel.New[int](), newSignal()
	watch := func() {
		if fixed {
			defer done.Close()
		}
		for range addresses.All(bg) {
			done.Close()
		}
	}
	t.Go("dialer", func() {
		t.Go("watcher", watch)
		await(done)
	})
	addresses.Close()
}

// handlerTransport queues what handlers write, for the one task that may.
type handlerTransport struct {
	closed *signal
	writes *runnel.Chan[func()]
}

func grpc1687(t *sim.T, fixed bool) {
	h := handlerTransport{newSignal(), runnel.New[func()]()}
	t.Go("handler", func() {
		h.writeStatus(fixed)
		h.write()
	})
	h.serve()
}

func (h *handlerTransport) writeStatus(fixed bool) {
	h.write()
	if fixed {
		h.closed.Close()
	} else {
		h.writes.Close()
	}
}

func (h *handlerTransport) write() {
	if told(h.closed) {
		return
	}
	write := runnel.SendTo(h.writes, func() {})
	if wins(write, from(h.closed)) && write.Err() != nil {
		panic("send on closed channel")
	}
}

func (h *handlerTransport) serve() {
	for {
		write := runnel.RecvFrom(h.writes)
		if !wins(write, from(h.closed)) {
			return
		}
		f, err := write.Value()
		if err != nil {
			return
		}
		f()
	}
}

// balancer takes the newest update and forgets the one before.
type balancer struct{ updates *signal }

func (b *balancer) update() {
	_, _ = b.updates.TryRecv()
	notify(b.updates)
}

func grpc2371(t *sim.T, fixed bool) {
	var current atomic.Pointer[balancer]
	current.Store(&balancer{newSignal(runnel.Buffer(1))})
	t.Go("resolver", func() {
		t.Point()
		b := current.Load()
		if fixed && b == nil {
			return
		}
		b.update()
	})
	t.Go("closer", func() { t.Point(); current.Store(nil) })
}

func grpc660(t *sim.T, fixed bool) {
	stop := newSignal()
	t.Go("stopper", func() { notify(stop) })
	for range 5 {
		result := newSignalWithRoom(fixed)
		t.Go("call", func() { notify(result) })
		if wins(from(stop), from(result)) {
			return
		}
	}
	await(stop)
}

// clientConn is a connection with a transport of its own, which lives until cancel.
type clientConn struct {
	ctx    context.Context
	cancel context.CancelFunc
	ready  *signal
}

func grpc862(t *sim.T, fixed bool) {
	ctx, cancel := context.WithCancel(bg)
	t.Go("canceller", cancel)
	if c, err := dial(t, ctx, fixed); err == nil {
		c.cancel()
	}
}

func dial(t *sim.T, ctx context.Context, fixed bool) (c *clientConn, err error) {
	cc := &clientConn{ready: newSignal()}
	cc.ctx, cc.cancel = context.WithCancel(bg)
	defer func() {
		switch {
		case err == nil:
		case fixed:
			cc.cancel()
		case c != nil:
			c.cancel()
		}
	}()
	t.Go("transport", cc.connect)
	if _, err := cc.ready.Recv(ctx); err != nil && ctx.Err() != nil {
		return nil, err
	}
	return cc, nil
}

// connect tries a few times and keeps the connection, if there is one, until the end.
func (c *clientConn) connect() {
	for backoff := range time.Duration(3) {
		if runnel.Sleep(c.ctx, backoff*time.Millisecond) != nil {
			return
		}
	}
	ended(c.ctx)
}

func grpc1353(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	updates := newSignal()
	if fixed {
		updates = newSignal(runnel.Sliding(1)) // only the newest one counts, and nobody waits
	}
	t.Go("watcher", func() {
		for range updates.All(bg) {
			visit(&mu) // to take down the connections that are gone
		}
	})
	for range 3 {
		mu.Lock()
		notify(updates)
		mu.Unlock()
	}
	updates.Close()
}

// client sleeps while it has no streams.
type client struct {
	mu      runnel.Mutex
	streams int
	awaken  *signal
	fixed   bool
}

func grpc1460(t *sim.T, fixed bool) {
	c := &client{awaken: newSignalWithRoom(fixed), fixed: fixed}
	t.Go("keepalive", c.keepalive)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams++
	_ = c.awaken.TrySend(struct{}{})
}

func (c *client) keepalive() {
	c.mu.Lock()
	dormant := c.streams == 0
	defer unlock(&c.mu, c.fixed)()
	if dormant {
		await(c.awaken)
	}
}
