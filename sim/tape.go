package sim

import (
	"encoding/base64"
	"slices"
)

// tape reads the decisions of a schedule from bytes, which a fuzzer makes up. Any bytes are a
// schedule; where they end, and so for no bytes at all, the default policy goes on (history.go).
//
// A byte is one deviation from the default policy:
//
//	its low 3 bits    after how many decisions: pauses[b&7]
//	its high 5 bits   who goes on then, instead of the task whose turn it is: the n-th after it
//	                  in the order of creation, the clock being the last
//
// and the task whose turn it was is held back: it goes on when all others wait, or later ones
// have been held back after it. Where there is a choice, the next byte is the choice.
//
// So a byte keeps its meaning whatever happens before it: one that is taken out or put in moves
// the later ones by its pause, and one that is changed moves them by the difference. Most
// schedules that a few bytes stand for switch only a few times, and late; and a task can be held
// back for long, as in PCT, which no number of single switches does. docs/design/0010-fuzz.md
// compares this with other ways.
type tape struct {
	input   []byte
	at      int  // bytes read
	pending bool // the byte before at is a deviation to come, after pause decisions
	pause   int
	rank    int    // its high bits
	lowest  uint64 // weight of the last task that was held back; lowEnd if none was
	others  []*task
}

// tapeName is the strategy's name, by which reports and tokens know it.
const tapeName = "tape"

// pauses are the decisions between two deviations: short ones to let things collide, long ones
// so that few bytes reach the end of a long run.
var pauses = [8]int{0, 1, 2, 3, 5, 8, 13, 32}

const ranks = 32 // that a byte can tell apart

func newTape(input []byte) *tape { return &tape{input: input, lowest: lowEnd} }

func (*tape) name() string  { return tapeName }
func (*tape) prepare(int)   {}
func (*tape) born(t *task)  { t.weight = lowEnd }
func (*tape) arrived(*task) {}
func (*tape) goes(*task)    {}

// next is the next byte; it is false at the end.
func (s *tape) next() (b byte, ok bool) {
	if s.at == len(s.input) {
		return 0, false
	}
	s.at++
	return s.input[s.at-1], true
}

// deviates tells whether this decision is a deviation.
func (s *tape) deviates() bool {
	if !s.pending {
		b, ok := s.next()
		if !ok {
			return false
		}
		s.pending, s.pause, s.rank = true, pauses[b%8], int(b/8)
	}
	if s.pause > 0 {
		s.pause--
		return false
	}
	s.pending = false
	return true
}

func (s *tape) pick(w *world, clock bool) *task {
	usual := s.usual(w)
	if !s.deviates() {
		return usual
	}
	s.others = s.others[:0]
	for _, t := range w.ready {
		if t != usual {
			s.others = append(s.others, t)
		}
	}
	slices.SortFunc(s.others, func(a, b *task) int { return w.distance(usual, a) - w.distance(usual, b) })
	if clock {
		s.others = append(s.others, &w.ticker)
	}
	s.hold(w, usual)
	return s.others[s.index(len(s.others))]
}

// index is where the rank points to, among n.
func (s *tape) index(n int) int {
	if n > ranks {
		return s.rank * n / ranks
	}
	return s.rank % n
}

// usual is who goes on without a deviation: by the default policy, of those that were not held
// back, or else of the one held back first. A task that polls is held back, too, once another
// one has been: what it polls for may be up to that one.
func (s *tape) usual(w *world) *task {
	t := w.current
	if t.idling && s.lowest < lowEnd {
		s.hold(w, t)
	}
	best := w.ready[0]
	for _, r := range w.ready[1:] {
		if r.weight > best.weight || r.weight == best.weight && w.turnOf(r) < w.turnOf(best) {
			best = r
		}
	}
	return best
}

func (s *tape) hold(w *world, t *task) {
	s.lowest--
	w.weigh(t, s.lowest)
}

// turnOf is the place of t in the order in which the default policy would let tasks go on.
func (w *world) turnOf(t *task) int {
	if t == w.current && t.idling {
		return len(w.tasks)
	}
	return w.distance(w.current, t)
}

// distance is how many tasks were made from a to b, round robin.
func (w *world) distance(a, b *task) int {
	n := len(w.tasks)
	return (b.id - a.id + n) % n
}

// choose takes as many bytes as n possibilities need, mostly one.
func (s *tape) choose(n int) int {
	v := uint64(0)
	for most := n - 1; most > 0; most >>= 8 {
		b, _ := s.next()
		v = v<<8 | uint64(b)
	}
	return int(v % uint64(n))
}

const tapePrefix = "t1."

// maxTapeToken is the longest tape that is written as a token, which goes into a command line.
const maxTapeToken = 256

// token is the token of what was read, empty if that is too long.
func (s *tape) token() string {
	if s.at > maxTapeToken {
		return ""
	}
	return tapePrefix + base64.RawURLEncoding.EncodeToString(s.input[:s.at])
}
