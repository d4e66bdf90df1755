package marble_test

import (
	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/internal/marble"
)

func mult(s *marble.Scene) {
	in := s.In("in", "a b c d e |")
	m := fan.NewMult(in)
	audit := m.Tap()
	live := m.Tap(runnel.Sliding(1))
	s.Go(func() { m.Run(ctx) })
	marble.Out(s, "audit", audit)
	marble.OutEvery(s, "live", live, 2.4)
}

func multEvict(s *marble.Scene) {
	in := s.In("in", "a b c d |")
	m := fan.NewMult(in)
	fast := m.Tap()
	slow := m.Tap().EvictAfter(2 * tick)
	slow.OnClose(func(cause error) { s.Note("slow ends:", cause) })
	s.Go(func() { m.Run(ctx) })
	marble.Out(s, "fast", fast)
	marble.OutEvery(s, "slow", slow, 4.5)
}

func pub(s *marble.Scene) {
	in := s.In("in", "a1 b1 a2 c1 b2 |")
	p := fan.NewPub(in, func(v string) byte { return v[0] })
	as := p.Sub('a')
	bs := p.Sub('b')
	s.Go(func() { p.Run(ctx) })
	marble.Out(s, "as", as)
	marble.Out(s, "bs", bs)
}

func mix(s *marble.Scene) {
	music := s.In("music", "a - b - c - d - e |")
	speech := s.In("speech", "- 1 - 2 - 3 - 4 |")
	out := runnel.New[string]()
	x := fan.NewMix(out)
	x.Add(music, speech)
	x.Close()
	s.At(1.5, "music: Mute", func() { x.Set(fan.Setting[string]{In: music, Mode: fan.Mute}) })
	s.At(4.5, "music: Play, speech: Pause", func() {
		x.Set(fan.Setting[string]{In: music}, fan.Setting[string]{In: speech, Mode: fan.Pause})
	})
	s.At(8.5, "speech: Play", func() { x.Set(fan.Setting[string]{In: speech}) })
	s.Go(func() { x.Run(ctx) })
	marble.Out(s, "out", out)
}
