package flow

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/runnel-go/runnel"
)

// String tells the account as a table: what each process has done and does now, and what each
// edge holds, has taken and dropped. What a source has done is the values that it has given. Rates are averages since the start; for those of late see
// [Status.Since]. "waited" is the sum of all waits for room on the edge.
func (s Status) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v, %s", title(s.Graph), s.State, brief(s.Age))
	if s.Err != nil {
		fmt.Fprintf(&b, ", %v", s.Err)
	}
	if len(s.Processes) == 0 {
		b.WriteString(", no processes")
	} else {
		b.WriteString(s.processTable().String())
	}
	if len(s.Edges) > 0 {
		b.WriteString(s.edgeTable().String())
	}
	tellNews(&b, "failures", s.Failures)
	tellNews(&b, "reports", s.Reports)
	return b.String()
}

func (s Status) processTable() *table {
	t := &table{left: map[int]bool{0: true, 5: true}}
	t.row("process", "workers", "done", "per s", "failed", "now")
	for _, p := range s.Processes {
		n := p.Done
		if p.Kind == "source" {
			n = s.given(p)
		}
		rate := math.Round(perSecond(n, 0, s.Age))
		t.row(p.Name, strconv.Itoa(len(p.Workers)), count(n), count(uint64(rate)), count(p.Failed), p.now())
	}
	return t
}

// given is how many values a source has given, each to all edges of its output.
func (s Status) given(p ProcessStatus) (most uint64) {
	for _, e := range s.Edges {
		if process, port, _ := strings.Cut(e.From, "."); process == p.Name && !isDeadLetters(port, true) {
			most = max(most, e.Sent)
		}
	}
	return most
}

// now is what the workers do: each activity with how many, and the longest time.
func (p ProcessStatus) now() string {
	var parts []string
	for a := range Activity(len(activities)) {
		n, longest, on := 0, WorkerStatus{}, ""
		for _, w := range p.Workers {
			if w.Activity == a {
				if n++; w.For >= longest.For {
					longest, on = w, w.On
				}
			}
		}
		if n == 0 || a == Gone && len(parts) > 0 {
			continue
		}
		text := a.String()
		if n > 1 {
			text = strconv.Itoa(n) + " " + text
		}
		if a != Gone && a != Moving {
			text += " " + brief(longest.For)
		}
		if _, to, ok := strings.Cut(on, " -> "); ok && a == Blocked {
			text += " by " + to
		}
		parts = append(parts, text)
	}
	if p.Paused {
		parts = append(parts, "paused")
	}
	return strings.Join(parts, ", ")
}

func (s Status) edgeTable() *table {
	t := &table{left: map[int]bool{0: true, 6: true}}
	t.row("edge", "held", "high", "sent", "waited", "dropped", "")
	for _, e := range s.Edges {
		held, why := count(uint64(e.Len)), ""
		if e.Cap > 0 {
			held += "/" + count(uint64(e.Cap))
		}
		if e.Dropped.Total() > 0 {
			why = strings.Join(reasons(e.Dropped), ", ")
		}
		t.row(e.link().String(), held, count(uint64(e.HighWater)), count(e.Sent), brief(e.SendBlocked+e.OldestSend), count(e.Dropped.Total()), why)
	}
	return t
}

// reasons are the reasons, with numbers where there are several.
func reasons(d runnel.Drops) (all []string) {
	for why, n := range d {
		switch n {
		case 0:
		case d.Total():
			all = append(all, runnel.Reason(why).String())
		default:
			all = append(all, count(n)+" "+runnel.Reason(why).String())
		}
	}
	return all
}

// tellNews tells of failures or reports, if there are any.
func tellNews(b *strings.Builder, what string, s runnel.Stats) {
	if s.Sent > 0 {
		fmt.Fprintf(b, "\n  %s: %s sent, %s received, %d held, %s dropped", what, count(s.Sent), count(s.Received), s.Len, count(s.Dropped.Total()))
	}
}

// count is a number with its thousands apart.
func count(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// table is text in columns: to the right, but for those that are left.
type table struct {
	left map[int]bool
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	width := make([]int, len(t.rows[0]))
	for _, r := range t.rows {
		for i, c := range r {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, r := range t.rows {
		line := " "
		for i, c := range r {
			gap := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if t.left[i] {
				line += " " + c + gap
			} else {
				line += " " + gap + c
			}
			if i < len(r)-1 {
				line += " "
			}
		}
		b.WriteString("\n" + strings.TrimRight(line, " "))
	}
	return b.String()
}
