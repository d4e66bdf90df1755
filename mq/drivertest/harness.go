package drivertest

import (
	"cmp"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel/mq/driver"
)

// Harness makes brokers of one kind for the suite.
type Harness struct {
	// New makes a broker with nothing stored, for one subtest. It ends with t.Cleanup.
	New func(t testing.TB) Broker

	// Virtual: time is only waited for by the time package and package runnel, so the engine runs
	// in a bubble of testing/synctest.
	Virtual bool

	// Scale multiplies the counts of the tests under load; 0: 1.
	Scale int
}

// Broker is what stores records: a server, a directory, a variable.
type Broker struct {
	// Open gives another handle on the broker, as another process would have. The suite closes
	// it, unless it crashes.
	Open func() (driver.Engine, error)

	// Crash ends the process that holds the handle without a warning: nothing is handed back,
	// and no call has an effect any more. nil: the suite lets go of the handle, which does the
	// same as long as the engine does nothing of its own accord.
	Crash func(e driver.Engine)

	// Restart ends the broker itself without a warning, with all handles, and brings back what it
	// had stored durably. nil if nothing outlives the broker.
	Restart func() error
}

// Case is one obligation, and its test.
type Case struct {
	Name  string // as that of the subtest
	Quote string // of package driver: the obligation

	needs needs
	run   func(k *kit)
}

// needs says what a case is about, beyond what every engine can do.
type needs struct {
	order    driver.Order
	overflow driver.Overflow

	delay, dedup, expiry   bool
	admin, morgue, restart bool
}

// Run runs the whole suite over the harness.
func Run(t *testing.T, h Harness) {
	t.Helper()
	var has abilities
	t.Run("Open", func(t *testing.T) { bubble(t, h, func(t *testing.T) { has = look(newKit(t, h)) }) })
	for _, c := range Cases() {
		if lack := has.lacks(c.needs); lack != "" {
			t.Logf("%s is left out: the broker has no %s", c.Name, lack)
			continue
		}
		t.Run(c.Name, func(t *testing.T) { c.test(t, h) })
	}
}

// test runs c, beside others if time is real: then it is spent on waiting.
func (c Case) test(t *testing.T, h Harness) {
	if !h.Virtual {
		t.Parallel()
	}
	bubble(t, h, func(t *testing.T) { c.on(newKit(t, h)) })
}

// bubble runs f in virtual time if the harness allows that.
func bubble(t *testing.T, h Harness, f func(t *testing.T)) {
	if h.Virtual {
		synctest.Test(t, f)
		return
	}
	f(t)
}

// Cases lists the suite.
func Cases() []Case {
	return slices.Concat(publishCases(), limitCases(), orderCases(), fetchCases(), leaseCases(), retryCases(),
		closeCases(), groupCases(), delayCases(), expiryCases(), dedupCases(), overflowCases(), deadCases(),
		adminCases(), restartCases(), loadCases(), lifeCases())
}

// on runs the case, or tests that what it is about is refused.
func (c Case) on(k *kit) {
	k.quote = c.Quote
	if k.refuses(c.needs) {
		return
	}
	c.run(k)
	k.settleDown()
}

// abilities are the optional parts of a broker.
type abilities struct{ admin, morgue, restart bool }

// look opens a broker twice and closes it.
func look(k *kit) (has abilities) {
	_, has.admin = driver.As[driver.Admin](k.e)
	_, has.morgue = driver.As[driver.Morgue](k.e)
	has.restart = k.b.Restart != nil
	other := k.open()
	k.noError("Close", other.Close())
	return has
}

// lacks names what is missing for n, or is "".
func (a abilities) lacks(n needs) string {
	return cmp.Or(missing(n.admin, a.admin, "Admin"), missing(n.morgue, a.morgue, "Morgue"),
		missing(n.restart, a.restart, "Restart"))
}

func missing(need, has bool, name string) string {
	if need && !has {
		return name
	}
	return ""
}
