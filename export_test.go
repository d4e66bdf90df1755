package runnel

// QueueLength is the number of waiters that lie in the queues of c, whether they wait or not.
func QueueLength[T any](c *Chan[T]) (n int) {
	c.state.lock()
	defer c.unlock()
	for _, q := range []queue[T]{c.recvq, c.sendq} {
		for w := q.head; w != nil; w = w.next {
			n++
		}
	}
	return n
}
