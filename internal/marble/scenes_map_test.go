package marble_test

import (
	"context"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/marble"
	"github.com/runnel-go/runnel/pipe"
)

const tick = marble.Tick

var ctx = context.Background()

func mapOrdered(s *marble.Scene) {
	in := s.In("in", "a b c d e |")
	fetch := s.Work("a4 b1 c1.2 d1 e2")
	out := pipe.Map(ctx, in, 3, fetch)
	marble.Out(s, "out", out)
}

func mapUnordered(s *marble.Scene) {
	in := s.In("in", "a b c d e |")
	fetch := s.Work("a4.2 b1 c2.8 d2.3 e1.6")
	out := pipe.MapUnordered(ctx, in, 3, fetch)
	marble.Out(s, "out", out)
}

func mapKeyed(s *marble.Scene) {
	in := s.In("in", "a1 a2 b1 c1 a3 b2 |")
	key := func(v string) byte { return v[0] }
	store := s.Work("a1:2.5 a2:2 a3:2 b1:1 b2:1 c1:2")
	out := pipe.MapKeyed(ctx, in, 2, 4, key, store)
	marble.Out(s, "out", out)
}

func mapFails(s *marble.Scene) {
	in := s.In("in", "a b c d e f |")
	fetch := s.Work("a3 b4 c1.5! d2 e1")
	out := pipe.Map(ctx, in, 4, fetch)
	marble.Out(s, "out", out)
}

func flatMap(s *marble.Scene) {
	in := s.In("in", "a b - c - - |")
	read := s.Work("a2 b1 c1")
	pages := func(ctx context.Context, v string, emit func(string) error) error {
		for _, page := range []string{v + "1", v + "2"} {
			if _, err := read(ctx, v); err != nil {
				return err
			}
			if err := emit(page); err != nil {
				return err
			}
		}
		return nil
	}
	out := pipe.FlatMap(ctx, in, 2, pages)
	marble.Out(s, "out", out)
}

func mapSliding(s *marble.Scene) {
	in := s.In("in", "a b c d e |")
	price := s.Work("a1 b1 c1 d1 e1")
	out := pipe.Map(ctx, in, 1, price, runnel.Sliding(1))
	marble.OutEvery(s, "out", out, 2.4)
}
