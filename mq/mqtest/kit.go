package mqtest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// T is what a kit needs of a test: *testing.T, *testing.B and *sim.T have it.
type T interface {
	Helper()
	Cleanup(func())
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Kit is a client for one test.
type Kit struct {
	Client *mq.Client

	// Within limits how long Settle and Await wait, 10 s to begin with; 0 is no limit. Tests with
	// virtual time may set more, and under sim there should be none: there a clock may run out
	// while all is well, and what never comes about is found without it.
	Within time.Duration

	t       T
	rec     *recorder
	stop    context.CancelCauseFunc
	life    context.Context
	running runnel.WaitGroup
}

// New makes a kit on a memory engine of its own. All ends with the test. The client logs into the
// test's log, unless the options name a Logger.
func New(t T, o *mq.Options) *Kit {
	t.Helper()
	return On(t, mem.New(nil), o)
}

// On makes a kit on any engine, for example one that makes [Faults].
func On(t T, e driver.Engine, o *mq.Options) *Kit {
	t.Helper()
	rec := &recorder{Engine: e}
	k := &Kit{Client: mq.Open(rec, logging(t, o)), Within: 10 * time.Second, t: t, rec: rec}
	k.life, k.stop = context.WithCancelCause(context.WithoutCancel(t.Context()))
	t.Cleanup(k.end)
	return k
}

// logging is o with a logger that writes into the test's own log, unless it has one.
func logging(t T, o *mq.Options) *mq.Options {
	var with mq.Options
	if o != nil {
		with = *o
	}
	if with.Logger == nil {
		with.Logger = slog.New(slog.NewTextHandler(lines{t}, nil))
	}
	return &with
}

// lines writes to the log of a test.
type lines struct{ t T }

func (l lines) Write(p []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSuffix(p, []byte("\n")))
	return len(p), nil
}

// Run starts consumers, which run until the test ends; it returns at once. One that ends with an
// error fails the test.
func (k *Kit) Run(rs ...mq.Runner) {
	for _, r := range rs {
		k.running.Go(func() {
			if err := r.Run(k.life, k.Client); err != nil {
				k.t.Errorf("mqtest: %T ended: %v", r, err)
			}
		})
	}
}

// end drains the consumers and looks at the accounts while they can still be read.
func (k *Kit) end() {
	k.t.Helper()
	k.stop(nil)
	k.running.Wait()
	k.Balanced()
	if err := k.Client.Close(); err != nil {
		k.t.Errorf("mqtest: Close: %v", err)
	}
}

// Balanced fails the test if a message of any topic has vanished: if the law of the ledger does not
// hold for one of its groups.
func (k *Kit) Balanced() {
	k.t.Helper()
	for _, a := range k.accounts() {
		for _, g := range a.Groups {
			if !g.Balanced() {
				k.t.Errorf("mqtest: topic %q, group %q: the account does not balance: %s", a.Topic, g.Group, tell(g))
			}
		}
	}
}

// Settle waits until no message of any topic is in flight or waits for a group, also not for its
// time or its next attempt. It fails the test at once if that has not come about Within.
func (k *Kit) Settle() {
	k.t.Helper()
	if !k.wait(func() bool { return k.unsettled() == "" }) {
		k.t.Fatalf("mqtest: not settled within %v:\n%s", k.Within, k.unsettled())
	}
}

// unsettled tells which groups have something to do, a line each.
func (k *Kit) unsettled() string {
	var b strings.Builder
	for _, a := range k.accounts() {
		for _, g := range a.Groups {
			if g.InFlight+g.Waiting > 0 {
				fmt.Fprintf(&b, "  topic %q, group %q: %s\n", a.Topic, g.Group, tell(g))
			}
		}
	}
	return b.String()
}

func tell(g driver.GroupAccount) string {
	return fmt.Sprintf("published %d, acked %d, dead %d, expired %d, dropped %d, in flight %d, waiting %d (delayed %d, for the next attempt %d)",
		g.Published, g.Acked, g.Dead, g.Expired, g.Dropped.Total(), g.InFlight, g.Waiting, g.Delayed, g.Retrying)
}

func (k *Kit) accounts() (all []driver.Account) {
	k.t.Helper()
	admin, ok := driver.As[driver.Admin](k.rec)
	if !ok {
		k.t.Fatalf("mqtest: the engine %T has no accounts (driver.Admin)", k.rec.Engine)
		return nil
	}
	ctx := context.WithoutCancel(k.t.Context())
	topics, err := admin.Topics(ctx)
	for i := 0; err == nil && i < len(topics); i++ {
		var a driver.Account
		if a, err = admin.Account(ctx, topics[i].Name); err == nil {
			all = append(all, a)
		}
	}
	if err != nil {
		k.t.Fatalf("mqtest: reading the accounts: %v", err)
	}
	return all
}

// wait looks whether ok holds, now and whenever something has happened, for as long as Within. What
// comes about by time alone (expiry) is noticed after at most twice that time: looks are ever rarer,
// and end after some hours, so that a simulation cannot go on with nothing but looks.
func (k *Kit) wait(ok func() bool) bool {
	wake := k.rec.watch()
	defer k.rec.unwatch(wake)
	ctx, cancel := context.WithoutCancel(k.t.Context()), func() {}
	if k.Within > 0 {
		ctx, cancel = context.WithTimeout(ctx, k.Within)
	}
	defer cancel()
	happened := runnel.RecvFrom(wake)
	for looks := 0; !ok(); looks++ {
		var look *runnel.Chan[time.Time] // nil: never
		if looks < 20 {
			look = runnel.After(50 * time.Millisecond << looks)
		}
		_, err := runnel.Select(ctx, happened, runnel.RecvFrom(look))
		if look != nil {
			look.Cancel(nil)
		}
		if err != nil {
			return ok()
		}
	}
	return true
}
