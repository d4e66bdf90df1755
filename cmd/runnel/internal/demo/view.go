package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/cmd/runnel/internal/ledger"
	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// view turns the news into something to look at: a panel on a terminal, lines elsewhere.
type view struct {
	d       *demo
	c       *screen.Console
	style   screen.Style
	panel   *screen.Panel // nil: lines
	width   int
	counts  [consumers][interrupted + 1]int64
	doing   [consumers]event
	letters []event // dead
	recent  []string
	found   []quake // done, the biggest first
}

// The panel has panelLines lines; a terminal with fewer shows lines instead.
const (
	panelLines  = 13
	recentLines = 4
	biggest     = 5
)

func newView(d *demo) *view {
	c := d.cfg.Console
	width, height := c.Size()
	v := &view{d: d, c: c, style: screen.Style{On: c.Colour()}, width: min(width, 100) - 1}
	first, last := d.all[0].time, d.all[len(d.all)-1].time
	c.Text(v.style.Bold("runnel demo") + fmt.Sprintf(": %d earthquakes, %s to %s, in about %s\n", len(d.all),
		first.Format(time.DateOnly), last.Format(time.DateOnly), d.scale(playtime).Round(100*time.Millisecond)))
	if c.IsTerminal() && height > panelLines && width >= 60 {
		v.panel = c.NewPanel()
	}
	return v
}

// watch follows the news until they end, and shows the state at every tick.
func (v *view) watch() {
	pause := time.Second
	if v.panel != nil {
		pause = 60 * time.Millisecond
	}
	ticks := runnel.Tick(pause)
	defer ticks.Cancel(nil)
	news, tick := runnel.RecvFrom(v.d.news), runnel.RecvFrom(ticks)
	for {
		if c, _ := runnel.Select(context.Background(), news, tick); c == tick {
			v.draw()
			continue
		}
		e, err := news.Value()
		if err != nil {
			return
		}
		v.take(e)
	}
}

// take adds a piece of news.
func (v *view) take(e event) {
	v.counts[e.consumer][e.kind]++
	v.doing[e.consumer] = e
	switch e.kind {
	case failed:
		v.tell(v.style.Wait("retry "), e)
	case dead:
		v.letters = append(v.letters, e)
		v.tell(v.style.Bad("dead  "), e)
	case done:
		v.find(e.quake)
	}
}

func (v *view) tell(what string, e event) {
	text := fmt.Sprintf("%s  %s, attempt %d: %s", e.quake.time.Format("Jan 02 15:04"), e.quake.id, e.attempt, e.err)
	line := what + screen.Fit(text, v.width-8)
	switch {
	case v.panel != nil:
		v.recent = append(v.recent[max(0, len(v.recent)+1-recentLines):], line)
	case e.kind == dead:
		v.c.Text(strings.TrimRight(line, " "))
	}
}

// find keeps the biggest quakes.
func (v *view) find(q quake) {
	v.found = append(v.found, q)
	slices.SortStableFunc(v.found, func(a, b quake) int { return cmp.Compare(b.mag, a.mag) })
	v.found = v.found[:min(len(v.found), biggest)]
}

func (v *view) count(k kind) (n int64) {
	for _, c := range v.counts {
		n += c[k]
	}
	return n
}

func (v *view) draw() {
	s := v.d.quakes.Stats()
	if v.panel == nil {
		v.c.Text(v.summary(s))
		return
	}
	v.panel.Draw(v.lines(s))
}

// summary is the state as one line.
func (v *view) summary(s runnel.Stats) string {
	return fmt.Sprintf("%s  queue %2d/%d  done %4d  retries %3d  dead %2d  dropped %3d",
		v.now().Format("Jan 02 15:04"), s.Len, s.Cap, v.count(done), v.count(failed), v.count(dead), s.Dropped.Total())
}

// now is the time of the replay.
func (v *view) now() time.Time {
	first, last := v.d.all[0].time, v.d.all[len(v.d.all)-1].time
	part := min(1, float64(time.Since(v.d.start))/float64(v.d.scale(playtime)))
	return first.Add(time.Duration(part * float64(last.Sub(first))))
}

func (v *view) lines(s runnel.Stats) []string {
	lines := []string{
		"",
		v.row("california", fmt.Sprintf("%4d sent", v.d.read[0].Load()), v.now().Format("Mon Jan 02 15:04")),
		v.row("elsewhere", fmt.Sprintf("%4d sent", v.d.read[1].Load()), ""),
		v.row("  buffer", screen.Gauge(s.Len, s.Cap, 16), fmt.Sprintf("%2d/%d  sliding, dropped %d", s.Len, s.Cap, s.Dropped.Total())),
	}
	for i := range consumers {
		lines = append(lines, v.consumer(i))
	}
	lines = append(lines, "")
	for i := range recentLines {
		if i < len(v.recent) {
			lines = append(lines, "  "+v.recent[i])
		} else {
			lines = append(lines, "")
		}
	}
	return append(lines, v.biggestNow())
}

// row is a line of the panel: a name, a column of figures, and the rest.
func (v *view) row(name, figures, rest string) string {
	return "  " + v.style.Bold(screen.Fit(name, 12)) + screen.Fit(figures, 20) + screen.Fit(rest, v.width-34)
}

func (v *view) consumer(i int) string {
	c, e := v.counts[i], v.doing[i]
	text := e.quake.String()
	if e.quake.id == "" {
		text = ""
	}
	mark, paint := "", func(s string) string { return s }
	switch {
	case e.kind == failed:
		mark, paint = "failed", v.style.Wait
	case e.kind == dead:
		mark, paint = "dead", v.style.Bad
	case e.attempt > 1:
		mark = fmt.Sprintf("try %d", e.attempt)
	}
	figures := fmt.Sprintf("%4d done %3d dead", c[done], c[dead])
	return "  " + v.style.Bold(screen.Fit(fmt.Sprintf("consumer %d", i+1), 12)) + screen.Fit(figures, 20) +
		paint(screen.Fit(mark, 8)+screen.Fit(text, v.width-42))
}

func (v *view) biggestNow() string {
	if len(v.found) == 0 {
		return ""
	}
	return v.row("biggest", v.found[0].time.Format("Jan 02 15:04"), v.found[0].String())
}

// finish shows the end.
func (v *view) finish(l ledger.Ledger) {
	if v.panel != nil {
		v.panel.Draw(v.lines(v.d.quakes.Stats()))
		v.panel.Close()
	}
	v.heading("\nBiggest found")
	for _, q := range v.found {
		v.line("%s  %s", q.time.Format("Jan 02 15:04"), q)
	}
	v.heading("Consumers")
	for i, c := range v.counts {
		v.line("consumer %d: %d done, %d retries, %d dead", i+1, c[done], c[failed], c[dead])
	}
	v.losses()
	v.heading("Ledger")
	v.line("%s", l)
	if l.Check() == nil {
		v.c.Text("  " + v.style.Good("it balances: every quake is accounted for"))
	}
}

// losses tells of dead letters and of drops.
func (v *view) losses() {
	if len(v.letters) > 0 {
		e := v.letters[0]
		v.heading("Dead letters")
		v.line("%d given up after %d attempts; the first of them:", len(v.letters), attempts)
		v.line("%s: %s", e.quake, e.err)
	}
	if len(v.d.lost) > 0 {
		v.heading("Dropped")
		v.line("%d slid out of the full buffer, the oldest first; the biggest of them:", len(v.d.lost))
		v.line("%s", slices.MaxFunc(v.d.lost, func(a, b quake) int { return cmp.Compare(a.mag, b.mag) }))
	}
}

func (v *view) heading(s string) { v.c.Text(v.style.Bold(s)) }

// line writes an indented line, cut to the width of the console.
func (v *view) line(format string, args ...any) {
	v.c.Text("  " + strings.TrimRight(screen.Fit(fmt.Sprintf(format, args...), v.width-2), " "))
}
