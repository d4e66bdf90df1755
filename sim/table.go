package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The interleaving is told as a table: a line for each operation, a column for each task, and
// at the end of the line its place in the program. If there are too many tasks, or their
// operations do not fit side by side, all share a column, after one with the task's name.

const (
	maxEvents  = 60 // lines; of a longer run, the end is told
	maxListed  = 20 // lines on tasks that had not ended
	maxColumns = 5  // for tasks
	maxWidth   = 92 // of a line: go test sets it in by 8, and 100 fit on a screen
	maxTitle   = 24 // of a task
	maxText    = 40 // of an operation, if it shares its column with others
)

// tellEvents writes the table.
func tellEvents(b *strings.Builder, w *world) {
	es := w.history.events
	if len(es) == 0 {
		return
	}
	skipped := w.history.skipped
	if more := len(es) - maxEvents; more > 0 {
		es, skipped = es[more:], skipped+more
	}
	b.WriteByte('\n')
	if skipped > 0 {
		fmt.Fprintf(b, "(%s before these left out%s)\n", count(skipped, "operation"), textIf(es[0].at > 0, ", until "+es[0].at.String()))
	}
	table := sideBySide(es, w.failure)
	if table == nil {
		table = inOneColumn(es, w.failure)
	}
	writeTable(b, table)
	tellLegend(b, es, w.failure != nil, isIn(" > ", table))
}

func tellLegend(b *strings.Builder, es []event, failed, arrows bool) {
	if slices.ContainsFunc(es, func(e event) bool { return e.forced }) {
		b.WriteString("!   a decision " + textIf(failed, "that the failure needs") + textIf(!failed, "of the token") +
			"; elsewhere each task goes on until it waits or ends\n")
	}
	if slices.ContainsFunc(es, func(e event) bool { return e.waits }) {
		b.WriteString("... the task waits in this operation\n")
	}
	if arrows {
		b.WriteString(">   lets these tasks go on\n")
	}
}

// sideBySide is the table with a column for each task, nil if that would be too wide. It leaves
// out who lets whom go on if it fits then.
func sideBySide(es []event, f *Failure) [][]string {
	ts := tasksOf(es, f)
	if len(ts) > maxColumns {
		return nil
	}
	for _, text := range []func(event) string{event.text, event.brief} {
		if table := columns(es, f, ts, text); widthOf(table) <= maxWidth {
			return table
		}
	}
	return nil
}

func columns(es []event, f *Failure, ts []*task, text func(event) string) [][]string {
	head := []string{""}
	for _, t := range ts {
		head = append(head, t.title())
	}
	table := [][]string{head}
	for _, e := range es {
		cells := []string{e.number()}
		for _, t := range ts {
			cells = append(cells, textIf(t == e.t, text(e)))
		}
		table = append(table, append(cells, e.site))
	}
	if f != nil && f.task != nil {
		cells := []string{""}
		for _, t := range ts {
			cells = append(cells, textIf(t == f.task, strings.ToUpper(string(f.Kind))))
		}
		table = append(table, cells)
	}
	return table
}

// inOneColumn is the table with a column for the names of the tasks.
func inOneColumn(es []event, f *Failure) [][]string {
	table := [][]string{{"", "task", "operation"}}
	for _, e := range es {
		table = append(table, []string{e.number(), e.t.title(), cut(e.text(), maxText), e.site})
	}
	if f != nil && f.task != nil {
		table = append(table, []string{"", f.task.title(), strings.ToUpper(string(f.Kind))})
	}
	return table
}

func isIn(text string, table [][]string) bool {
	return slices.ContainsFunc(table, func(cells []string) bool {
		return slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(c, text) })
	})
}

func textIf(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

// tasksOf lists the tasks of the events in the order of creation.
func tasksOf(es []event, f *Failure) (ts []*task) {
	for _, e := range es {
		if !slices.Contains(ts, e.t) {
			ts = append(ts, e.t)
		}
	}
	if f != nil && f.task != nil && !slices.Contains(ts, f.task) {
		ts = append(ts, f.task)
	}
	slices.SortFunc(ts, func(a, b *task) int { return a.id - b.id })
	return ts
}

// number is what comes before the columns of the tasks.
func (e event) number() string { return strconv.Itoa(e.n) + textIf(e.forced, " !") }

// brief is the operation, and whether the task waits in it.
func (e event) brief() string {
	if e.waits {
		return e.what + " ..."
	}
	return e.what
}

// text tells also whom it starts or lets go on.
func (e event) text() string {
	s := e.brief()
	if e.began != nil {
		s += " " + e.began.title()
	}
	for i, t := range e.woken {
		s += textIf(i == 0, " >") + textIf(i > 0, ",") + " " + t.title()
	}
	return s
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// writeTable aligns the cells of a table in columns.
func writeTable(b *strings.Builder, table [][]string) {
	widths := widthsOf(table)
	for _, cells := range table {
		line := ""
		for i, c := range cells {
			line += c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func widthsOf(table [][]string) (widths []int) {
	for _, cells := range table {
		for i, c := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	return widths
}

// widthOf is how wide the table is, with two spaces between columns.
func widthOf(table [][]string) int {
	sum := -2
	for _, w := range widthsOf(table) {
		sum += w + 2
	}
	return sum
}
