package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
)

// The measures of the chart in pixels.
const (
	chartWidth  = 960
	plotLeft    = 300
	plotRight   = 800
	headHeight  = 96
	familySpace = 30 // above a family, its name stands in it
	barHeight   = 9
	barPitch    = 13
	rowSpace    = 10
	minRow      = 34
	footHeight  = 64
)

// chartStyle colours the chart for light and dark surroundings.
const chartStyle = `
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 20px; font-weight: 600 }
.family { font-weight: 600 }
.small, .axis { font-size: 11px; fill: #59636e }
.value { font-size: 11px; font-variant-numeric: tabular-nums }
.bad { font-weight: 600; fill: #b35900 }
.back { fill: #ffffff }
.grid { stroke: #d8dee4 }
.one { stroke: #59636e; stroke-width: 1.5 }
.tick { stroke: #1f2328; stroke-width: 2 }
.bar0 { fill: #0969da } .bar1 { fill: #80b8f5 } .bar2 { fill: #b9d7f7 }
.miss0 { fill: #d9730d } .miss1 { fill: #f2b27a } .miss2 { fill: #f8d5b5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.small, .axis { fill: #9198a1 }
.bad { fill: #f0a35e }
.back { fill: #0d1117 }
.grid { stroke: #2a313c }
.one { stroke: #9198a1 }
.tick { stroke: #f0f6fc }
.bar0 { fill: #4493f8 } .bar1 { fill: #2a5f9e } .bar2 { fill: #1d426e }
.miss0 { fill: #e8833a } .miss1 { fill: #9a5722 } .miss2 { fill: #6b3d18 }
}
`

// chartRow is a pattern with its judged ratio under each GOMAXPROCS.
type chartRow struct {
	family, name, peer string
	bars               []chartBar
}

type chartBar struct {
	series int
	row    *Row
}

// WriteSVG draws the ratios of all rows that have a target of the design as
// horizontal bars on a logarithmic scale, the target being a tick.
func (r *Run) WriteSVG(w io.Writer) error {
	rows := r.chartRows()
	c := &canvas{}
	c.scale(rows)
	body := c.rows(rows)
	var out bytes.Buffer
	height := body + footHeight
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%.0f" viewBox="0 0 %d %.0f" role="img" aria-labelledby="title">`,
		chartWidth, height, chartWidth, height)
	fmt.Fprintf(&out, "\n<title id=\"title\">%s</title>\n<style>%s</style>\n", escape(chartTitle), chartStyle)
	fmt.Fprintf(&out, "<rect class=\"back\" width=\"%d\" height=\"%.0f\"/>\n", chartWidth, height)
	out.Write(c.under(body))
	out.Write(c.out.Bytes())
	out.Write(r.surround(height))
	fmt.Fprintln(&out, "</svg>")
	_, err := w.Write(out.Bytes())
	return err
}

const (
	chartTitle = "runnel against its peers"
	chartHelp  = "time per operation, or bytes, as a ratio of medians on a logarithmic scale; left of 1× is better than the peer; the tick is the target"
)

// chartRows joins the sections: a row of the chart for each pattern that has
// a firm target in the first of them.
func (r *Run) chartRows() []chartRow {
	var rows []chartRow
	if len(r.Sections) == 0 {
		return nil
	}
	for _, first := range r.Sections[0].Rows {
		if t := first.Target; t == nil || !t.Firm || t.Absolute || first.Ratio == 0 {
			continue
		}
		row := chartRow{family: first.Family, name: first.Name, peer: first.Peer}
		for i := range r.Sections {
			if same := r.Sections[i].Row(first.Name); same != nil && same.Ratio > 0 {
				row.bars = append(row.bars, chartBar{i, same})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// canvas collects the elements of the chart.
type canvas struct {
	out    bytes.Buffer
	lo, hi float64 // the ratios at the ends of the scale
}

// scale chooses the ends of the scale so that all bars and ticks fit.
func (c *canvas) scale(rows []chartRow) {
	c.lo, c.hi = 0.5, 2
	for _, row := range rows {
		for _, bar := range row.bars {
			c.include(bar.row.Ratio)
			if bar.row.Target != nil {
				c.include(bar.row.Target.Limit)
			}
		}
	}
}

func (c *canvas) include(v float64) {
	for v < c.lo*1.05 {
		c.lo /= 2
	}
	for v > c.hi/1.05 {
		c.hi *= 2
	}
}

func (c *canvas) x(v float64) float64 {
	return plotLeft + (plotRight-plotLeft)*math.Log(v/c.lo)/math.Log(c.hi/c.lo)
}

// rows draws all rows and returns where they end.
func (c *canvas) rows(rows []chartRow) float64 {
	y, family := float64(headHeight), ""
	for _, row := range rows {
		if row.family != family {
			family = row.family
			y += familySpace
			c.text(24, y-8, "family", "start", family)
		}
		y += c.row(row, y)
	}
	return y
}

// row draws one row at y and returns its height.
func (c *canvas) row(row chartRow, y float64) float64 {
	height := max(minRow, float64(len(row.bars)*barPitch+rowSpace))
	c.text(24, y+height/2-2, "name", "start", strings.TrimPrefix(row.name, row.family+": "))
	c.text(24, y+height/2+12, "small", "start", "against "+row.peer)
	top := y + (height-float64(len(row.bars)*barPitch))/2
	for i, bar := range row.bars {
		c.bar(bar, top+float64(i*barPitch))
	}
	return height
}

// bar draws the bar from 1 to the ratio, the tick of the target and, in the
// right margin, both as numbers.
func (c *canvas) bar(b chartBar, y float64) {
	kind, value := "bar", "value"
	if b.row.Verdict == Miss || b.row.Verdict == Above {
		kind, value = "miss", "value bad"
	}
	from, to := c.x(min(1, b.row.Ratio)), c.x(max(1, b.row.Ratio))
	fmt.Fprintf(&c.out, "<rect class=\"%s%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"1.5\"/>\n",
		kind, min(b.series, 2), from, y+2, max(1, to-from), barHeight)
	baseline := y + barPitch - 3
	c.text(plotRight+62, baseline, value, "end", ratio(b.row.Ratio)+"×")
	t := b.row.Target
	if t == nil {
		return
	}
	if t.Firm {
		c.line(c.x(t.Limit), y, c.x(t.Limit), y+barPitch, "tick")
	}
	c.text(plotRight+74, baseline, "small", "start", t.text(""))
}

// under draws what lies below the bars: the scale.
func (c *canvas) under(bottom float64) []byte {
	grid := &canvas{lo: c.lo, hi: c.hi}
	steps := []float64{1, 2, 5}
	if c.hi/c.lo > 5000 { // the labels would touch
		steps = steps[:1]
	}
	for decade := 1e-6; decade < c.hi; decade *= 10 {
		for _, step := range steps {
			v := decade * step
			if v < c.lo*0.999 || v > c.hi*1.001 {
				continue
			}
			class := "grid"
			if math.Abs(v-1) < 1e-6 {
				class = "one"
			}
			grid.line(grid.x(v), headHeight+4, grid.x(v), bottom+4, class)
			grid.text(grid.x(v), headHeight-2, "axis", "middle", fmt.Sprintf("%.3g×", v))
		}
	}
	return grid.out.Bytes()
}

// surround draws title, legend and source.
func (r *Run) surround(height float64) []byte {
	c := &canvas{}
	c.text(24, 36, "title", "start", chartTitle)
	c.text(24, 58, "small", "start", chartHelp)
	c.legend(r.Sections, height-32)
	m := r.Machine
	c.text(24, height-14, "small", "start", fmt.Sprintf("%s, %d cores, %s/%s · %s · %s · commit %.12s",
		m.CPU, m.Cores, m.OS, m.Arch, r.Go, r.Date, r.Commit))
	return c.out.Bytes()
}

func (c *canvas) legend(sections []Section, y float64) {
	for i, s := range sections {
		c.entry(i, y, fmt.Sprintf("bar%d", min(i, 2)), fmt.Sprintf("GOMAXPROCS=%d", s.Procs))
	}
	c.entry(len(sections), y, "miss0", "over its limit")
}

// entry draws the i-th entry of the legend.
func (c *canvas) entry(i int, y float64, class, text string) {
	x := float64(plotLeft + 130*i)
	fmt.Fprintf(&c.out, "<rect class=\"%s\" x=\"%.0f\" y=\"%.0f\" width=\"12\" height=\"%d\"/>\n", class, x, y-8, barHeight)
	c.text(x+18, y, "small", "start", text)
}

func (c *canvas) text(x, y float64, class, anchor, s string) {
	fmt.Fprintf(&c.out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", class, x, y, anchor, escape(s))
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(&c.out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1, y1, x2, y2)
}

func escape(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s)) // writing to a buffer does not fail
	return b.String()
}
