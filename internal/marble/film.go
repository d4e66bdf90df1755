package marble

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/pipe"
)

// Film is what happened in a picture.
type Film struct {
	lanes   []*lane
	calls   []*call
	remarks []remark
	boxes   int // operators that have another one behind them
}

// lane is the line of a channel.
type lane struct {
	name   string
	role   role
	values []value
	drops  []drop
	end    ending
	endAt  time.Duration
	cause  error
}

type role uint8

const (
	source role = iota
	between
	sink
)

// ending is how a channel has ended.
type ending uint8

const (
	open    ending = iota
	plain          // closed
	failed         // closed with an error
	stopped        // cancelled by the side that receives
)

// value is a value that entered a channel, or left the last one.
type value struct {
	at      time.Duration
	offered time.Duration
	label   string
	refused bool
}

type drop struct {
	at    time.Duration
	label string
	why   runnel.Reason
}

// call is a call of the function of an operator.
type call struct {
	from, to time.Duration
	box      int
	label    string
	failed   bool
	gaveUp   bool // because its context has ended
}

type remark struct {
	at   time.Duration
	text string
}

// midEnd tells how the channel behind an operator has ended: with an error that came from above,
// or because it was cancelled from below.
func (f *Film) midEnd(box int, cause error) ending {
	above := func(c *call) bool { return c.failed && c.box <= box }
	lost := func(l *lane) bool { return l.role == source && l.end == failed }
	switch {
	case cause == nil:
		return plain
	case slices.ContainsFunc(f.calls, above) || slices.ContainsFunc(f.lanes, lost):
		return failed
	}
	return stopped
}

// settle puts what several goroutines did at one moment into an order.
func (f *Film) settle() {
	for _, l := range f.lanes {
		slices.SortStableFunc(l.drops, func(a, b drop) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.label, b.label))
		})
	}
	slices.SortStableFunc(f.calls, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.label, b.label))
	})
}

// length is the time of the last event.
func (f *Film) length() (d time.Duration) {
	for _, l := range f.lanes {
		d = max(d, l.endAt)
		for _, v := range l.values {
			d = max(d, v.at)
		}
		for _, v := range l.drops {
			d = max(d, v.at)
		}
	}
	for _, c := range f.calls {
		d = max(d, c.to)
	}
	return d
}

// reasons are those for which the channel dropped values, in order.
func (l *lane) reasons() (all []runnel.Reason) {
	for _, d := range l.drops {
		all = append(all, d.why)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// label is what is written on a value; one that is made of several has several words.
func label(v any) string {
	switch v := v.(type) {
	case []string:
		return "[" + strings.Join(v, " ") + "]"
	case pipe.Pane[string]:
		return "[" + strings.Join(v.Values, " ") + "]"
	case pipe.Result[string, string]:
		if v.Err != nil {
			return v.In + " ✗"
		}
		return v.Out
	}
	return fmt.Sprint(v)
}

// words tells a film in words, for those who cannot see the picture.
func (f *Film) words() string {
	var all []string
	for _, l := range f.lanes {
		all = append(all, l.words())
	}
	return strings.Join(all, " ")
}

func (l *lane) words() string {
	var all []string
	for _, v := range l.values {
		if v.refused {
			all = append(all, v.label+" refused at "+ticks(v.at))
		} else {
			all = append(all, v.label+" at "+ticks(v.at))
		}
	}
	for _, d := range l.drops {
		all = append(all, fmt.Sprintf("%s dropped (%s) at %s", d.label, d.why, ticks(d.at)))
	}
	if l.end != open {
		all = append(all, l.endWords()+" at "+ticks(l.endAt))
	}
	return l.name + ": " + strings.Join(all, ", ") + "."
}

func (l *lane) endWords() string {
	verb := map[ending]string{plain: "closed", failed: "closed", stopped: "cancelled"}[l.end]
	if l.cause != nil {
		verb += " with " + nameOf(l.cause)
	}
	return verb
}

// nameOf is what is written for the cause of an end.
func nameOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, pipe.ErrTimeout):
		return "ErrTimeout"
	case errors.Is(err, fan.ErrEvicted):
		return "ErrEvicted"
	}
	return err.Error()
}

// ticks writes a moment.
func ticks(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", d.Seconds()/Tick.Seconds()), "0"), ".")
}
