package sim

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// Report is what an exploration found.
type Report struct {
	Schedules int           // that were explored without a failure
	Distinct  int           // among them, those that differ in the order of operations on one object
	Longest   int           // steps of the longest one
	Steps     int           // of all of them, and of those run to shorten a failing one
	Elapsed   time.Duration // for all of it, in real time
	Seed      uint64        // of the exploration, see the option of that name
	Failure   *Failure      // nil if none failed

	// Complete says that the schedules explored stand for all there are, see [Exhaustive].
	Complete bool

	// Of the failing schedule, if there is one:
	Strategy  string // that found it
	Found     int    // decisions against the default policy when it was found
	Left      int    // after shortening it
	Runs      int    // schedules that were run for that
	Token     string // of the shortened schedule, for Replay; empty if it could not be shortened
	SeedToken string // of the schedule as it was found, for Replay

	text string // the failing run, as it is told
}

// String tells the failure, as [Test] prints it; if there is none, what was explored.
func (r Report) String() string {
	if r.Failure == nil {
		return r.Coverage()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s", r.Failure.Kind, r.Failure.Message, r.text)
	if r.Strategy != "" {
		fmt.Fprintf(&b, "\nfound by %s in schedule %d after %v, seed %d", r.Strategy, r.Schedules+1,
			r.Elapsed.Round(10*time.Microsecond), r.Seed)
		if r.Schedules > 0 {
			fmt.Fprintf(&b, "; %d of those before were distinct", r.Distinct)
		}
		if r.Runs > 0 {
			fmt.Fprintf(&b, "\nshortened from %s to %d in %s", count(r.Found, "decision"), r.Left, count(r.Runs, "run"))
		} else if r.Found > 0 {
			fmt.Fprintf(&b, "\nnot shortened: %s", count(r.Found, "decision"))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Coverage tells in a line what was explored. That a number of schedules passed proves nothing
// about the others.
func (r Report) Coverage() string {
	if r.Complete {
		return fmt.Sprintf("all %s explored, the longest of %s, in %v",
			count(r.Schedules, "inequivalent schedule"), count(r.Longest, "step"), r.Elapsed.Round(10*time.Microsecond))
	}
	distinct := fmt.Sprint(r.Distinct)
	if r.Distinct >= maxCensus {
		distinct = "more than " + distinct
	}
	return fmt.Sprintf("%s (%s distinct), the longest of %s, in %v, seed %d",
		count(r.Schedules, "schedule"), distinct, count(r.Longest, "step"), r.Elapsed.Round(10*time.Microsecond), r.Seed)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// tell describes the run of w, which was verbose.
func tell(w *world) string {
	var b strings.Builder
	tellTasks(&b, w)
	tellCycle(&b, w)
	tellEvents(&b, w)
	if w.failure != nil && len(w.failure.stack) > 0 {
		fmt.Fprintf(&b, "\n%s:\n%s", stackOwner(w.failure), ownFrames(w.failure.stack))
	}
	return b.String()
}

// tellTasks says who waits for what.
func tellTasks(b *strings.Builder, w *world) {
	var table [][]string
	var unnamed []*hook.Object
	for _, t := range w.tasks {
		if t.failedIn == "" {
			continue
		}
		origin := ""
		if t.origin != "" {
			origin = "(started at " + t.origin + ")"
		}
		table = append(table, []string{"  " + t.title(), "waits in " + t.failedIn, t.site, origin})
		for _, o := range t.op.objects {
			if o.Name == "" && o.Site != "" {
				unnamed = append(unnamed, o)
			}
		}
	}
	writeTable(b, table)
	for i, o := range unnamed {
		if indexOf(unnamed, o) == i {
			fmt.Fprintf(b, "  (%s was made at %s)\n", nameOf(o), o.Site)
		}
	}
}

func indexOf(os []*hook.Object, o *hook.Object) int {
	for i, x := range os {
		if x == o {
			return i
		}
	}
	return -1
}

func stackOwner(f *Failure) string {
	if f.task == nil {
		return "in a function called by a timer or an invariant"
	}
	return "in " + f.task.title()
}

// ownFrames leaves away what the simulator adds to a stack: its own frames above the panic, and
// below the task.
func ownFrames(stack []byte) []byte {
	lines := bytes.SplitAfter(stack, []byte("\n"))
	var kept []byte
	skipping := true // until the panic
	if !bytes.Contains(stack, []byte("\npanic(")) {
		skipping = false
	}
	for i := 1; i+1 < len(lines); i += 2 { // a function, and its file
		name := lines[i]
		switch {
		case bytes.HasPrefix(name, []byte("panic(")):
			skipping = false
		case bytes.Contains(name, []byte("runnel/sim.(*task).main")) || bytes.Contains(name, []byte("runnel/sim.(*T).run(")):
			return kept
		case !skipping && !bytes.Contains(name, []byte("runnel/sim.")):
			kept = append(append(kept, name...), lines[i+1]...)
		}
	}
	return kept
}
