package marble

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"
)

// style works in light and in dark surroundings: the picture brings its own ground.
const style = `
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328}
.s{font-size:11px;fill:#59636e}.m{font-size:11px;fill:#14171a;text-anchor:middle}.r{text-anchor:end}.a{text-anchor:middle}
.b{font-weight:700}.bad{fill:#c2182b}.halt{fill:#8a4600}
.ground{fill:#ffffff}.box{fill:#f3f5f8;stroke:#c6ccd4}.grid{stroke:#eceff2}.line{stroke:#57606a;stroke-width:1.5}
.lost{stroke:#9aa3ad;stroke-dasharray:2 4}.ring{stroke:#3a424b;stroke-width:1.2}.hollow{fill:#ffffff;stroke:#57606a}
.pill{fill:#f3f5f8;stroke:#3a424b;stroke-width:1.2}.cross{stroke:#c2182b;stroke-width:2;fill:none}
.stop{stroke:#b35900;stroke-width:2;fill:#b35900}.way{stroke:#b35900;stroke-width:1.5;stroke-dasharray:4 3;fill:none}
.k0{fill:#f4c25b}.k1{fill:#8ecbf7}.k2{fill:#95dba0}.k3{fill:#f6a5c8}.k4{fill:#c9b1fb}.k5{fill:#fdab86}.k6{fill:#7fd8cd}.k7{fill:#dcd577}
.halo{paint-order:stroke;stroke:#ffffff;stroke-width:3px;stroke-linejoin:round}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}.s{fill:#9aa4af}.m{fill:#14171a}.bad{fill:#ff8a80}.halt{fill:#ffb061}
.ground{fill:#0d1117}.box{fill:#171d25;stroke:#3d4650}.grid{stroke:#1a2029}.line{stroke:#a2acb6}
.lost{stroke:#6b7580}.ring{stroke:#0d1117}.hollow{fill:#0d1117;stroke:#a2acb6}
.pill{fill:#2a323c;stroke:#a2acb6}.cross{stroke:#ff7b72}.stop{stroke:#ff9f43;fill:#ff9f43}.way{stroke:#ff9f43}.d{fill:#e6edf3}.halo{stroke:#0d1117}}
`

// SVG draws the film: the same bytes for the same film. The code is written into the boxes.
func (f *Film) SVG(title string, code []string) string {
	l := arrange(f, code)
	var back, front pen
	l.drawRows(&front)
	l.w = l.width()
	l.drawGrid(&back)
	l.drawBoxes(&back)
	l.drawStops(&back)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" role="img" aria-labelledby="t d">
<title id="t">%[3]s</title>
<desc id="d">%[4]s</desc>
<style>%[5]s</style>
<rect class="ground" width="%[1]s" height="%[2]s" rx="6"/>
%[6]s</svg>
`, num(l.w), num(l.h), html.EscapeString(title), html.EscapeString(f.words()), style, back.String()+front.String())
}

// Overlaps returns the places where shapes of the picture touch one another.
func (f *Film) Overlaps() []string { return arrange(f, nil).overlaps() }

func (l *layout) drawRows(p *pen) {
	for _, r := range l.lanes {
		l.drawLane(p, r)
	}
	for _, d := range l.drops {
		l.drawDrops(p, d)
	}
}

// pen writes elements, one a line.
type pen struct{ strings.Builder }

func (p *pen) draw(format string, args ...any) {
	for i, a := range args {
		if x, ok := a.(float64); ok {
			args[i] = num(x)
		}
	}
	fmt.Fprintf(p, format+"\n", args...)
}

func (p *pen) text(class string, x, y float64, s string) {
	p.draw(`<text class="%s" x="%v" y="%v">%s</text>`, class, x, y, html.EscapeString(s))
}

func (p *pen) line(class string, x0, y0, x1, y1 float64) {
	p.draw(`<path class="%s" d="M%v %vL%v %v"/>`, class, x0, y0, x1, y1)
}

// num writes a coordinate.
func num(x float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
}

func (l *layout) drawGrid(p *pen) {
	for t := time.Duration(0); t <= l.film.length(); t += Tick {
		x := l.x(t)
		p.line("grid", x, margin, x, l.axis)
		p.text("s a", x, l.axis+14, ticks(t))
	}
	p.text("s r", l.left-marbleR-6, l.axis+14, "tick")
}

var operator = regexp.MustCompile(`\b(?:pipe|fan)\.\w+`)

func (l *layout) drawBoxes(p *pen) {
	for _, b := range l.boxes {
		p.draw(`<rect class="box" x="%v" y="%v" width="%v" height="%v" rx="5"/>`, margin/2, b.y, l.w-margin, b.h)
		for i, line := range b.code {
			bold := operator.ReplaceAllString(html.EscapeString(line), `<tspan class="b">$0</tspan>`)
			p.draw(`<text x="%v" y="%v" xml:space="preserve">%s</text>`, margin+4, b.y+6+codeRow*float64(i)+12, bold)
		}
		for _, r := range b.remarks {
			x := l.x(r.at)
			p.draw(`<path class="stop" d="M%v %vl4 7h-8z"/>`, x, r.y+2)
			p.text("halt", x+8, r.y+11, r.text)
		}
		for _, c := range b.bars {
			l.drawBar(p, c)
		}
		for _, c := range b.bars {
			l.drawFailure(p, c)
		}
	}
}

// drawBar draws a call: from when it began to when it returned. drawFailure adds a cross at its
// end if it failed, a block if it gave up because it was stopped.
func (l *layout) drawBar(p *pen, c barAt) {
	x0, x1 := l.x(c.from), l.x(c.to)
	p.draw(`<rect class="ring %s" x="%v" y="%v" width="%v" height="14" rx="3"/>`, colour(c.label), x0+1, c.y+2, x1-x0-2)
	if x1-x0 > 2*small {
		p.draw(`<text class="m" x="%v" y="%v">%s</text>`, x0+6+small*length(c.label)/2, c.y+13, html.EscapeString(c.label))
	}
}

func (l *layout) drawFailure(p *pen, c barAt) {
	x := l.x(c.to)
	switch {
	case c.failed:
		p.cross(x-8, c.y+9, 4)
	case c.gaveUp:
		p.draw(`<rect class="stop" x="%v" y="%v" width="4" height="14"/>`, x-3, c.y+2)
	}
}

func (p *pen) cross(x, y, r float64) {
	p.draw(`<path class="cross" d="M%v %vl%v %vM%v %vl%v %v"/>`, x-r, y-r, 2*r, 2*r, x-r, y+r, 2*r, -2*r)
}

// drawLane draws the line of a channel, its values and its end.
func (l *layout) drawLane(p *pen, r row) {
	p.text("r", l.left-marbleR-6, r.y+4, r.name)
	end := l.x(l.film.length()) + margin
	if r.end != open {
		end = l.endX(r)
	}
	p.line("line", l.left-marbleR, r.y, end, r.y)
	r.each(func(y float64, v value) { l.drawTail(p, y, v) })
	r.each(func(y float64, v value) { l.drawValue(p, l.x(v.at), y, v) })
	l.drawEnd(p, r, end)
}

// each calls f for every value of a lane and where it is.
func (r row) each(f func(y float64, v value)) {
	for _, group := range groups(r.values) {
		for i, v := range group {
			f(r.y+stacked(i, len(group)), v)
		}
	}
}

// drawTail draws how long a value waited until the channel accepted it.
func (l *layout) drawTail(p *pen, y float64, v value) {
	if v.at == v.offered {
		return
	}
	x0 := l.x(v.offered)
	p.draw(`<rect class="%s" x="%v" y="%v" width="%v" height="9" rx="4" opacity=".55"/>`, colour(v.label), x0, y-4.5, l.x(v.at)-x0)
}

func (l *layout) drawValue(p *pen, x, y float64, v value) {
	w := marbleWidth(v.label)
	l.take(rect{x - w/2, y - marbleR, x + w/2, y + marbleR})
	parts, several := parts(v.label)
	switch {
	case v.refused:
		p.draw(`<circle class="hollow" cx="%v" cy="%v" r="10" stroke-dasharray="3 2"/>`, x, y)
		p.draw(`<text class="m d" x="%v" y="%v">%s</text>`, x, y+4, html.EscapeString(v.label))
	case several:
		p.draw(`<rect class="pill" x="%v" y="%v" width="%v" height="22" rx="11"/>`, x-w/2, y-marbleR, w)
		for i, part := range parts {
			at := x - w/2 + 13 + 20*float64(i)
			p.draw(`<circle class="%s" cx="%v" cy="%v" r="9"/>`, colour(part), at, y)
			p.draw(`<text class="m" x="%v" y="%v">%s</text>`, at, y+4, html.EscapeString(part))
		}
	default:
		p.draw(`<rect class="ring %s" x="%v" y="%v" width="%v" height="22" rx="11"/>`, colour(v.label), x-w/2, y-marbleR, w)
		p.draw(`<text class="m" x="%v" y="%v">%s</text>`, x, y+4, html.EscapeString(v.label))
	}
}

// endX is where the end of a lane is drawn: behind a value of the same moment.
func (l *layout) endX(r row) float64 {
	x := l.x(r.endAt)
	for _, v := range r.values {
		near := l.x(v.at) + marbleWidth(v.label)/2 + 7
		if v.at <= r.endAt && near > x {
			x = near
		}
	}
	return x
}

func (l *layout) drawEnd(p *pen, r row, x float64) {
	class, text := "s", nameOf(r.cause)
	switch r.end {
	case open:
		return
	case plain:
		p.line("line", x, r.y-11, x, r.y+11)
	case failed:
		class = "bad"
		p.cross(x, r.y, 6)
	case stopped:
		class = "halt"
		p.draw(`<rect class="stop" x="%v" y="%v" width="9" height="9"/>`, x-4.5, r.y-4.5)
	}
	l.take(rect{x - 5, r.y - 6, x + 6, r.y + 6})
	if text != "" {
		x = l.behind(r, x+10)
		p.text(class, x, r.y+4, text)
		l.take(rect{x, r.y - 6, x + char*length(text), r.y + 6})
	}
}

// behind moves x behind the values of a lane.
func (l *layout) behind(r row, x float64) float64 {
	for _, v := range r.values {
		x = max(x, l.x(v.at)+marbleWidth(v.label)/2+5)
	}
	return x
}

func (l *layout) drawDrops(p *pen, d dropRow) {
	p.text("s r", l.left-marbleR-6, d.y+4, d.why.String())
	p.line("lost", l.left-marbleR, d.y, l.x(l.film.length())+margin, d.y)
	for _, group := range groups(d.drops) {
		for i, v := range group {
			l.drawDrop(p, l.x(v.at), d.y+stacked(i, len(group)), v.label)
		}
	}
}

// drawDrop draws a hollow value, crossed out.
func (l *layout) drawDrop(p *pen, x, y float64, label string) {
	w := marbleWidth(label)
	l.take(rect{x - w/2, y - marbleR, x + w/2, y + marbleR})
	p.draw(`<rect class="hollow" x="%v" y="%v" width="%v" height="20" rx="10"/>`, x-w/2, y-10, w)
	p.line("cross", x-w/2, y+10, x+w/2, y-10)
	p.draw(`<text class="m d halo" x="%v" y="%v">%s</text>`, x, y+4, html.EscapeString(label))
}

// drawStops draws the way of each stop: from where it came, up to the channel that it ended.
func (l *layout) drawStops(p *pen) {
	for i, r := range l.lanes {
		if r.end != stopped || r.role == sink {
			continue
		}
		from := l.boxes[min(l.boxAfter(i), len(l.boxes)-1)].y
		for _, below := range l.lanes[i+1:] {
			if below.role != r.role && below.end == stopped && below.endAt == r.endAt {
				from = below.y - 6
				break
			}
		}
		x := l.endX(r)
		p.draw(`<path class="way" d="M%v %vV%v"/>`, x, from, r.y+12)
		p.draw(`<path class="stop" d="M%v %vl4 7h-8z"/>`, x, r.y+7)
	}
}

// boxAfter is the box that receives from a lane.
func (l *layout) boxAfter(i int) (n int) {
	for _, r := range l.lanes[:i+1] {
		if r.role == between {
			n++
		}
	}
	return n
}

func (l *layout) take(r rect) { l.shape = append(l.shape, r) }

// colour is the class of a value's colour: that of its first letter, whatever its case.
func colour(label string) string {
	c := (label + " ")[0]
	if '0' <= c && c <= '9' {
		c += 4
	}
	return fmt.Sprintf("k%d", (c|0x20-'a')%8)
}
