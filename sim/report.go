package sim

import (
	"fmt"
	"slices"
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

	// Native tells in what operation outside of runnel a task was blocked first, and where; it is
	// empty if none was. What such operations let go on is not ordered by the schedules.
	Native string

	// Of the failing schedule, if there is one:
	Strategy  string // that found it
	Found     int    // decisions against the default policy when it was found
	Left      int    // after shortening it
	Runs      int    // schedules that were run for that
	Token     string // of the shortened schedule, for Replay; empty if it could not be shortened
	SeedToken string // of the schedule as it was found, for Replay

	text       string // the failing run, as it is told
	unfinished bool   // the exploration itself got stuck
}

// String tells the failure, as [Test] prints it; if there is none, what was explored.
func (r Report) String() string {
	if r.Failure == nil {
		return r.Coverage()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s", r.Failure.Kind, r.Failure.Message, r.text)
	if r.Strategy != "" {
		fmt.Fprintf(&b, "\nfound in schedule %d by %s%s; %v in all, seed %d%s\n",
			r.Schedules+1, r.Strategy, r.shortening(), r.Elapsed.Round(10*time.Microsecond), r.Seed, r.natives())
	}
	return b.String()
}

// shortening tells what became of the decisions of the failing schedule.
func (r Report) shortening() string {
	switch {
	case r.Runs > 0 && r.Left < r.Found:
		return fmt.Sprintf(", shortened from %s to %d in %s", count(r.Found, "decision"), r.Left, count(r.Runs, "run"))
	case r.Runs > 0 && r.Left > 0:
		return fmt.Sprintf(", needs %s, no fewer in %s", count(r.Left, "decision"), count(r.Runs, "run"))
	case r.Found > 0:
		return fmt.Sprintf(", not shortened from %s", count(r.Found, "decision"))
	}
	return ""
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
	return fmt.Sprintf("%s (%s distinct), the longest of %s, in %v, seed %d%s",
		count(r.Schedules, "schedule"), distinct, count(r.Longest, "step"), r.Elapsed.Round(10*time.Microsecond), r.Seed, r.natives())
}

// natives tells that tasks were blocked outside of runnel, if they were.
func (r Report) natives() string {
	if r.Native == "" {
		return ""
	}
	return "\nbeside runnel's operations tasks wait in native ones (first: " + r.Native + "), which no schedule orders"
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
		fmt.Fprintf(&b, "\n%s:\n", stackOwner(w.failure))
		writeTable(&b, w.explorer.ownFrames(w.failure.stack))
	}
	return b.String()
}

// tellTasks says where those tasks are that have not ended.
func tellTasks(b *strings.Builder, w *world) {
	var table [][]string
	var unnamed []*hook.Object
	for _, t := range w.tasks {
		if t.failedIn == "" && t.stopped == "" {
			continue
		}
		table = append(table, t.whereabouts())
		for _, o := range t.op.objects {
			if t.failedIn != "" && o.Name == "" && o.Site != "" && !slices.Contains(unnamed, o) {
				unnamed = append(unnamed, o)
			}
		}
	}
	table = alikeAsOne(table)
	if widthOf(table) > maxWidth {
		for i := range table {
			table[i] = table[i][:3] // without the origins
		}
	}
	if more := len(table) - maxListed; more > 0 {
		table = append(table[:maxListed], []string{fmt.Sprintf("  … and %d more lines", more)})
	}
	writeTable(b, table)
	for _, o := range unnamed {
		fmt.Fprintf(b, "  (%s was %s at %s)\n", nameOf(o), firstSeen(o), o.Site)
	}
}

// alikeAsOne makes one line of those that differ only in the task: "client … client 9".
func alikeAsOne(table [][]string) (short [][]string) {
	for i := 0; i < len(table); {
		line, n := table[i], 1
		for i+n < len(table) && slices.Equal(table[i+n][1:], line[1:]) {
			n++
		}
		if n > 2 {
			last := strings.TrimSpace(table[i+n-1][0])
			line = append([]string{line[0] + " … " + last}, line[1:]...)
		} else {
			n = 1
		}
		short, i = append(short, line), i+n
	}
	return short
}

// whereabouts is a line on a task that had not ended.
func (t *task) whereabouts() []string {
	where, origin := t.stopped, ""
	if t.failedIn != "" {
		where = "waits in " + t.failedIn
	}
	if t.origin != "" {
		origin = "(started at " + t.origin + ")"
	}
	return []string{"  " + t.title(), cut(where, maxText), t.site, origin}
}

// firstSeen is what was done where an object was first seen: locks and the like need not be made.
func firstSeen(o *hook.Object) string {
	if o.Type != "" {
		return "first used"
	}
	return "made"
}

func stackOwner(f *Failure) string {
	if f.task == nil {
		return "in a function called by a timer or an invariant"
	}
	return "in " + f.task.title()
}

// ownFrames is what of a stack is the user's: without the frames of the simulator and of runnel
// above the panic, and those below the task.
func (e *explorer) ownFrames(stack []byte) (table [][]string) {
	lines := strings.Split(string(stack), "\n")
	panicking := strings.Contains(string(stack), "\npanic(")
	for i := 1; i+1 < len(lines); i += 2 { // a function, and its file
		name, file := lines[i], strings.TrimSpace(lines[i+1])
		switch {
		case strings.HasPrefix(name, "panic("):
			panicking = false
		case strings.Contains(name, "runnel/sim.(*task).main") || strings.Contains(name, "runnel/sim.(*T).run("):
			return table
		case !panicking:
			table = append(table, e.frame(name, file)...)
		}
	}
	return table
}

// frame is a line on one frame, none if it is ours.
func (e *explorer) frame(function, position string) [][]string {
	position, _, _ = strings.Cut(position, " +0x")
	colon := strings.LastIndexByte(position, ':')
	if colon < 0 || isOurs(position[:colon]) {
		return nil
	}
	function = function[strings.LastIndexByte(function, '/')+1:]
	if args := strings.LastIndexByte(function, '('); args > 0 {
		function = function[:args]
	}
	return [][]string{{"  " + function, e.nameOfFile(position[:colon]) + position[colon:]}}
}
