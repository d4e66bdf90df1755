package mq

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String is a table for people, at most 80 columns wide: what was published to each topic, what each
// group has consumed, who consumes, and which messages have been running for more than a second. Times are
// of the call of the engine and of the handler; critical is the time from published to settled.
func (s Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s%9s%8s%8s%8s%7s%8s%8s\n",
		clip("published, "+brief(s.Over), 24), "messages", "per s", "again", "dropped", "failed", "p50", "p99")
	for i := range s.Topics {
		s.Topics[i].write(&b)
	}
	fmt.Fprintf(&b, "%-19s%8s%8s%7s%8s%6s%8s%8s%8s\n",
		"consumed", "acked", "per s", "errors", "retried", "dead", "p50", "p99", "crit99")
	for i := range s.Groups {
		s.Groups[i].write(&b)
	}
	return b.String()
}

func (t *TopicStats) write(b *strings.Builder) {
	var failed uint64
	for _, n := range t.Failed {
		failed += n
	}
	fmt.Fprintf(b, "%-24s%9s%8s%8s%8s%7s%8s%8s\n", clip(t.Topic, 23), number(t.Stored), perSecondText(t.Rate),
		number(t.Duplicates), number(t.Dropped), number(failed), nanos(t.Publishing, 0.5), nanos(t.Publishing, 0.99))
}

func (g *GroupStats) write(b *strings.Builder) {
	fmt.Fprintf(b, "%-19s%8s%8s%7s%8s%6s%8s%8s%8s\n", clip(g.Topic+"/"+g.Group, 18), number(g.Acked), perSecondText(g.Rate),
		percent(g.ErrorRate), number(g.Retried), number(g.DeadTotal()),
		nanos(g.Handling, 0.5), nanos(g.Handling, 0.99), nanos(g.Critical, 0.99))
	for i := range g.Consumers {
		g.Consumers[i].write(b)
	}
}

// write tells of the consumer, and of what runs long.
func (c *ConsumerStats) write(b *strings.Builder) {
	state := fmt.Sprintf("%d of %d busy, %d at hand", c.Busy, c.Workers, c.Prefetched)
	if c.Paused {
		state += ", paused"
	}
	if c.Stuck > 0 {
		state += fmt.Sprintf(", %d stuck", c.Stuck)
	}
	fmt.Fprintf(b, "  %s: %s\n", clip(c.Name, 20), state)
	for _, r := range c.Running {
		if r.For >= time.Second || r.Stuck {
			r.write(b)
		}
	}
}

func (r *Running) write(b *strings.Builder) {
	what := "running"
	if r.Stuck {
		what = "stuck"
	}
	fmt.Fprintf(b, "    %-7s %7s  %s, attempt %d\n", what, brief(r.For), clip(r.ID, 40), r.Attempt)
}

// clip shortens s to n columns, in the middle, since names differ at both ends.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	head := (n - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(n-1-head):])
}

// number is n in at most five columns.
func number(n uint64) string {
	if n < 100_000 {
		return strconv.FormatUint(n, 10)
	}
	f, unit := float64(n), ""
	for _, unit = range []string{"k", "M", "G", "T", "P", "E"} {
		if f /= 1000; f < 999.5 {
			break
		}
	}
	return three(f) + unit
}

// three is f < 1000 with three digits.
func three(f float64) string {
	digits := 0
	switch {
	case f < 9.995:
		digits = 2
	case f < 99.95:
		digits = 1
	}
	return strconv.FormatFloat(f, 'f', digits, 64)
}

func perSecondText(f float64) string {
	if f >= 1000 {
		return number(uint64(f + 0.5))
	}
	return three(f)
}

func percent(part float64) string {
	return strconv.FormatFloat(100*part, 'f', 1, 64) + "%"
}

func nanos(h Histogram, q float64) string {
	if h.Count() == 0 {
		return "-"
	}
	return brief(time.Duration(h.Quantile(q)))
}

// brief is d with three digits, at most seven columns.
func brief(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + "ns"
	case d < time.Millisecond:
		return three(float64(d)/1e3) + "µs"
	case d < time.Second:
		return three(float64(d)/1e6) + "ms"
	case d < time.Minute:
		return three(d.Seconds()) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 100*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}
