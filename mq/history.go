package mq

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
)

// Attempt is one attempt of a handler that failed.
type Attempt struct {
	Number int           `json:"number"` // 1 for the first
	Began  time.Time     `json:"began"`
	Took   time.Duration `json:"took"`  // in nanoseconds
	Error  string        `json:"error"` // the first 256 bytes
	Type   string        `json:"type"`  // of the error, in Go's notation
	Panic  bool          `json:"panic,omitempty"`
}

// attemptOf describes an attempt that failed with err.
func attemptOf(number int, began time.Time, took time.Duration, err error) Attempt {
	_, panicked := findError[*runnel.PanicError](err)
	return Attempt{
		Number: number, Began: began.Round(0), Took: took,
		Error: shorten(textOf(err), attemptText), Type: typeOf(err), Panic: panicked,
	}
}

// How many attempts a trail tells: an endless retry must not make endless records. The first ones
// show what began it, the last ones what it has become.
const (
	firstAttempts = 3
	lastAttempts  = 7
	attemptText   = 256
)

// A trail is what [driver.Delivery] keeps as State: the attempts so far.
//
//	attempts made = len(First) + Out + len(Last)
type trail struct {
	First []Attempt `json:"first"`
	Out   int       `json:"out,omitempty"` // those in between, which are left out
	Last  []Attempt `json:"last,omitempty"`
}

// remember adds an attempt to the State of a delivery; attempts is how many that tells to have been
// made already.
func remember(state []byte, attempts int, a Attempt) []byte {
	h := trailOf(state, attempts).add(a)
	text, err := json.Marshal(&h)
	if err != nil { // strings, numbers and times of this century: it cannot
		return nil
	}
	return text
}

// historyOf reads a State. One that does not tell of all attempts, being of another version or none,
// is short of some: these are left out.
func trailOf(state []byte, attempts int) trail {
	var h trail
	if len(state) == 0 || json.Unmarshal(state, &h) != nil {
		h = trail{}
	}
	if missing := attempts - h.made(); missing > 0 {
		h.Out += missing
	}
	return h
}

func (h trail) made() int { return len(h.First) + h.Out + len(h.Last) }

func (h trail) add(a Attempt) trail {
	if len(h.First) < firstAttempts && h.made() == len(h.First) {
		h.First = append(slices.Clone(h.First), a)
		return h
	}
	h.Last = append(slices.Clone(h.Last), a)
	if over := len(h.Last) - lastAttempts; over > 0 {
		h.Last = h.Last[over:]
		h.Out += over
	}
	return h
}

// attempts are those told, in their order.
func (h trail) attempts() []Attempt { return slices.Concat(h.First, h.Last) }
