package flow

import (
	"errors"
	"slices"
	"strings"

	"github.com/runnel-go/runnel"
)

// lost is the part of [Status.Dropped] that nobody has chosen: what is Undelivered, and what has
// Failed where that ends the flow. The rest is as the graph says: an edge drops by its policy, a
// process goes on after failures by [Skip], [Restart] or its dead letters.
func (s Status) lost() (lost runnel.Drops) {
	for _, e := range s.Edges {
		lost[runnel.Undelivered] += e.Dropped[runnel.Undelivered]
		if n := e.Dropped[runnel.Failed]; n > 0 && !s.Process(e.receiver()).survives {
			lost[runnel.Failed] += n
		}
	}
	last := (*Failure)(nil)
	if errors.As(s.Err, &last) && last.Graph == s.Graph && last.Edge != "" && s.Process(last.Process).survives {
		lost[runnel.Failed]++ // it has survived others, but not this one
	}
	return lost
}

// chosen is what was dropped, but for what was lost.
func (s Status) chosen() runnel.Drops {
	all := s.Dropped()
	for why, n := range s.lost() {
		all[why] -= min(n, all[why])
	}
	return all
}

// buried is how many messages have failed and become dead letters.
func (s Status) buried() (n uint64) {
	for _, e := range s.Edges {
		if failed := e.Dropped[runnel.Failed]; failed > 0 && s.hasEdgeFrom(e.receiver()+"."+deadLetters.name) {
			n += failed
		}
	}
	return n
}

func (e EdgeStatus) receiver() string {
	_, to := e.link().processes()
	return to
}

func (s Status) hasEdgeFrom(output string) bool {
	return slices.ContainsFunc(s.Edges, func(e EdgeStatus) bool { return e.From == output })
}

// byChoice tells values that were dropped by what became of them, "" if there are none.
func byChoice(d runnel.Drops, buried uint64) string {
	var words []string
	for why, n := range d {
		is := runnel.Reason(why).String()
		if runnel.Reason(why) == runnel.Failed {
			if buried = min(buried, n); buried > 0 {
				words = append(words, count(buried)+" failed (dead letters)")
			}
			n -= buried
			is = "failed (passed over)"
		}
		if n > 0 {
			words = append(words, count(n)+" "+is)
		}
	}
	return strings.Join(words, ", ")
}
