package marble

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/runnel-go/runnel"
)

// Sizes in the picture. A character of the fonts that readers have is at most this wide.
const (
	unit     = 48.0 // of a tick, at most: two values half a tick apart do not touch
	narrow   = 28.0 // of a tick, at least
	phone    = 420  // of a picture that can still be read where the page is narrow
	char     = 7.4  // of code
	small    = 6.8  // of smaller text
	marbleR  = 11.0
	stackGap = 25.0 // between values of one moment
	codeRow  = 18.0
	barRow   = 18.0
	margin   = 12.0
)

// layout is where things are. Rows are stacked from top to bottom; time runs to the right.
//
//	every shape that is added lies in the picture and touches no other one
type layout struct {
	film  *Film
	code  [][]string // the lines in each box
	left  float64    // x of time 0
	unit  float64    // of a tick
	lanes []row
	drops []dropRow
	boxes []box
	shape []rect
	axis  float64 // y
	w, h  float64
}

// row is where a lane is.
type row struct {
	*lane
	y   float64 // of the line
	top float64
}

// dropRow is where the values are that a lane dropped for one reason.
type dropRow struct {
	y     float64
	why   runnel.Reason
	drops []drop
}

// box is where an operator is.
type box struct {
	y, h    float64
	code    []string
	remarks []remarkRow
	bars    []barAt
}

type remarkRow struct {
	remark
	y float64
}

type barAt struct {
	*call
	y float64
}

type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) touches(s rect) bool {
	return r.x0 < s.x1 && s.x0 < r.x1 && r.y0 < s.y1 && s.y0 < r.y1
}

// arrange lays out a film; code is what is written in the boxes. A film that is long gets
// shorter ticks, as long as its shapes do not touch.
func arrange(f *Film, code []string) *layout {
	l := place(f, code, unit)
	for u := unit - 4; u >= narrow && l.wide() > phone; u -= 4 {
		if tighter := place(f, code, u); tighter.wide() < l.wide() && len(tighter.overlaps()) == 0 {
			l = tighter
		}
	}
	return l
}

// place lays out a film with ticks of one length.
func place(f *Film, code []string, unit float64) *layout {
	l := &layout{film: f, code: perBox(code, f.boxes+1), unit: unit}
	l.left = margin + l.names() + marbleR + 6
	y := margin
	next := 0 // the box that is to come
	for i, lane := range f.lanes {
		if before(f.lanes, i) {
			y = l.addBox(next, y)
			next++
		}
		y = l.addLane(lane, y)
	}
	if next < len(l.code) {
		y = l.addBox(next, y)
	}
	l.axis = y + 8
	l.h = l.axis + 24
	return l
}

// before tells whether an operator stands before the i-th lane.
func before(lanes []*lane, i int) bool {
	if i == 0 {
		return lanes[0].role != source
	}
	return lanes[i].role == between || lanes[i].role != lanes[i-1].role
}

// perBox gives each box its lines: one, and the last box the rest; a single box gets all.
func perBox(code []string, boxes int) [][]string {
	all := make([][]string, boxes)
	for i, line := range code {
		n := min(i, boxes-1)
		all[n] = append(all[n], line)
	}
	return all
}

// names is the width of the column of names.
func (l *layout) names() float64 {
	w := small * length("tick")
	for _, lane := range l.film.lanes {
		w = max(w, char*length(lane.name))
		for _, why := range lane.reasons() {
			w = max(w, small*length(why.String()))
		}
	}
	return w
}

// overlaps returns the places where shapes touch one another. It draws, and changes nothing.
func (l *layout) overlaps() (found []string) {
	all := l.shapes()
	for i, a := range all {
		for _, b := range all[:i] {
			if a.touches(b) {
				found = append(found, fmt.Sprintf("%v and %v", b, a))
			}
		}
	}
	return found
}

// shapes are those of the lanes.
func (l *layout) shapes() []rect {
	drawn := *l
	drawn.drawRows(new(pen))
	return drawn.shape
}

// wide is how wide the picture will be.
func (l *layout) wide() float64 {
	drawn := *l
	drawn.shape = l.shapes()
	return drawn.width()
}

func (l *layout) width() float64 {
	w := l.x(l.film.length()) + marbleR + 2*margin
	for _, lines := range l.code {
		for _, line := range lines {
			w = max(w, 2*margin+10+char*length(line))
		}
	}
	for _, r := range l.film.remarks {
		w = max(w, l.x(r.at)+remarkWidth(r)+margin)
	}
	for _, r := range l.shape {
		w = max(w, r.x1+margin)
	}
	return w
}

func (l *layout) x(at time.Duration) float64 { return l.left + l.unit*at.Seconds()/Tick.Seconds() }

// addLane puts a lane below y, and what it dropped below it.
func (l *layout) addLane(lane *lane, y float64) float64 {
	h := 14 + stackGap*float64(tallest(lane.values))
	r := row{lane: lane, top: y, y: y + h/2}
	l.lanes = append(l.lanes, r)
	y += h
	if lane.end == stopped && lane.role != sink {
		y += 6 // for the head of the arrow
	}
	for _, why := range lane.reasons() {
		d := dropRow{why: why, drops: lane.dropped(why)}
		h := 2 + stackGap*float64(tallest(d.drops))
		d.y = y + h/2
		l.drops = append(l.drops, d)
		y += h
	}
	return y
}

func (l *lane) dropped(why runnel.Reason) []drop {
	return slices.DeleteFunc(slices.Clone(l.drops), func(d drop) bool { return d.why != why })
}

func (v value) moment() time.Duration { return v.at }
func (d drop) moment() time.Duration  { return d.at }

// tallest is the greatest number of things at one moment.
func tallest[T interface{ moment() time.Duration }](all []T) int {
	most := 1
	for _, group := range groups(all) {
		most = max(most, len(group))
	}
	return most
}

// groups puts together what happened at one moment.
func groups[T interface{ moment() time.Duration }](all []T) (gs [][]T) {
	for i, v := range all {
		if i > 0 && v.moment() == all[i-1].moment() {
			gs[len(gs)-1] = append(gs[len(gs)-1], v)
		} else {
			gs = append(gs, []T{v})
		}
	}
	return gs
}

// addBox puts an operator below y: its code, what was done to it, and its calls.
func (l *layout) addBox(n int, y float64) float64 {
	b := box{y: y + 4, code: l.code[n]}
	at := b.y + 6 + codeRow*float64(len(b.code))
	if n == 0 {
		at = l.addRemarks(&b, at)
	}
	at = l.addBars(&b, n, at)
	b.h = at + 6 - b.y
	l.boxes = append(l.boxes, b)
	return b.y + b.h + 4
}

// addRemarks puts each remark into the first row in which there is room for it.
func (l *layout) addRemarks(b *box, y float64) float64 {
	var rows []float64 // where the text of each ends
	for _, r := range l.film.remarks {
		x := l.x(r.at)
		i := fit(&rows, x, x+remarkWidth(r)+8)
		b.remarks = append(b.remarks, remarkRow{r, y + codeRow*float64(i)})
	}
	return y + codeRow*float64(len(rows))
}

func remarkWidth(r remark) float64 { return 8 + char*length(r.text) }

func (l *layout) addBars(b *box, n int, y float64) float64 {
	var rows []float64
	for _, c := range l.film.calls {
		if c.box == n && c.to > c.from {
			i := fit(&rows, l.x(c.from), l.x(c.to))
			b.bars = append(b.bars, barAt{c, y + barRow*float64(i)})
		}
	}
	return y + barRow*float64(len(rows))
}

// fit finds the first row that is free from x0 on, and takes it up to x1.
func fit(rows *[]float64, x0, x1 float64) int {
	i := slices.IndexFunc(*rows, func(taken float64) bool { return taken <= x0 })
	if i < 0 {
		i = len(*rows)
		*rows = append(*rows, 0)
	}
	(*rows)[i] = x1
	return i
}

// stacked is how far below the middle the i-th of n values of one moment is.
func stacked(i, n int) float64 { return stackGap * (float64(i) - float64(n-1)/2) }

func length(s string) float64 { return float64(utf8.RuneCountInString(s)) }

// parts are what a value is made of, and whether it is one that is made of parts.
func parts(label string) (words []string, several bool) {
	inner, isList := strings.CutPrefix(label, "[")
	words = strings.Fields(strings.TrimSuffix(inner, "]"))
	return words, isList || len(words) > 1
}

// marbleWidth is how wide a value is drawn.
func marbleWidth(label string) float64 {
	if words, several := parts(label); several {
		return 20*float64(len(words)) + 6
	}
	return max(2*marbleR, small*length(label)+10)
}
