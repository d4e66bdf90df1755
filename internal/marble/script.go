package marble

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Tick is the unit of time of scripts.
const Tick = time.Second

// A cue is one word of the script of a source.
type cue struct {
	at   time.Duration
	word string
}

const (
	rest    = "-"
	end     = "|"
	failure = "!"
)

// cues reads the script of a source.
func cues(script string) (all []cue) {
	for i, word := range strings.Fields(script) {
		if word != rest {
			all = append(all, cue{time.Duration(i) * Tick, word})
		}
	}
	return all
}

// A task says how long a piece of work takes, and how many of its calls fail.
type task struct {
	takes time.Duration
	fails int
}

var work = regexp.MustCompile(`^(?:([^:]+):|(.))([\d.]+)(!?)(\d*)$`)

// tasks reads the description of a piece of work.
func tasks(spec string) map[string]*task {
	all := map[string]*task{}
	for _, word := range strings.Fields(spec) {
		m := work.FindStringSubmatch(word)
		if m == nil {
			panic(fmt.Sprintf("marble: work %q: want a value and a number of ticks, such as a2, a1:2, a2! or a2!1", word))
		}
		ticks, _ := strconv.ParseFloat(m[3], 64)
		all[m[1]+m[2]] = &task{time.Duration(ticks * float64(Tick)), failures(m[4], m[5])}
	}
	return all
}

// failures is how many calls fail: with a mark all, or as many as the number behind it says.
func failures(mark, number string) int {
	if mark == "" || number == "" {
		return len(mark) * math.MaxInt
	}
	n, _ := strconv.Atoi(number)
	return n
}
