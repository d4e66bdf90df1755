package fan_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// Random programs: taps join and leave in all ways while values flow, and everything ends in
// one of the ways in which it can. Then the laws must hold exactly:
//
//	every value sent is received by Run, and offered or unheard, or was dropped by the input
//	for each tap:  sent = received + buffered + dropped, and each value was offered once
//	what a tap received is in order, and has gaps only where its policy dropped
//
// The choices follow from a seed, the interleaving does not; RUNNEL_SEED=n repeats the choices
// of a run that failed.

func seeds(t *testing.T, n int, f func(t *testing.T, r *rand.Rand)) {
	first := rand.Uint64()
	if s := os.Getenv("RUNNEL_SEED"); s != "" {
		first, _ = strconv.ParseUint(s, 10, 64)
		n = 1
	}
	if testing.Short() {
		n = (n + 9) / 10
	}
	for i := range n {
		seed := first + uint64(i)
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("RUNNEL_SEED=%d", seed)
				}
			}()
			f(t, rand.New(rand.NewPCG(seed, 0)))
		})
		if t.Failed() {
			return
		}
	}
}

const stressKeys = 3

// session is a random program around a Pub, of which a Mult is the case of one key.
type session struct {
	t     *testing.T
	in    *runnel.Chan[int]
	pub   *fan.Pub[int, int]
	total int
	rand  *rand.Rand // of the goroutine that drives
	taps  []*listener
	sent  *runnel.Chan[error]
}

// listener is a tap with its consumer and its account.
type listener struct {
	tap     *fan.Tap[int]
	key     int
	what    string
	lossy   bool
	got     []int
	dropped *ledger
	done    *runnel.Chan[error]
	stays   bool // nothing but the end of all makes it leave
}

func stressKey(v int) int { return v % stressKeys }

func (s *session) join() {
	r := s.rand
	l := &listener{key: r.IntN(stressKeys), stays: r.IntN(3) == 0}
	var opts []runnel.Option
	switch n := 1 + r.IntN(4); r.IntN(5) {
	case 0:
		l.what = "rendezvous"
	case 1:
		l.what, opts = fmt.Sprintf("buffer(%d)", n), []runnel.Option{runnel.Buffer(n)}
	case 2:
		l.what, opts, l.lossy = fmt.Sprintf("dropping(%d)", n), []runnel.Option{runnel.Dropping(n)}, true
	case 3:
		l.what, opts, l.lossy = fmt.Sprintf("sliding(%d)", n), []runnel.Option{runnel.Sliding(n)}, true
	case 4:
		l.what, opts = "unbounded", []runnel.Option{runnel.Unbounded()}
	}
	l.tap = s.pub.Sub(l.key, opts...)
	l.dropped = new(ledger).of(l.tap)
	if !l.stays && r.IntN(3) == 0 {
		l.what += " evicted"
		l.tap.EvictAfter(time.Duration(1+r.IntN(5)) * time.Millisecond)
	}
	s.consume(l, rand.New(rand.NewPCG(r.Uint64(), 0)))
	s.taps = append(s.taps, l)
}

// ledger is what OnDrop tells, by whichever goroutine.
type ledger struct {
	mu    sync.Mutex
	why   map[int]runnel.Reason
	twice int // values told more than once
}

func (l *ledger) of(r runnel.Receiver[int]) *ledger {
	l.why = map[int]runnel.Reason{}
	r.OnDrop(l.add)
	return l
}

func (l *ledger) add(v int, why runnel.Reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.why[v]; known {
		l.twice++
	}
	l.why[v] = why
}

// consume receives at a random pace until the end, or until it leaves in a random way.
func (s *session) consume(l *listener, r *rand.Rand) {
	stop := 1 << 30
	if !l.stays {
		stop = r.IntN(s.total)
	}
	slow := r.IntN(3)
	how := r.IntN(3)
	l.done = began(func() error {
		for range stop {
			if slow > 0 && r.IntN(4) == 0 {
				runnel.Sleep(bg, time.Duration(r.IntN(slow*2000))*time.Microsecond)
			}
			v, err := l.tap.Recv(bg)
			if err != nil {
				return err
			}
			l.got = append(l.got, v)
		}
		switch how {
		case 0:
			l.tap.Cancel(errStop)
		case 1:
			l.tap.Leave()
		case 2: // stuck for a while
			runnel.Sleep(bg, time.Duration(r.IntN(20))*time.Millisecond)
			l.tap.Leave()
		}
		for {
			v, err := l.tap.Recv(bg)
			if err != nil {
				return err
			}
			l.got = append(l.got, v)
		}
	})
}

// check checks the account of one listener when everything has ended.
func (s *session) check(l *listener) {
	t := s.t
	l.done.Recv(bg)
	stats := l.tap.Stats()
	if int(stats.Received) != len(l.got) || stats.Len != 0 || int(stats.Dropped.Total()) != len(l.dropped.why) {
		t.Errorf("%s: received %d, told of %d dropped: %+v", l.what, len(l.got), len(l.dropped.why), stats)
	}
	mustBalance(t, stats, uint64(len(l.got)+len(l.dropped.why)))
	lag := uint64(0)
	last := -1
	known := map[int]bool{}
	for _, v := range l.got {
		if v <= last || stressKey(v) != l.key {
			t.Errorf("%s: key %d: %d after %d", l.what, l.key, v, last)
		}
		last = v
		known[v] = true
	}
	low, high := s.total, -1
	for v, why := range l.dropped.why {
		if known[v] || stressKey(v) != l.key {
			t.Errorf("%s: %d was received and %v", l.what, v, why)
		}
		known[v] = true
		if why == runnel.DroppedNewest || why == runnel.DroppedOldest {
			lag++
		}
	}
	for v := range known {
		low, high = min(low, v), max(high, v)
	}
	for v := low; v <= high; v += stressKeys { // of what came between joining and leaving
		if !known[v] {
			t.Errorf("%s: %d is missing between %d and %d", l.what, v, low, high)
		}
	}
	if l.dropped.twice > 0 {
		t.Errorf("%s: %d values dropped twice", l.what, l.dropped.twice)
	}
	if l.tap.Lag() != lag || !l.lossy && lag > 0 {
		t.Errorf("%s: lag %d, told of %d", l.what, l.tap.Lag(), lag)
	}
	if place := s.pub.Taps(l.key); len(place) != 0 {
		t.Errorf("%d taps are left", len(place))
	}
}

func TestStressOfTaps(t *testing.T) {
	seeds(t, 60, func(t *testing.T, r *rand.Rand) {
		s := &session{t: t, rand: r, total: 1 + r.IntN(120)}
		s.in = runnel.New[int]([]runnel.Option{runnel.Buffer(1 + r.IntN(4)), runnel.Unbounded()}[r.IntN(2)])
		s.pub = fan.NewPub(s.in, stressKey)
		outcome := new(ledger).of(s.in)
		for range r.IntN(5) {
			s.join()
		}
		ctx, cancel := context.WithCancelCause(bg)
		defer cancel(nil)
		done := began(func() error { return s.pub.Run(ctx) })
		end := s.produce(rand.New(rand.NewPCG(r.Uint64(), 0)), cancel)
		for range r.IntN(6) {
			runnel.Sleep(bg, time.Duration(r.IntN(4000))*time.Microsecond)
			s.join()
		}
		err, _ := done.Recv(bg)
		if !errors.Is(err, end) || end == nil && err != nil {
			t.Errorf("Run returned %v, want %v", err, end)
		}
		s.join() // after the end
		s.sent.Recv(bg)
		offered := map[int]bool{}
		for _, l := range s.taps {
			s.check(l)
			for _, v := range l.got {
				offered[v] = true
			}
			for v := range l.dropped.why {
				offered[v] = true
			}
		}
		s.checkInput(outcome, offered)
	})
}

// produce sends, and decides how it ends.
func (s *session) produce(r *rand.Rand, cancel context.CancelCauseFunc) (end error) {
	how := r.IntN(4)
	end = []error{nil, errFull, errStop, errStop}[how]
	pause := r.IntN(3)
	stop := r.IntN(s.total)
	s.sent = began(func() error {
		for v := range s.total {
			if pause > 0 && r.IntN(5) == 0 {
				runnel.Sleep(bg, time.Duration(r.IntN(3000))*time.Microsecond)
			}
			if v == stop && how == 2 {
				cancel(errStop)
			}
			if v == stop && how == 3 {
				s.in.Cancel(errStop)
			}
			if err := s.in.Send(bg, v); err != nil {
				break
			}
		}
		s.in.CloseWith(end)
		return nil
	})
	return end
}

// checkInput checks that each value of the input was offered, unheard or undelivered.
func (s *session) checkInput(outcome *ledger, offered map[int]bool) {
	stats := s.in.Stats()
	mustBalance(s.t, stats, stats.Sent)
	for v, why := range outcome.why {
		if offered[v] {
			s.t.Errorf("%d was offered, and is %v on the input", v, why)
		}
	}
	if len(outcome.why) != int(stats.Dropped.Total()) || len(offered) != int(stats.Received) || outcome.twice > 0 || stats.Len != 0 {
		s.t.Errorf("told of %d dropped and %d offered: %+v", len(outcome.why), len(offered), stats)
	}
}
