package mem

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// Faults makes engines misbehave as those behind a network do, for tests. No fault breaks what
// package driver promises of any engine, but Again and Shuffled: they are what happens where
// leases are known by time alone. Crashes and restarts are made by Engine.Crash and Store.Open.
type Faults struct {
	// Choose returns a number from 0 to n-1; 0 is no fault. It is called by many goroutines at
	// once. The method Choose of a sim.T lets a simulation draw, and rand.IntN chance.
	Choose func(n int) int

	Rarity int // one call in so many goes wrong, for each kind of fault; 0: 4. At least 2
	Most   int // so many faults happen at most; 0: no limit

	Trouble  bool          // Publish and Fetch fail with ErrFault, and without effect
	Full     bool          // a topic that is not full behaves as if it were, unless its Overflow is Block
	LostAck  bool          // Settle fails with ErrFault, and without effect
	LateAck  bool          // Settle fails with ErrFault, but has had its effect
	Again    bool          // Fetch adds a record that is settled or leased already. Its Token is good for nothing
	Shuffled bool          // Fetch gives several records out of order, to groups that are Unordered
	Slow     time.Duration // calls take up to so long more; 0: they do not
}

// ErrFault is the error of calls that Faults makes fail.
var ErrFault = errors.New("injected fault")

// check panics if f makes no sense.
func (f *Faults) check() {
	switch {
	case f.Choose == nil:
		panic("mem: Faults.Choose is nil, want a function that draws")
	case f.Rarity < 0 || f.Rarity == 1:
		panic(fmt.Sprintf("mem: Faults.Rarity is %d, want 0 or at least 2", f.Rarity))
	case f.Most < 0:
		panic(fmt.Sprintf("mem: Faults.Most is %d, want 0 or more", f.Most))
	case f.Slow < 0:
		panic(fmt.Sprintf("mem: Faults.Slow is %v, want 0 or more", f.Slow))
	}
}

// strike tells whether a fault happens, if it is one that may.
func (s *Store) strike(may func(*Faults) bool) bool {
	f := s.options.Faults
	if f == nil || !may(f) || f.Most > 0 && s.faults.Load() >= int64(f.Most) {
		return false
	}
	if rarity := cmp.Or(f.Rarity, 4); f.Choose(rarity) < rarity-1 {
		return false
	}
	s.faults.Add(1)
	return true
}

func trouble(f *Faults) bool  { return f.Trouble }
func full(f *Faults) bool     { return f.Full }
func lostAck(f *Faults) bool  { return f.LostAck }
func lateAck(f *Faults) bool  { return f.LateAck }
func again(f *Faults) bool    { return f.Again }
func shuffled(f *Faults) bool { return f.Shuffled }
func slow(f *Faults) bool     { return f.Slow > 0 }

// delay makes a call slow. It returns an error if ctx ends meanwhile.
func (s *Store) delay(ctx context.Context) error {
	if !s.strike(slow) {
		return nil
	}
	f := s.options.Faults
	return runnel.Sleep(ctx, f.Slow*time.Duration(1+f.Choose(4))/4)
}

// before does to a call what happens before its effect. It returns why there will be none.
func (s *Store) before(ctx context.Context, fails func(*Faults) bool) error {
	if s.options.Faults == nil {
		return nil
	}
	if err := s.delay(ctx); err != nil {
		return err
	}
	if s.strike(fails) {
		return fmt.Errorf("mem: %w: nothing has been done", ErrFault)
	}
	return nil
}

// mix makes of the deliveries of a Fetch what a faulty one gives.
func (s *source) mix(into []driver.Delivery, n int) int {
	store, g := s.topic.store, s.group
	if store.options.Faults == nil || n == 0 {
		return n
	}
	choose := store.options.Faults.Choose
	if s.order == driver.Unordered && n > 1 && store.strike(shuffled) {
		i := 1 + choose(n-1)
		into[0], into[i] = into[i], into[0]
	}
	fresh := into[0]
	if n < len(into) && g.seen.Token != 0 && store.strike(again) {
		into[n] = g.seen
		into[n].Token = ^into[n].Token
		n++
	}
	g.seen = fresh
	return n
}
