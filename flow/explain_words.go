package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String tells the explanation in sentences, one a line.
func (e Explanation) String() string {
	if e.State == Over {
		return e.ending()
	}
	var lines []string
	for _, c := range e.Cycles {
		lines = append(lines, c.String())
	}
	for _, c := range e.Causes {
		lines = append(lines, c.String())
	}
	for _, w := range e.Outside {
		lines = append(lines, fmt.Sprintf("%s waits for values from outside, for %s.", w.Process, brief(w.For)))
	}
	if e.Moves() && len(e.Outside) == 0 {
		lines = append(lines, e.moving())
	}
	if len(e.Paused) > 0 {
		lines = append(lines, e.paused())
	}
	return strings.Join(lines, "\n")
}

// ending is for a flow that is over.
func (e Explanation) ending() string {
	lost := "nothing was lost"
	if e.Lost.Total() > 0 {
		lost = "values were lost: " + e.Lost.String()
	}
	if e.Err != nil {
		return fmt.Sprintf("%s has ended: %v; %s.", e.Graph, e.Err, lost)
	}
	return fmt.Sprintf("%s has come to its end, and %s.", e.Graph, lost)
}

// moving is for a flow in which nothing has waited for long.
func (e Explanation) moving() string {
	text := fmt.Sprintf("%s moves: nothing has waited or worked for %s.", e.Graph, brief(e.After))
	if e.Busiest.InStep > 0 {
		text += fmt.Sprintf(" The busiest process is %s, %s of the time in its function.", e.Busiest.Name, percent(e.Busiest.InStep))
	}
	if e.Fullest.Blocked >= 0.01 {
		text += fmt.Sprintf(" Senders that waited for room on %v: %.2g on the average.", link{e.Fullest.From, e.Fullest.To}, e.Fullest.Blocked)
	}
	return text
}

func (e Explanation) paused() string {
	text := "Paused: " + strings.Join(e.Paused, ", ") + "."
	if e.State == Draining {
		text += " The flow drains, and cannot end before it is resumed."
	}
	return text
}

// String tells the cause in a sentence, and those who wait for it in a line each.
func (c Cause) String() string {
	text := c.what()
	if len(c.Waits) == 0 {
		if c.ending {
			return text + "; the end of the flow waits for it."
		}
		return text + "; nobody waits for it."
	}
	first := c.Waits[0]
	for _, w := range c.Waits {
		if w.distance == 1 && w.Activity == Blocked {
			first = w
			break
		}
	}
	switch first.Activity {
	case Blocked:
		text = first.full() + " because " + text + "."
	case Limited:
		text = first.Process + " waits for the right to compute because " + text + "."
	default:
		text = first.Edge + " is empty because " + text + "."
	}
	for _, w := range c.Waits {
		text += "\n\t" + w.String()
	}
	return text
}

// what is what the process does.
func (c Cause) what() string {
	text := c.Process
	if c.Workers > 1 {
		text = fmt.Sprintf("%d workers of %s", c.Workers, c.Process)
	}
	has, its := " has", "its"
	if c.Workers > 1 {
		has, its = " have", "their"
	}
	switch {
	case c.On != "":
		return text + has + " waited for room on the channel of " + c.On + " " + c.age()
	case c.Activity == Resting && c.Workers > 1:
		return text + " are paused, " + c.age()
	case c.Activity == Resting:
		return text + " is paused, " + c.age()
	case c.Activity == Retrying:
		return text + has + " waited for the next attempt " + c.age()
	case c.Kind == "source":
		return text + has + " been in " + its + " function " + c.age()
	case c.Activity == InStep:
		return text + has + " been in " + its + " step " + c.age()
	}
	return text + has + " been " + c.Activity.String() + " " + c.age()
}

// age is for how long, as far as known.
func (c Cause) age() string {
	switch {
	case c.AtLeast >= c.For-c.For/10:
		return "for " + brief(c.For)
	case c.AtLeast > 0:
		return "for at least " + brief(c.AtLeast)
	}
	return "for up to " + brief(c.For)
}

// String tells who waits for whom.
func (c Cycle) String() string {
	var names, lines []string
	for _, w := range c.Waits {
		names = append(names, w.Process)
		lines = append(lines, "\n\t"+w.String())
	}
	for _, w := range c.Behind {
		lines = append(lines, "\n\tbehind them "+w.String())
	}
	if len(names) == 1 {
		return names[0] + " waits for itself and can never go on: " + c.advice() + strings.Join(lines, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last] +
		" wait for each other and can never go on: " + c.advice() + strings.Join(lines, "")
}

// advice names the smallest buffer of the cycle.
func (c Cycle) advice() string {
	least := c.Waits[0]
	for _, w := range c.Waits {
		if w.Activity == Blocked && (w.Cap < least.Cap || least.Activity != Blocked) {
			least = w
		}
	}
	if least.Activity != Blocked {
		return "none of them gives anything."
	}
	return "one edge must hold what can be in the cycle, " + least.Edge + " say."
}

// full is "a.out -> b.in is full (64 of 64)".
func (w Wait) full() string { return w.Edge + " is full (" + w.depth() + ")" }

func (w Wait) depth() string {
	if w.Cap == 0 {
		return "no buffer"
	}
	return strconv.Itoa(w.Len) + " of " + strconv.Itoa(w.Cap)
}

// String tells the wait in a line.
func (w Wait) String() string {
	who := w.Process
	if who == "" {
		who = "a call of Inject"
	}
	if w.Activity == Blocked {
		return fmt.Sprintf("%s has waited for room on %s (%s) for %s", who, w.Edge, w.depth(), brief(w.For))
	}
	if w.Activity == Limited {
		return fmt.Sprintf("%s has waited for the right to compute for %s", who, brief(w.For))
	}
	return fmt.Sprintf("%s has waited for values of %s for %s", who, w.Edge, brief(w.For))
}

func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', 0, 64) + "%" }

// brief is a duration with two digits or three, as people say it.
func brief(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d >= 10*time.Microsecond:
		return d.Round(time.Microsecond).String()
	}
	return d.String()
}
