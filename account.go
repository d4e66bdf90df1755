package runnel

import (
	"fmt"

	"github.com/runnel-go/runnel/internal/hook"
)

// Discard accounts for a value that was made for the channel and that nobody can be given: it
// counts as sent and as dropped for the reason why, and goes to [Chan.OnDrop]. It is for stages
// written by hand, when their output refuses a value that they cannot hand back. It never
// blocks, also not on a closed channel.
func (c *Chan[T]) Discard(v T, why Reason) {
	checkReason("Discard", why)
	c.point(hook.Book)
	var after aftermath[T]
	c.state.lock()
	if why != DroppedNewest || c.kind != dropping { // which counts as sent by being dropped
		c.sent++
	}
	c.drop(v, why, &after)
	c.unlock()
	after.run(c)
}

// Reject takes back that v was received: it counts as dropped for the reason why instead, and
// goes to [Chan.OnDrop]. It is for a receiver that can do nothing with a value that it was
// given: because it failed on it, or because it stops and holds the value still. Each value
// may be rejected once. It never blocks, also not on a closed channel.
func (c *Chan[T]) Reject(v T, why Reason) {
	checkReason("Reject", why)
	c.point(hook.Book)
	var after aftermath[T]
	c.state.lock()
	c.received--
	c.drop(v, why, &after)
	c.unlock()
	after.run(c)
}

func checkReason(call string, why Reason) {
	if why >= reasons {
		panic(fmt.Sprintf("runnel: %s: reason %d, want one of the constants, at most %d", call, why, reasons-1))
	}
}
