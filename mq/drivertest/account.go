package drivertest

import (
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// account asks for the account of the topic; ok is false if the engine has none.
func (k *kit) account() (a driver.Account, ok bool) {
	admin, ok := driver.As[driver.Admin](k.e)
	if !ok {
		return a, false
	}
	var err error
	k.within("Account", func() { a, err = admin.Account(k.ctx(), k.def.Name) })
	k.noError("Account", err)
	return a, true
}

// unbalanced tells what is wrong with an account, or "".
func unbalanced(a driver.Account) string {
	for _, g := range a.Groups {
		if !g.Balanced() {
			return fmt.Sprintf("the account of group %q does not balance: %+v", g.Group, g)
		}
		if min(g.Published, g.Acked, g.Dead, g.Expired, g.InFlight, g.Waiting, g.Redelivered, g.Delayed, g.Retrying) < 0 || g.Delayed+g.Retrying > g.Waiting {
			return fmt.Sprintf("the account of group %q makes no sense: %+v", g.Group, g)
		}
	}
	if min(a.Stored, a.Published, a.Duplicates, a.Expired) < 0 {
		return fmt.Sprintf("the account makes no sense: %+v", a)
	}
	return ""
}

// check polls once if accounts are exact at any moment, and until a limit otherwise.
func (k *kit) check(wrong func() string) {
	if !k.features().Exact {
		k.eventually(wrong)
		return
	}
	w := wrong()
	k.must(w == "", "%s", w)
}

// wantGroup expects the counts of the first group, but for Oldest, Redelivered, Delayed and Retrying.
func (k *kit) wantGroup(want driver.GroupAccount) {
	if _, ok := driver.As[driver.Admin](k.e); !ok {
		return // its accounts are not kept
	}
	k.check(func() string {
		a, _ := k.account()
		if len(a.Groups) == 0 {
			return "the account has no group"
		}
		got := a.Groups[0]
		want.Group = got.Group
		got.Oldest, got.Redelivered, got.Delayed, got.Retrying = time.Time{}, 0, 0, 0
		if got != want {
			return fmt.Sprintf("account of the group: %+v, want %+v", got, want)
		}
		return ""
	})
}

// wantTopic expects the counts of the topic itself.
func (k *kit) wantTopic(want driver.Account) {
	k.check(func() string {
		a, _ := k.account()
		return otherwise(a, want)
	})
}

// otherwise compares what two accounts tell of the topic itself.
func otherwise(a, want driver.Account) string {
	if a.Stored != want.Stored || a.Published != want.Published || a.Duplicates != want.Duplicates || a.Dropped != want.Dropped || a.Expired != want.Expired {
		return fmt.Sprintf("account of the topic: %+v, want %+v", a, want)
	}
	return ""
}

// settleDown checks at the end of each case that the account balances.
func (k *kit) settleDown() {
	admin, ok := driver.As[driver.Admin](k.e)
	if !ok {
		return
	}
	k.quote = "Published = Acked + Dead + Expired + Dropped + InFlight + Waiting"
	k.check(func() string {
		a, err := admin.Account(k.ctx(), k.def.Name)
		if errors.Is(err, driver.ErrUnknownTopic) || errors.Is(err, driver.ErrClosed) {
			return "" // the case has ended it
		}
		k.noError("Account", err)
		return unbalanced(a)
	})
}
