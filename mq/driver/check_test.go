package driver

import (
	"strings"
	"testing"
	"time"
)

func sound() Account {
	return Account{Topic: "orders", Stored: 5, Published: 20, Groups: []GroupAccount{{
		Group: "billing", Published: 20, Acked: 9, Dead: 2, Expired: 1, Dropped: Drops{1, 1, 1, 1},
		InFlight: 1, Waiting: 3, Delayed: 1, Retrying: 2, Oldest: time.Unix(1, 0), Redelivered: 4,
	}, {Group: "idle"}}}
}

func TestCheck(t *testing.T) {
	if err := sound().Check(); err != nil {
		t.Fatalf("an account that balances: %v", err)
	}
	for want, spoil := range map[string]func(a *Account, g *GroupAccount){
		`topic "orders": group "billing": published 20 ≠ acked 8 + dead 2 + expired 1 + dropped 4 + in flight 1 + waiting 3 = 19`: func(_ *Account, g *GroupAccount) { g.Acked-- },
		`topic "orders": group "billing": published 20, and to the topic only 19`:                                                 func(a *Account, _ *GroupAccount) { a.Published = 19 },
		`topic "orders": group "billing": waiting 3, but only 2 are stored`:                                                       func(a *Account, _ *GroupAccount) { a.Stored = 2 },
		`topic "orders": group "billing": delayed 2 + retrying 2 are more than waiting 3`:                                         func(_ *Account, g *GroupAccount) { g.Delayed++ },
		`of no time, with waiting 3`:      func(_ *Account, g *GroupAccount) { g.Oldest = time.Time{} },
		`with nothing in flight`:          func(a *Account, _ *GroupAccount) { a.Groups[1].Oldest = time.Unix(1, 0) },
		`topic "orders": a number is neg`: func(a *Account, _ *GroupAccount) { a.Duplicates = -1 },
		`"billing": a number is negative`: func(_ *Account, g *GroupAccount) { g.Dropped.Oldest, g.Acked = -1, 11 },
	} {
		a := sound()
		spoil(&a, &a.Groups[0])
		err := a.Check()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q", err, want)
		}
	}
}
