package marble

import (
	"fmt"
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

// A task says how long a piece of work takes, and whether it fails.
type task struct {
	takes time.Duration
	fails bool
}

// tasks reads the description of a piece of work.
func tasks(spec string) map[string]task {
	all := map[string]task{}
	for _, word := range strings.Fields(spec) {
		rest, fails := strings.CutSuffix(word, failure)
		label, n, ok := strings.Cut(rest, ":")
		if !ok {
			label, n = rest[:1], rest[1:]
		}
		ticks, err := strconv.ParseFloat(n, 64)
		if err != nil {
			panic(fmt.Sprintf("marble: work %q: want a value, a number of ticks, perhaps \"!\"", word))
		}
		all[label] = task{time.Duration(ticks * float64(Tick)), fails}
	}
	return all
}
