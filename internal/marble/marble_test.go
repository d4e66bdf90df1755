package marble

import (
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
)

func TestCues(t *testing.T) {
	got := cues("a - b |")
	want := []cue{{0, "a"}, {2 * Tick, "b"}, {3 * Tick, "|"}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTasks(t *testing.T) {
	all := tasks("a2 b1:.5! c1!2")
	if a := all["a"]; a == nil || a.takes != 2*Tick || a.fails != 0 {
		t.Errorf("a: %+v", a)
	}
	if b := all["b1"]; b == nil || b.takes != Tick/2 || b.fails < 1000 {
		t.Errorf("b1: %+v", b)
	}
	if c := all["c"]; c == nil || c.takes != Tick || c.fails != 2 {
		t.Errorf("c: %+v", c)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic for work without a time")
		}
	}()
	tasks("a")
}

// What is recorded is exact, and told in words too.
func TestRecord(t *testing.T) {
	film := Record(t, func(s *Scene) {
		in := s.In("in", "a b c !", runnel.Buffer(1))
		OutEvery(s, "out", runnel.Receiver[string](in), 2)
	})
	const want = "in: a at 0, b at 1, c at 2, closed with lost at 3. out: a at 0, b at 2, c at 4, closed with lost at 6."
	if got := film.words(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestStopIsRecorded(t *testing.T) {
	film := Record(t, func(s *Scene) {
		in := s.In("in", "a b c d |", runnel.Buffer(2))
		s.At(2.5, "stop", func() { in.Cancel(ErrEnough) })
	})
	const want = "in: a at 0, b at 1, c refused at 2.5, " +
		"a dropped (undelivered) at 2.5, b dropped (undelivered) at 2.5, cancelled with enough at 2.5."
	if got := film.words(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if w := film.lanes[0].values[2]; w.offered != 2*Tick || w.at != 5*Tick/2 {
		t.Errorf("c was offered at %v and refused at %v, want 2s and 2.5s", w.offered, w.at)
	}
}

func TestTicks(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0", 10 * Tick: "10", Tick / 2: "0.5", 5 * Tick / 4: "1.25"} {
		if got := ticks(d); got != want {
			t.Errorf("ticks(%v) = %q, want %q", d, got, want)
		}
	}
}

// Shapes that are one behind the other cannot be read.
func TestLayoutFindsOverlaps(t *testing.T) {
	film := &Film{lanes: []*lane{{name: "in", values: []value{{at: 0, label: "a"}, {at: Tick / 8, label: "b"}}}}}
	if film.Overlaps() == nil {
		t.Error("no overlap of two values an eighth of a tick apart")
	}
	film.lanes[0].values[1].at = Tick / 2
	if found := film.Overlaps(); found != nil {
		t.Errorf("overlaps %v of two values half a tick apart", found)
	}
}

func TestSVGEscapes(t *testing.T) {
	film := &Film{lanes: []*lane{{name: "<in>", values: []value{{label: "&"}}}}}
	svg := film.SVG("a < b", []string{`pipe.Map("<")`})
	for _, raw := range []string{"<in>", ">&<", "a < b", `("<")`} {
		if strings.Contains(svg, raw) {
			t.Errorf("%q is not escaped", raw)
		}
	}
}
