package marble_test

import (
	"context"
	"strings"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/marble"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

func retry(s *marble.Scene) {
	in := s.In("in", "a b - - c |")
	fetch := s.Work("a1 b1! c1!1")
	f := pipe.Try(pipe.Retry(runnel.Backoff{Attempts: 2}, fetch))
	out := pipe.Map(ctx, in, 1, f)
	marble.Out(s, "out", out)
}

func through(s *marble.Scene) {
	in := s.In("in", "a a b b c d e |")
	step := xf.Compose2(xf.Dedupe[string](), xf.Batch[string](2))
	out := pipe.Through(ctx, in, step)
	marble.Out(s, "out", out)
}

func take(s *marble.Scene) {
	in := s.In("in", "a b c d |")
	out := pipe.Take(ctx, in, 2)
	marble.Out(s, "out", out)
}

func batch(s *marble.Scene) {
	in := s.In("in", "a b - c d e - f |")
	out := pipe.Batch(ctx, in, 3, 5*tick/2)
	marble.Out(s, "out", out)
}

func window(s *marble.Scene) {
	in := s.In("in", "a b - - c d - - - - e |")
	out := pipe.Window(ctx, in, pipe.Tumbling(3*tick))
	marble.Out(s, "out", out)
}

func session(s *marble.Scene) {
	in := s.In("in", "a b - c - - - - d e |")
	out := pipe.Window(ctx, in, pipe.Session(3*tick))
	marble.Out(s, "out", out)
}

func throttle(s *marble.Scene) {
	in := s.In("in", "a b c d e |")
	out := pipe.Throttle(ctx, in, 2, 3*tick)
	marble.Out(s, "out", out)
}

func throttleSliding(s *marble.Scene) {
	in := s.In("in", "a b c d e f g |", runnel.Sliding(1))
	out := pipe.Throttle(ctx, in, 1, 12*tick/5)
	marble.Out(s, "out", out)
}

func debounce(s *marble.Scene) {
	in := s.In("in", "a b - - - c d e - - f |")
	out := pipe.Debounce(ctx, in, 2*tick)
	marble.Out(s, "out", out)
}

func timeout(s *marble.Scene) {
	in := s.In("in", "a b - - - c |")
	out := pipe.Timeout(ctx, in, 3*tick)
	marble.Out(s, "out", out)
}

func merge(s *marble.Scene) {
	a := s.In("a", "a - b - c |")
	b := s.In("b", "- 1 - 2 - - - 3 |")
	out := pipe.Merge(ctx, []runnel.Receiver[string]{a, b})
	marble.Out(s, "out", out)
}

func mergePriority(s *marble.Scene) {
	urgent := s.In("urgent", "- - a |", runnel.Buffer(4))
	bulk := s.In("bulk", "1 2 3 |", runnel.Buffer(4))
	ins := []runnel.Receiver[string]{urgent, bulk}
	out := pipe.MergePriority(ctx, ins)
	marble.OutEvery(s, "out", out, 2.2)
}

func zip(s *marble.Scene) {
	a := s.In("a", "a - b - - c |")
	b := s.In("b", "- 1 2 3 4 - - 5 |")
	pair := func(v, w string) string { return v + " " + w }
	out := pipe.Zip(ctx, a, b, pair)
	marble.Out(s, "out", out)
}

func split(s *marble.Scene) {
	in := s.In("in", "a b c d e |")
	vowel := func(v string) bool { return strings.Contains("aeiou", v) }
	yes, no := pipe.Split(ctx, in, vowel)
	marble.Out(s, "yes", yes)
	marble.Out(s, "no", no)
}

func tee(s *marble.Scene) {
	in := s.In("in", "a b c d |")
	a, b := pipe.Tee(ctx, in)
	marble.Out(s, "a", a)
	marble.OutEvery(s, "b", b, 2)
}

func generate(s *marble.Scene) {
	poll := s.Work("a1 b1.5 c1 d2 e1")
	pages := func(ctx context.Context, emit func(string) error) error {
		for _, page := range []string{"a", "b", "c", "d", "e"} {
			v, err := poll(ctx, page)
			if err != nil {
				return err
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
	out := pipe.Generate(ctx, pages)
	marble.OutFirst(s, "out", out, 3)
}

func forEach(s *marble.Scene) {
	in := s.In("in", "a b c d |")
	work := s.Work("a3 b1.5 c1 d2")
	store := func(ctx context.Context, v string) error { _, err := work(ctx, v); return err }
	s.Go(func() {
		err := pipe.ForEach(ctx, in, 2, store)
		s.Note("returns", err)
	})
}

func forEachFails(s *marble.Scene) {
	in := s.In("in", "a b c d |")
	work := s.Work("a4 b1.5! c3 d2")
	store := func(ctx context.Context, v string) error { _, err := work(ctx, v); return err }
	s.Go(func() {
		err := pipe.ForEach(ctx, in, 3, store)
		s.Note("returns", err)
	})
}

func stop(s *marble.Scene) {
	urls := s.In("urls", "a b c d - e |")
	fetch := s.Work("a1 b1 c1.2 d3")
	pages := pipe.Map(ctx, urls, 2, fetch)
	marble.Mid(s, "pages", pages)
	parse := s.WorkOn("a.5 b1.6 c3")
	out := pipe.Map(ctx, pages, 1, parse)
	marble.OutFirst(s, "out", out, 2)
}

func fail(s *marble.Scene) {
	urls := s.In("urls", "a b c d e |")
	fetch := s.Work("a1 b1.2 c.6! d3")
	pages := pipe.Map(ctx, urls, 2, fetch)
	marble.Mid(s, "pages", pages)
	parse := s.WorkOn("a.5 b1.4 c3")
	out := pipe.Map(ctx, pages, 1, parse)
	marble.Out(s, "out", out)
}
