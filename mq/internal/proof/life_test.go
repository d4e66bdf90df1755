package proof_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/sim"
)

var (
	times = flag.Int("proof.times", 1, "how many times as many worlds are proved")
	seed  = flag.Uint64("proof.seed", 1, "of the first world")
)

// TestLives explores random worlds, each in several schedules by each strategy.
func TestLives(t *testing.T) {
	all, ran := tally{}, family(0)
	for f := range families {
		t.Run(f.String(), func(t *testing.T) {
			ran++
			for i := range uint64(worlds() * *times) {
				lives(t, draw(f, *seed+i), all)
			}
		})
	}
	if ran == families && os.Getenv("RUNNEL_SIM_REPLAY") == "" {
		all.check(t)
	}
}

// worlds is how many there are of each family.
func worlds() int {
	if testing.Short() {
		return scale(50)
	}
	return scale(120)
}

func lives(t *testing.T, s *sketch, all tally) {
	opts := []sim.Option{sim.Seed(s.seed), sim.Schedules(12), sim.For(0), sim.Strategies(sim.Random(), sim.POS(), sim.PCT(3))}
	if s.exact() {
		opts = append(opts, sim.Punctual())
	}
	sim.Test(t, func(t *sim.T) { newWorld(t, s).live(all) }, opts...)
	if t.Failed() {
		t.Fatalf("%v, seed %d: %s", s.family, s.seed, s)
	}
}

// live is the life of a world.
func (w *world) live(all tally) {
	for i := range w.processes {
		w.procs[i].Store(w.boot(i))
	}
	var posting runnel.WaitGroup
	for i := range w.publishers {
		posting.Go(func() { w.publish(i) })
	}
	posting.Go(w.happen)
	posting.Wait()
	w.ledger.mu.Lock()
	w.calming = true
	w.ledger.mu.Unlock()
	w.settle()
	w.finish()
	all.add(w, w.audit())
}

// publish publishes all that a publisher has, each until it is accepted.
func (w *world) publish(publisher int) {
	posts := w.sketch.publishers[publisher]
	if posts[0].all {
		w.send(publisher, posts)
		return
	}
	for i, p := range posts {
		runnel.Sleep(w.hope, p.pause)
		w.send(publisher, posts[i:i+1])
	}
}

// send publishes messages in one call, and again what of them was not accepted.
func (w *world) send(publisher int, posts []post) {
	for len(posts) > 0 && w.hope.Err() == nil {
		var values []string
		for _, p := range posts {
			values = append(values, p.value)
		}
		client := w.procs[publisher%len(w.procs)].Load().client
		n, err := w.topic.PublishAll(w.hope, client, values, func(i int) []mq.PublishOption { return posts[i].options() })
		posts = posts[n:]
		if err == nil || w.hope.Err() != nil {
			continue
		}
		ok := errors.Is(err, mq.ErrFull) && w.overflow == driver.Reject || errors.Is(err, mq.ErrClosed) && w.family != calm || errors.Is(err, errFault)
		w.ledger.law(ok, "nothing lost", "publish of %q: %v", values, err)
		runnel.Sleep(w.hope, 400*time.Millisecond)
	}
}

func (p *post) options() (opts []mq.PublishOption) {
	if p.key != "" {
		opts = append(opts, mq.Key(p.key))
	}
	if p.dedup != "" {
		opts = append(opts, mq.DedupID(p.dedup))
	}
	if p.delay > 0 {
		opts = append(opts, mq.Delay(p.delay))
	}
	if p.ttl > 0 {
		opts = append(opts, mq.TTL(p.ttl))
	}
	return opts
}

// happen does to processes what shall happen to them, one after the other.
func (w *world) happen() {
	for _, e := range w.events {
		runnel.Sleep(w.hope, e.after)
		p := w.procs[e.process].Load()
		switch e.what {
		case crash:
			p.crash()
		case drain:
			p.stop()
			p.over.Recv(context.Background())
		case pause:
			for _, c := range p.consumers {
				c.Pause()
			}
			p.note(&p.pausedAt, time.Now())
			runnel.Sleep(w.hope, e.after)
			p.note(&p.pausedAt, time.Time{})
			for _, c := range p.consumers {
				c.Resume()
			}
			continue
		}
		w.procs[e.process].Store(w.boot(e.process))
	}
}

// settle waits until nothing is left to do. It looks ever more seldom, for what comes about by time
// alone; after so many looks it waits for something to happen, and if nothing ever does, that is a
// deadlock. It gives up with hope.
func (w *world) settle() {
	happened, ticks := runnel.RecvFrom(w.bell), 0
	for w.look() != "" && w.hope.Err() == nil {
		w.Logf("at %v: left: %s", time.Now(), w.left)
		var clock *runnel.Chan[time.Time]
		if ticks < 40 {
			clock = runnel.After(min(500*time.Millisecond<<(ticks/3), time.Minute))
		}
		got, _ := runnel.Select(w.hope, happened, runnel.RecvFrom(clock))
		if got != happened {
			ticks++
		} else if clock != nil {
			clock.Cancel(nil)
		}
	}
}

// look checks the accounts, and tells what is left.
func (w *world) look() (left string) {
	a := w.account()
	w.ledger.law(a.Check() == nil, "balance", "%v", a.Check())
	w.ledger.law(w.max == 0 || a.Stored <= w.max, "balance", "%d are stored, MaxMessages is %d", a.Stored, w.max)
	for _, g := range a.Groups {
		if g.InFlight+g.Waiting > 0 {
			left += fmt.Sprintf("%+v ", g)
		}
	}
	w.left = left
	return left
}

func (w *world) account() driver.Account {
	admin, _ := driver.As[driver.Admin](w.connect())
	a, err := admin.Account(context.Background(), "t")
	w.ledger.law(err == nil, "balance", "Account: %v", err)
	return a
}

// finish drains all processes.
func (w *world) finish() {
	for i := range w.procs {
		w.procs[i].Load().stop()
	}
	w.quiet.Wait()
}
