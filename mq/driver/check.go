package driver

import (
	"errors"
	"fmt"
)

// Check returns nil if the account balances: if for each group the law of the package comment holds,
// and no number contradicts another one. Otherwise the error names everything that does not fit, with
// the numbers.
func (a Account) Check() error {
	var wrong []error
	say := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("topic %q: "+format, append([]any{a.Topic}, args...)...))
		}
	}
	say(min(a.Stored, a.Published, a.Duplicates, a.Expired, a.Dropped.least()) >= 0, "a number is negative: %+v", a)
	for _, g := range a.Groups {
		g.check(func(ok bool, format string, args ...any) {
			say(ok, "group %q: "+format, append([]any{g.Group}, args...)...)
		})
		say(g.Published <= a.Published, "group %q: published %d, and to the topic only %d", g.Group, g.Published, a.Published)
		say(g.Waiting <= a.Stored, "group %q: waiting %d, but only %d are stored", g.Group, g.Waiting, a.Stored)
	}
	return errors.Join(wrong...)
}

func (g GroupAccount) check(say func(ok bool, format string, args ...any)) {
	say(g.Balanced(), "published %d ≠ acked %d + dead %d + expired %d + dropped %d + in flight %d + waiting %d = %d",
		g.Published, g.Acked, g.Dead, g.Expired, g.Dropped.Total(), g.InFlight, g.Waiting,
		g.Acked+g.Dead+g.Expired+g.Dropped.Total()+g.InFlight+g.Waiting)
	say(min(g.Published, g.Acked, g.Dead, g.Expired, g.InFlight, g.Waiting, g.Delayed, g.Retrying, g.Redelivered, g.Dropped.least()) >= 0,
		"a number is negative: %+v", g)
	say(g.Delayed+g.Retrying <= g.Waiting, "delayed %d + retrying %d are more than waiting %d", g.Delayed, g.Retrying, g.Waiting)
	// What was dropped while somebody had it is in flight until its lease has ended, and stored no more.
	say(!g.Oldest.IsZero() || g.Waiting == 0, "the oldest is of no time, with waiting %d", g.Waiting)
	say(g.Oldest.IsZero() || g.InFlight+g.Waiting > 0, "the oldest is of %v, with nothing in flight or waiting", g.Oldest)
}

func (d Drops) least() int64 { return min(d.Newest, d.Oldest, d.Replaced, d.Deleted) }
