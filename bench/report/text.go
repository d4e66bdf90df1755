package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriteText writes the run as plain text: per GOMAXPROCS the rows with their
// targets, then everything measured, then a count of the verdicts.
func (r *Run) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	r.writeHead(out)
	for _, s := range r.Sections {
		fmt.Fprintf(out, "\nGOMAXPROCS=%d: targets\n\n", s.Procs)
		s.summary().write(out)
	}
	fmt.Fprintf(out, "\n%s\n", r.verdicts())
	for _, s := range r.Sections {
		fmt.Fprintln(out, s.quiet())
	}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "\nGOMAXPROCS=%d: everything measured\n\n", s.Procs)
		s.details().write(out)
	}
	r.writeNotes(out)
	return out.Flush()
}

func (r *Run) writeHead(w io.Writer) {
	commit := r.Commit
	if r.Modified {
		commit += " with local changes"
	}
	m := r.Machine
	fmt.Fprintf(w, "%s\n%s, %d cores, %s/%s, kernel %s\n%s, commit %s\n%s\n",
		r.Date, m.CPU, m.Cores, m.OS, m.Arch, m.Kernel, r.Go, commit, r.Command)
	fmt.Fprintf(w, "%d samples of %.3g ms each, interleaved, GC percent %d\n",
		r.Settings.Samples, r.Settings.SampleMillis, r.Settings.GCPercent)
}

// summary is the table of ours against the fastest peer and the target.
func (s *Section) summary() *table {
	t := newTable("pattern", ">runnel", ">peer", "peer is", ">ratio", ">target", "", ">allocs/op", "")
	family := ""
	for _, r := range s.Rows {
		if _, ok := r.fastest(Ours); !ok {
			continue
		}
		if family != "" && family != r.Family {
			t.add()
		}
		family = r.Family
		ours, _ := r.fastest(Ours)
		t.add(r.Name, quantity(r.Ours, r.Unit), quantity(r.PeerIs, r.Unit), r.Peer, ratio(r.Ratio), r.Target.text(r.Unit),
			string(r.Verdict), allocs(ours, r.AllocLimit), string(allocMiss(r.Allocs)))
	}
	return t
}

// details is the table of all implementations.
func (s *Section) details() *table {
	t := newTable("pattern", "implementation", ">median", ">min", ">spread", ">ratio", ">cpu", ">delay", ">clean", ">B/op", ">allocs/op")
	for _, r := range s.Rows {
		name := r.Name
		for _, res := range r.Results {
			t.add(append([]string{name}, r.detail(res)...)...)
			name = ""
		}
	}
	return t
}

func (r *Row) detail(res Result) []string {
	impl, rel := res.Impl, ""
	if res.Note != "" {
		impl += " *"
	}
	if r.PeerIs > 0 {
		rel = ratio(res.Median / r.PeerIs)
	}
	cells := []string{impl, quantity(res.Median, r.Unit), quantity(res.Min, r.Unit), percent(res.Spread), rel}
	if res.Clean == 0 && res.CPU == 0 { // not timed, or by another program
		return cells
	}
	return append(cells, percent(res.CPU), percent(res.Delay), fmt.Sprintf("%d/%d", res.Clean, res.Samples),
		number(res.Bytes), number(res.Allocs))
}

// verdicts counts the rows that hold and names those that do not.
func (r *Run) verdicts() string {
	var ok, above, bare int
	var missed []string
	for _, s := range r.Sections {
		for _, row := range s.Rows {
			switch row.Verdict {
			case OK:
				ok++
			case Above:
				above++
			case "":
				bare++
			case Miss:
				missed = append(missed, fmt.Sprintf("  %s: %s %s", row.at(s.Procs), row.found(), row.Target.text(row.Unit)))
			}
			if row.Allocs == Miss {
				missed = append(missed, fmt.Sprintf("  %s: allocates", row.at(s.Procs)))
			}
		}
	}
	head := fmt.Sprintf("%d rows ok, %d MISS, %d above a guide value, %d without a limit", ok, len(missed), above, bare)
	return strings.Join(append([]string{head}, missed...), "\n")
}

// quiet says whether the machine was left alone.
func (s *Section) quiet() string {
	results := s.results()
	disturbed := slices.DeleteFunc(slices.Clone(results), func(res Result) bool { return !res.disturbed() })
	return fmt.Sprintf("GOMAXPROCS=%d: %d of %d results had fewer than 5 clean samples", s.Procs, len(disturbed), len(results))
}

func (s *Section) results() (all []Result) {
	for _, row := range s.Rows {
		all = append(all, row.Results...)
	}
	return all
}

func (r *Row) at(procs int) string { return fmt.Sprintf("%s, GOMAXPROCS=%d", r.Name, procs) }

func (r *Row) found() string {
	if r.Target.Absolute {
		return quantity(r.Ours, r.Unit)
	}
	return ratio(r.Ratio)
}

func (r *Run) writeNotes(w io.Writer) {
	fmt.Fprint(w, `
ratio   median of ours / median of the fastest peer; below 1 is faster than the peer
target  "≤" is a target of the design, "~" a guide value without promise
spread  distance of the quartiles, as a share of the median
cpu     CPU time of the process per wall time; 100% is one core
delay   time the process's threads were ready but queued for a CPU, per wall time; clean samples have little of it
`)
	seen := map[string]bool{}
	for _, s := range r.Sections {
		for _, row := range s.Rows {
			for _, res := range row.Results {
				if line := res.Impl + ": " + res.Note; res.Note != "" && !seen[line] {
					seen[line] = true
					fmt.Fprintf(w, "* %s\n", line)
				}
			}
		}
	}
}

func (t *Target) text(unit string) string {
	switch {
	case t == nil:
		return "-"
	case t.Absolute:
		return "≤ " + quantity(t.Limit, unit)
	case t.Firm:
		return fmt.Sprintf("≤ %.2f", t.Limit)
	}
	return fmt.Sprintf("~ %.2f", t.Limit)
}

func allocs(ours Result, limit *float64) string {
	if limit == nil {
		return "-"
	}
	return number(ours.Allocs)
}

func allocMiss(v Verdict) Verdict {
	if v == Miss {
		return v
	}
	return ""
}

func quantity(v float64, unit string) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%s %s", significant(v), unit)
}

// significant prints three digits, or all before the point.
func significant(v float64) string {
	switch {
	case v >= 100:
		return fixed(v, 0)
	case v >= 10:
		return fixed(v, 1)
	case v >= 1:
		return fixed(v, 2)
	}
	return fixed(v, 3)
}

func ratio(v float64) string {
	if v == 0 {
		return "-"
	}
	return significant(v)
}

func fixed(v float64, decimals int) string { return strconv.FormatFloat(v, 'f', decimals, 64) }

func percent(v float64) string { return fixed(100*v, 0) + "%" }

// number prints at most two decimals and none that are zero.
func number(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fixed(v, 2), "0"), ".")
}

// table is text in columns; a head that begins with ">" aligns right.
type table struct {
	right []bool
	rows  [][]string
}

func newTable(heads ...string) *table {
	t := &table{}
	for i, h := range heads {
		heads[i] = strings.TrimPrefix(h, ">")
		t.right = append(t.right, heads[i] != h)
	}
	t.add(heads...)
	return t
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) widths() []int {
	w := make([]int, len(t.right))
	for _, row := range t.rows {
		for i, cell := range row {
			w[i] = max(w[i], utf8.RuneCountInString(cell))
		}
	}
	return w
}

func (t *table) write(out io.Writer) {
	widths := t.widths()
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.right[i] {
				cell, pad = pad+cell, ""
			}
			line.WriteString(cell + pad + "  ")
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}
