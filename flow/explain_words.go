package flow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// String tells the explanation in sentences, one a line, and waits below what they are for. A line
// has 80 columns at most, unless names are long or many.
func (e Explanation) String() string {
	if e.empty {
		return title(e.Graph) + " has no processes."
	}
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
	waitsForResume := e.State == Draining && len(e.Paused) > 0
	if e.Moves() && len(e.Outside) == 0 && !waitsForResume {
		lines = append(lines, e.moving())
	}
	if len(e.Paused) > 0 {
		lines = append(lines, e.paused())
	}
	return strings.Join(lines, "\n")
}

// ending is for a flow that is over.
func (e Explanation) ending() string {
	text := title(e.Graph) + " has come to its end, and"
	if e.Err != nil {
		text = fmt.Sprintf("%s has ended: %v;", title(e.Graph), e.Err)
	}
	chosen := byChoice(e.Dropped, e.buried)
	switch {
	case e.Lost.Total() > 0 && chosen != "":
		return fmt.Sprintf("%s values were lost:\n\t%v.\nBy choice: %s.", text, e.Lost, chosen)
	case e.Lost.Total() > 0:
		return fmt.Sprintf("%s values were lost:\n\t%v.", text, e.Lost)
	case chosen != "":
		return text + " nothing was lost but by choice:\n\t" + chosen + "."
	}
	return text + " nothing was lost."
}

// moving is for a flow in which nothing has waited for long.
func (e Explanation) moving() string {
	text := fmt.Sprintf("%s moves: nothing has waited or worked for %s.", title(e.Graph), brief(e.After))
	if e.Busiest.InStep >= 0.01 {
		text += fmt.Sprintf("\nThe busiest process is %s, %s of the time in its function.", e.Busiest.Name, percent(e.Busiest.InStep))
	}
	if e.Fullest.Blocked >= 0.01 {
		text += fmt.Sprintf("\nSenders that waited for room on %v: %.2g on the average.", link{e.Fullest.From, e.Fullest.To}, e.Fullest.Blocked)
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
	if len(c.Waits) > 0 {
		return text + ", so:" + lines(c.Waits)
	}
	if c.ending {
		return text + "; the end of the flow waits for it."
	}
	return text + "; nobody waits for it."
}

// lines are the waits, a line each.
func lines(waits []Wait) (text string) {
	for _, w := range waits {
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
	case c.Activity == Resting:
		return text + has + " been paused " + c.age()
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
	text := c.who() + " and can never go on:" + lines(c.Waits) + "\n" + c.advice()
	if len(c.Behind) > 0 {
		text += "\nBehind them:" + lines(c.Behind)
	}
	return text
}

// who are the processes of the cycle: the lines below it name them if they are many.
func (c Cycle) who() string {
	last := len(c.Waits) - 1
	switch {
	case last == 0:
		return c.Waits[0].Process + " waits for itself"
	case last > 3:
		return fmt.Sprintf("%d processes wait for each other", last+1)
	}
	var names []string
	for _, w := range c.Waits {
		names = append(names, w.Process)
	}
	return strings.Join(names[:last], ", ") + " and " + names[last] + " wait for each other"
}

// advice tells what would end the wait. Which edge has the buffer does not matter to the cycle.
func (c Cycle) advice() string {
	switch {
	case !slices.ContainsFunc(c.Waits, func(w Wait) bool { return w.Activity == Blocked }):
		return "None of them gives anything."
	case len(c.Waits) == 1:
		return "The edge must hold all that can be in the cycle."
	}
	return "One of these edges must hold all that can be in the cycle."
}

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
	switch w.Activity {
	case Blocked:
		return fmt.Sprintf("%s waits for room on %s (%s), %s", who, w.Edge, w.depth(), brief(w.For))
	case Limited:
		return fmt.Sprintf("%s waits for the right to compute, %s", who, brief(w.For))
	}
	return fmt.Sprintf("%s waits for values of %s, %s", who, w.Edge, brief(w.For))
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
