package sim

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A token is a schedule in a form that fits into a command line:
//
//	s1.strategy.time.seed.index.length    what the strategy draws
//	d1.decisions                          deviations from the default policy
//	t1.bytes                              what a fuzzer made up, see tape.go; in base64
//
// Decisions are written as digits of four bits (numbers below 8 in one digit), in base64: for
// each what was decided, the path of the task, its turn, and whom it let go on, or the choice.
// A path is its length and its parts; the leading 0 goes without saying. The last four bytes
// are the fingerprint of the run, by which a replay can tell whether it is the same.
const (
	seedPrefix     = "s1."
	decisionPrefix = "d1."
)

// parseToken reads a token of either kind.
func parseToken(token string) (schedule, error) {
	var s schedule
	var err error
	switch {
	case strings.HasPrefix(token, decisionPrefix):
		s, err = decode(token[len(decisionPrefix):])
	case strings.HasPrefix(token, seedPrefix):
		s.seed, err = parseSeedToken(token[len(seedPrefix):])
	case strings.HasPrefix(token, tapePrefix):
		s.tape, err = base64.RawURLEncoding.DecodeString(token[len(tapePrefix):])
		s.taped = true
	default:
		return s, fmt.Errorf("sim: token %q begins neither with %q nor with %q nor with %q: it is none, or of another version",
			token, decisionPrefix, seedPrefix, tapePrefix)
	}
	if err != nil {
		return s, fmt.Errorf("sim: token %q is damaged: %w", token, err)
	}
	return s, nil
}

// schedule is what a token stands for.
type schedule struct {
	seed        seedToken // its strategy is empty if the decisions or a tape are given
	decisions   []decision
	tape        []byte
	taped       bool // the tape is given, which may have no bytes
	fingerprint uint32
}

// seedToken is a schedule that a strategy draws.
type seedToken struct {
	strategy string
	loose    bool
	seed     uint64
	index    uint64
	length   int // of which the strategy took a run to be
}

func (s seedToken) String() string {
	time := "punctual"
	if s.loose {
		time = "loose"
	}
	return fmt.Sprintf("%s%s.%s.%x.%d.%d", seedPrefix, s.strategy, time, s.seed, s.index, s.length)
}

func parseSeedToken(text string) (s seedToken, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 5 {
		return s, fmt.Errorf("it has %d parts, want 6", len(parts)+1)
	}
	if parts[1] != "loose" && parts[1] != "punctual" {
		return s, fmt.Errorf("%q is neither loose nor punctual", parts[1])
	}
	s.strategy, s.loose = parts[0], parts[1] == "loose"
	if _, err = byName(s.strategy); err != nil {
		return s, err
	}
	if s.seed, err = strconv.ParseUint(parts[2], 16, 64); err != nil {
		return s, err
	}
	if s.index, err = strconv.ParseUint(parts[3], 10, 64); err != nil {
		return s, err
	}
	s.length, err = strconv.Atoi(parts[4])
	return s, err
}

// byName is the strategy that calls itself so.
func byName(name string) (Strategy, error) {
	for _, s := range []Strategy{Random(), POS()} {
		if s.make(nil).name() == name {
			return s, nil
		}
	}
	digits, ok := strings.CutPrefix(name, "pct")
	if depth, err := strconv.Atoi(digits); ok && err == nil && depth >= 1 && depth < 100 {
		return PCT(depth), nil
	}
	return Strategy{}, fmt.Errorf("no strategy is called %q", name)
}

const (
	toTask uint64 = iota + 1 // 0 would be the filler at the end
	toClock
	toChoice
)

// encode writes decisions.
func encode(ds []decision, fingerprint uint32) string {
	var w digits
	for _, d := range ds {
		switch d.to {
		case "":
			w.begin(toChoice, d.turn)
			w.uint(uint64(d.choice))
		case theClock:
			w.begin(toClock, d.turn)
		default:
			w.begin(toTask, d.turn)
			w.path(d.to)
		}
	}
	return decisionPrefix + base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(w.bytes, fingerprint))
}

// digits is a sequence of digits of four bits, two to a byte.
type digits struct {
	bytes []byte
	odd   bool // the last byte has room for one more
}

func (w *digits) digit(d byte) {
	if w.odd {
		w.bytes[len(w.bytes)-1] |= d
	} else {
		w.bytes = append(w.bytes, d<<4)
	}
	w.odd = !w.odd
}

// uint writes a number: three bits a digit, the lowest first; the fourth says that more follow.
func (w *digits) uint(n uint64) {
	for ; n >= 8; n >>= 3 {
		w.digit(8 | byte(n&7))
	}
	w.digit(byte(n))
}

func (w *digits) begin(what uint64, t turn) {
	w.uint(what)
	w.path(t.path)
	w.uint(uint64(t.n))
}

func (w *digits) path(path string) {
	parts := strings.Split(path, ".")[1:]
	w.uint(uint64(len(parts)))
	for _, p := range parts {
		n, _ := strconv.ParseUint(p, 10, 32)
		w.uint(n)
	}
}

// decode reads decisions.
func decode(text string) (s schedule, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return s, err
	}
	if len(b) < 4 {
		return s, errCut
	}
	end := len(b) - 4
	s.fingerprint = binary.BigEndian.Uint32(b[end:])
	r := &digitReader{bytes: b[:end]}
	for r.more() {
		s.decisions = append(s.decisions, r.decision())
	}
	return s, r.err
}

// digitReader reads digits; the first error stays.
type digitReader struct {
	bytes []byte
	at    int
	err   error
}

var errCut = errors.New("it ends too early")

// more tells whether a decision follows: a single 0 at the end fills the last byte.
func (r *digitReader) more() bool {
	rest := 2*len(r.bytes) - r.at
	return r.err == nil && rest > 0 && (rest > 1 || r.bytes[len(r.bytes)-1]&15 != 0)
}

func (r *digitReader) uint() (n uint64) {
	for shift := 0; r.err == nil; shift += 3 {
		if r.at == 2*len(r.bytes) || shift > 30 {
			r.err = errCut
			break
		}
		d := r.bytes[r.at/2] >> (4 * (1 - r.at%2)) & 15
		r.at++
		if n |= uint64(d&7) << shift; d < 8 {
			return n
		}
	}
	return 0
}

func (r *digitReader) path() string {
	path := "0"
	for n := r.uint(); n > 0 && r.err == nil; n-- {
		path += "." + strconv.FormatUint(r.uint(), 10)
	}
	return path
}

func (r *digitReader) decision() decision {
	kind := r.uint()
	d := decision{turn: turn{path: r.path(), n: int(r.uint())}}
	switch kind {
	case toTask:
		d.to = r.path()
	case toClock:
		d.to = theClock
	case toChoice:
		d.choice = int(r.uint())
	default:
		if r.err == nil {
			r.err = fmt.Errorf("unknown decision %d", kind)
		}
	}
	return d
}
