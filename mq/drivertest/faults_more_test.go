package drivertest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// brokenToo goes on with broken.
var brokenToo = []brokenEngineOf{
	{"accounts are made up", "Account/Unknown", func() *fault { return &fault{madeUp: true} }},
	{"a closed engine says that it publishes", "Close/Engine", func() *fault {
		return published(func(n int, err error, rs []driver.Record) (int, error) {
			if errors.Is(err, driver.ErrClosed) {
				return len(rs), nil
			}
			return n, err
		})
	}},
	{"Close leaves those alone who wait", "Close/Engine/Waiting", func() *fault {
		return &fault{close: func(*brokenEngine) error { return nil }}
	}},
	{"duplicates are not counted", "Dedup/Account", func() *fault {
		return &fault{account: func(a *driver.Account) { a.Duplicates = 0 }}
	}},
	{"a source is locked while it waits", "Settle/Waiting", locksSources},
	{"MaxBytes is said, and not kept", "Limit/Engine", func() *fault {
		return &fault{features: func(f *driver.Features) { f.MaxBytes = 1000 }}
	}},
	{"to publish nothing is an error", "Publish/Nothing", func() *fault {
		return published(func(n int, err error, rs []driver.Record) (int, error) {
			if len(rs) == 0 {
				return 0, errors.New("no records")
			}
			return n, err
		})
	}},
	{"a topic is made by its first record", "Publish/Declaration", func() *fault {
		return &fault{publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
			if len(rs) == 0 {
				return 0, nil
			}
			return e.Publish(ctx, t, rs)
		}}
	}},
	{"topics are made by Publish alone", "Group/Makes", func() *fault {
		return &fault{subscribe: func(t *driver.Topic, _ *driver.Subscription) { t.MustExist = true }}
	}},
}

// locksSources lets only one call of Fetch and Settle at a time do something. Who waits polls, since a
// lock is nothing that time in a bubble goes on for.
func locksSources() *fault {
	var locked atomic.Bool
	lock := func(ctx context.Context) error {
		for !locked.CompareAndSwap(false, true) {
			if err := runnel.Sleep(ctx, time.Second); err != nil {
				return err
			}
		}
		return nil
	}
	return &fault{
		fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
			if err := lock(ctx); err != nil {
				return 0, err
			}
			defer locked.Store(false)
			return s.Source.Fetch(ctx, into)
		},
		settle: func(ctx context.Context, s *brokenSource, ss []driver.Settlement) error {
			if err := lock(ctx); err != nil {
				return err
			}
			defer locked.Store(false)
			return s.Source.Settle(ctx, ss)
		},
	}
}
