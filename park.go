package runnel

import "github.com/runnel-go/runnel/internal/step"

// parker puts one goroutine to sleep until another wakes it, once per round.
//
//	state:  awake ──park──▶ asleep ──wake──▶ woken ──park returns──▶ awake
//	        awake ──wake──▶ woken  (the wake came first; park does not sleep)
//
// Exactly one wake follows each round that was announced to others, and the goroutine
// that parks is the only one that begins rounds. What the waker wrote before wake is
// visible after park.
//
// It sleeps on a sync.Cond because a Cond, unlike a native channel or a WaitGroup, does
// not belong to a testing/synctest bubble, yet sleeping on it is durable blocking: the
// parker of cases that were made outside may be used in one bubble after another. It also costs no more than a channel (docs/design/0003-parking.md).
type parker struct {
	state step.Uint32
	cond  step.Cond // L is the parker itself
}

const (
	awake uint32 = iota
	asleep
	woken
)

func (p *parker) park() {
	if p.state.Load() != woken {
		if p.cond.L == nil {
			p.cond.L = (*announcer)(p)
		}
		p.cond.Wait()
	}
	p.state.Swap(awake) // not Store: it must also see what the waker wrote
}

func (p *parker) wake() {
	if p.state.Swap(woken) == asleep {
		p.cond.Signal()
	}
}

// announcer is the Locker that Cond.Wait releases after it has joined the list of those to
// be signalled and before it sleeps: just the moment to say that a signal is needed. If
// the wake has come already, the sleeper signals itself and Wait returns at once.
type announcer parker

func (a *announcer) Lock() {}

func (a *announcer) Unlock() {
	if !a.state.CompareAndSwap(awake, asleep) {
		a.cond.Signal()
	}
}
