package flow_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

var (
	oneLife   = flag.Uint64("life", 0, "the only seed that TestRandomLives takes")
	moreLives = flag.Uint64("lives", 0, "so many seeds by chance are what TestRandomLives takes")
)

// TestRandomLives lets random graphs run on real processors, in virtual time: random failures,
// everything that can be done to a flow by two goroutines at once, and one of its ends. Then each
// account is compared with what was really made and seen: see ledger. A failure tells the life and
//
//	go test ./flow -run RandomLives -life SEED       lives it again
//	go test ./flow -run RandomLives -lives 100000    looks for others
func TestRandomLives(t *testing.T) {
	first, n := uint64(1), uint64(scale(300, 2000))
	if *oneLife != 0 {
		first, n = *oneLife, 1
	} else if *moreLives != 0 {
		first, n = rand.Uint64(), *moreLives
	}
	for i := range n {
		if liveOnce(t, first+i); t.Failed() {
			return
		}
	}
}

func liveOnce(t *testing.T, seed uint64) {
	l := drawLife(rand.New(rand.NewPCG(seed, 0)).IntN, false)
	over := false
	defer func() { // a bubble without a way on panics
		if !over {
			t.Logf("-life %d\n%v", seed, l)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		if wrong := l.live(t.Context()); len(wrong) > 0 {
			t.Errorf("%s\n-life %d\n%v", strings.Join(wrong, "\n"), seed, l)
		}
	})
	over = true
}

// TestSimRandomLives is the same in small, in many orders.
func TestSimRandomLives(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		l := drawLife(t.Choose, true)
		wrong := l.live(t.Context())
		t.Assert(len(wrong) == 0, "%s\n%v", strings.Join(wrong, "\n"), l)
	}, sim.Seed(1), sim.Schedules(scale(300, 1000)), sim.MaxSteps(200_000))
}

var errCancelled = errors.New("cancelled")

// alive is a life that goes on.
type alive struct {
	*life
	*flow.Flow
	ledger  *ledger
	pausing runnel.Mutex // nobody resumes between a pause and a look at it
	cancel  context.CancelCauseFunc
	threads runnel.WaitGroup
}

// live lives a life, and tells what was wrong with it.
func (l *life) live(ctx context.Context) []string {
	p, at, err := parsePlan(l.graph)
	if err != nil {
		return []string{fmt.Sprint("line ", at, ": ", err)}
	}
	a := &alive{life: l, ledger: newLedger(p)}
	ctx, a.cancel = context.WithCancelCause(ctx)
	defer a.cancel(nil)
	a.Flow, err = p.graph("random", a.ledger).Failures(runnel.Unbounded()).Start(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	for _, ops := range l.ops {
		for _, op := range ops {
			a.loosen(strings.Fields(op))
		}
	}
	for _, ops := range l.ops {
		a.threads.Add(1)
		runnel.Go(func() {
			defer a.threads.Done()
			var before flow.Status
			for _, op := range ops {
				a.do(strings.Fields(op))
				before = a.watch(before)
			}
		})
	}
	a.ends()
	a.threads.Wait()
	return a.judge()
}

// loosen notes which processes may come to have several workers.
func (a *alive) loosen(op []string) {
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	if op[0] == "scale" && len(op) == 3 {
		a.ledger.loose[op[2]] = true
	}
}

// ends comes to the end. Nothing stays paused: that would be no end.
func (a *alive) ends() {
	over := runnel.New[struct{}]()
	a.threads.Add(1)
	runnel.Go(func() {
		defer a.threads.Done()
		for range 60 { // more are not needed: what hangs then is to be seen
			_ = runnel.Sleep(bg, time.Second)
			if over.Stats().Closed {
				return
			}
			a.do([]string{"resume"})
		}
	})
	a.do(strings.Fields(a.end))
	_ = a.Wait()
	over.Close()
}

func (a *alive) judge() []string {
	var failures []*flow.Failure
	for failure := range a.Failures().All(bg) {
		failures = append(failures, failure)
	}
	err, failure := a.Wait(), (*flow.Failure)(nil)
	if err != nil && err != flow.ErrStopped && err != errCancelled && !errors.As(err, &failure) {
		a.ledger.say("ended with %v", err)
	}
	return a.ledger.audit(a.Status(), failures, err)
}

// do does one thing. Errors are for those who ask for what cannot be done.
func (a *alive) do(op []string) {
	last := op[len(op)-1]
	switch op[0] {
	case "pause":
		a.pause(op[1:])
	case "resume":
		a.pausing.Lock()
		defer a.pausing.Unlock()
		_ = a.Resume(op[1:]...)
	case "sleep":
		_ = runnel.Sleep(bg, 150*time.Millisecond)
	case "scale":
		_ = a.Scale(last, int(op[1][0]-'0'))
	case "swap":
		if p := a.ledger.plan.find(last); p != nil {
			_ = a.Swap(last, makers[p.kind](p, a.ledger))
		}
	case "inject":
		a.ledger.injected(last, a.Inject(bg, last, a.ledger.injection(last)))
	case "drain":
		a.limited(func(ctx context.Context) { _ = a.Drain(ctx) })
	case "stop":
		a.limited(func(ctx context.Context) {
			if last == "now" {
				now, end := context.WithCancel(ctx)
				end()
				ctx = now
			}
			a.Stop(ctx)
		})
	case "cast":
		flow.Cast(a.Flow, note(1))
	case "cancel":
		a.cancel(errCancelled)
	case "status":
		for range 5 {
			runtime.Gosched()
			a.watch(flow.Status{})
		}
	}
}

// limited gives up after an hour, within which everything that goes on comes to its end.
func (a *alive) limited(do func(context.Context)) {
	ctx, cancel := context.WithTimeout(bg, time.Hour)
	defer cancel()
	do(ctx)
}

// pause pauses, and looks at what is in hand.
func (a *alive) pause(names []string) {
	a.pausing.Lock()
	defer a.pausing.Unlock()
	if a.Pause(names...) != nil {
		return
	}
	s := a.Status()
	for _, p := range s.Processes {
		if p.Kind == "source" || len(names) > 0 && names[0] != p.Name {
			continue
		}
		received := uint64(0)
		for _, e := range s.Edges {
			if process(e.To) == p.Name {
				received += e.Received
			}
		}
		if received < p.Done || received-p.Done > uint64(len(p.Workers)) {
			a.note("paused: %d received, %+v", received, p)
		}
	}
}

func (a *alive) note(format string, args ...any) {
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	a.ledger.say(format, args...)
}

// watch looks at the account, and whether it goes on from the one before.
func (a *alive) watch(before flow.Status) flow.Status {
	s := a.Status()
	if s.State < before.State || before.Err != nil && s.Err != before.Err || s.Age < before.Age {
		a.note("%v %v after %v %v", s.State, s.Err, before.State, before.Err)
	}
	for i, e := range s.Edges {
		if e.Sent != e.Received+uint64(e.Len)+e.Dropped.Total() {
			a.note("out of balance: %v", e.Stats)
		}
		if before.Edges == nil {
			continue
		}
		b := before.Edges[i]
		for why, n := range e.Dropped {
			if e.Sent < b.Sent || n < b.Dropped[why] || b.Closed && !e.Closed {
				a.note("%v after %v", e.Stats, b.Stats)
			}
		}
	}
	for i, p := range s.Processes {
		if before.Processes != nil && (p.Failed < before.Processes[i].Failed || p.Unheard < before.Processes[i].Unheard) {
			a.note("%+v after %+v", p, before.Processes[i])
		}
	}
	return s
}
