package fan_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// Random changes of a Mix while values flow, against a model that is one line per rule: what
// may not play when a call has returned does not reach the output from then on. At the end
// every value has been received from the output once and in order, or was dropped with a
// reason, or is still in its input.

const stressBase = 1_000_000 // value = input*stressBase + number

// band is a Mix and the model of it.
type band struct {
	t        *testing.T
	rand     *rand.Rand
	mix      *fan.Mix[int]
	out      *runnel.Chan[int]
	players  []*player
	soloMode fan.Mode
	got      []int
}

type player struct {
	in      *runnel.Chan[int]
	dropped *ledger
	sent    int
	setting fan.Setting[int]
	present bool // in the mix
	closed  bool
}

// silent tells whether no value of the player may be sent now. One that is closed may drop
// out at any time, and its solo with it.
func (b *band) silent(p *player) bool {
	for _, q := range b.players {
		if q.present && !q.closed && q.setting.Solo {
			return !p.present || !p.setting.Solo
		}
	}
	return !p.present || p.setting.Mode != fan.Play
}

func newBand(t *testing.T, r *rand.Rand) *band {
	b := &band{t: t, rand: r, soloMode: fan.Mute}
	outs := [][]runnel.Option{nil, {runnel.Buffer(2)}, {runnel.Unbounded()}}
	b.out = runnel.New[int](outs[r.IntN(len(outs))]...)
	b.mix = fan.NewMix(b.out)
	for range 1 + r.IntN(4) {
		in := runnel.New[int]([]runnel.Option{runnel.Buffer(3), runnel.Unbounded(), runnel.Sliding(2)}[r.IntN(3)])
		p := &player{in: in, dropped: new(ledger).of(in), setting: fan.Setting[int]{In: in}}
		b.players = append(b.players, p)
	}
	return b
}

// any returns a player that is in the mix, or not, and open; nil if there is none.
func (b *band) any(present bool) *player {
	p := b.players[b.rand.IntN(len(b.players))]
	if p.closed || p.present != present {
		return nil
	}
	return p
}

// act changes something.
func (b *band) act() {
	r := b.rand
	switch r.IntN(9) {
	case 0, 1:
		if p := b.any(false); p != nil {
			b.must(b.mix.Add(p.in))
			p.present, p.setting = true, fan.Setting[int]{In: p.in}
		}
	case 2:
		if p := b.any(true); p != nil {
			b.must(b.mix.Remove(p.in))
			p.present = false
		}
	case 3, 4, 5, 6:
		b.set()
	case 7:
		b.soloMode = fan.Mute + fan.Mode(r.IntN(2))
		b.must(b.mix.SoloMode(b.soloMode))
	case 8:
		if p := b.any(true); p != nil && r.IntN(3) == 0 {
			p.in.Close()
			p.closed = true
		}
	}
}

// set changes the settings of some players at once.
func (b *band) set() {
	var settings []fan.Setting[int]
	var players []*player
	for range 1 + b.rand.IntN(3) {
		if p := b.any(true); p != nil {
			s := fan.Setting[int]{In: p.in, Mode: fan.Mode(b.rand.IntN(3)), Solo: b.rand.IntN(5) == 0}
			settings, players = append(settings, s), append(players, p)
		}
	}
	b.must(b.mix.Set(settings...))
	for i, p := range players {
		p.setting = settings[i]
	}
}

func (b *band) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// feed sends something to some inputs, without waiting.
func (b *band) feed() {
	for range b.rand.IntN(6) {
		i := b.rand.IntN(len(b.players))
		if p := b.players[i]; p.in.TrySend(i*stressBase+p.sent) == nil {
			p.sent++
		}
	}
}

// hear receives for a while. What was in the output before may be of anybody.
func (b *band) hear(before int) {
	for range b.rand.IntN(12) {
		if b.rand.IntN(3) == 0 {
			synctest.Wait()
		}
		v, err := b.out.TryRecv()
		if err != nil {
			continue
		}
		b.got = append(b.got, v)
		p := b.players[v/stressBase]
		if before--; before < 0 && b.silent(p) && !p.closed {
			b.t.Fatalf("%d of input %d came while it was set to %+v", v%stressBase, v/stressBase, p.setting)
		}
	}
}

func TestStressOfMix(t *testing.T) {
	seeds(t, 60, func(t *testing.T, r *rand.Rand) {
		b := newBand(t, r)
		for range r.IntN(5) {
			b.act()
			b.feed()
		}
		ctx, cancel := context.WithCancelCause(bg)
		defer cancel(nil)
		done := began(func() error { return b.mix.Run(ctx) })
		for range r.IntN(100) {
			b.feed()
			b.act()
			b.hear(b.out.Len())
		}
		want := b.end(cancel)
		for v := range b.out.All(bg) {
			b.got = append(b.got, v)
		}
		if err, _ := done.Recv(bg); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("Run returned %v, want %v", err, want)
		}
		b.check()
	})
}

// end makes an end in one of the ways.
func (b *band) end(cancel context.CancelCauseFunc) error {
	switch b.rand.IntN(3) {
	case 0:
		cancel(errStop)
		return errStop
	case 1:
		b.out.CloseWith(errFull)
		return errFull
	}
	for _, p := range b.players {
		if err := b.mix.Remove(p.in); err != nil && (!errors.Is(err, fan.ErrUnknown) || p.present && !p.closed) {
			b.t.Error(err)
		}
	}
	b.mix.Close()
	return nil
}

// check checks the account of each input.
func (b *band) check() {
	last := make([]int, len(b.players))
	for _, v := range b.got {
		i, n := v/stressBase, v%stressBase+1
		if n <= last[i] {
			b.t.Errorf("input %d: %d after %d", i, n-1, last[i]-1)
		}
		last[i] = n
		b.players[i].dropped.add(v, 0)
	}
	for i, p := range b.players {
		left := p.in.Len()
		mustBalance(b.t, p.in.Stats(), uint64(p.sent))
		if n := len(p.dropped.why); n+left != p.sent || p.dropped.twice > 0 {
			b.t.Errorf("input %d: of %d values %d came out or were dropped, %d of them twice, and %d are left",
				i, p.sent, n, p.dropped.twice, left)
		}
	}
}

// A call that has returned holds, however busy the Mix is.
func TestPauseHoldsWhenItReturns(t *testing.T) {
	out := runnel.New[int](runnel.Unbounded())
	x := fan.NewMix(out)
	in, other := runnel.New[int](), runnel.New[int]()
	x.Add(in, other)
	ctx, cancel := context.WithTimeout(bg, time.Minute)
	defer cancel()
	done := began(func() error { return x.Run(ctx) })
	for i, c := range []*runnel.Chan[int]{in, other} {
		runnel.Go(func() {
			for c.Send(ctx, i) == nil {
			}
		})
	}
	for range 150 {
		x.Set(fan.Setting[int]{In: in, Mode: fan.Pause})
		before := out.Len()
		mustGet(t, other, 1) // taken from Run, so time has passed
		for n := range out.Len() {
			if v, _ := out.TryRecv(); v == 0 && n >= before {
				t.Fatal("a value of the paused input came")
			}
		}
		x.Set(fan.Setting[int]{In: in})
	}
	cancel()
	mustEnd(t, done, context.Canceled)
}
