package screen

import (
	"bytes"
	"testing"
	"time"
)

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.00s", 10 * time.Millisecond: "0.01s", 1500 * time.Millisecond: "1.5s", 61 * time.Second: "1m1s",
	} {
		if got := Short(d); got != want {
			t.Errorf("Short(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestRate(t *testing.T) {
	for n, want := range map[int64]string{0: "0.0/s", 3: "1.5/s", 400: "200/s", 84_000: "42k/s"} {
		if got := Rate(n, 2*time.Second); got != want {
			t.Errorf("Rate(%d in 2 s) = %s, want %s", n, got, want)
		}
	}
	if got := Rate(5, 0); got != "0/s" {
		t.Errorf("Rate in no time = %s", got)
	}
}

func TestGaugeAndFit(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Gauge(0, 4, 4), "░░░░"}, {Gauge(1, 100, 4), "█░░░"}, {Gauge(2, 4, 4), "██░░"}, {Gauge(9, 4, 4), "████"},
		{Gauge(0, 0, 2), "░░"}, {Fit("abc", 5), "abc  "}, {Fit("abc", 3), "abc"}, {Fit("abcd", 3), "ab…"}, {Fit("abc", 0), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestReading(t *testing.T) {
	r := Reading{At: 25, Records: 100, Elapsed: 2 * time.Second, Depth: 3, Cap: 64, Blocked: time.Second}
	if got, want := r.describe(100), "50/s  queue  3/64  blocked 1.0s  ETA 6.0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.Dead = 2
	if got, want := r.describe(0), "100 records  2 dead  50/s  queue  3/64  blocked 1.0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Off a terminal there are lines and nothing else: no bar, no colour, no movement of the cursor.
func TestConsoleOffTerminal(t *testing.T) {
	var b bytes.Buffer
	c := NewConsole(&b)
	bar := c.StartBar(100)
	bar.Update(Reading{At: 50})
	c.Printf("one %d", 1)
	c.Text("two\n")
	bar.Stop()
	if b.String() != "one 1\ntwo\n" || c.Colour() || c.IsTerminal() {
		t.Errorf("%q", b.String())
	}
	if s := (Style{}); s.Bad("x")+s.Good("y") != "xy" || (Style{On: true}).Bad("x") != "\x1b[31mx\x1b[0m" {
		t.Error("styles")
	}
}
