package flow

import (
	"fmt"
	"strings"
)

// DOT returns the graph as a picture in the language of Graphviz: dot -Tsvg. Shapes tell the
// kinds of processes, labels their options and the policies of edges; the types are in
// tooltips. Edges of failures are dashed. A graph with mistakes can be drawn, too: they stand in red where they were made.
func (g *Graph) DOT() string { return g.drawing().dot() }

func (d *drawing) dot() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotText(visible(d.name)))
	fmt.Fprintf(&b, "\tgraph [label=%s, labelloc=t, rankdir=LR, fontname=Helvetica]\n", dotText(visible(d.name)))
	b.WriteString("\tnode [fontname=Helvetica, fontsize=12]\n\tedge [fontname=Helvetica, fontsize=10]\n")
	for i, f := range d.figures {
		fmt.Fprintf(&b, "\tp%d [label=%s, tooltip=%s, %s%s]\n",
			i+1, dotText(f.lines()...), dotText(f.ports), dotShapes[f.kind], dotMark(f.wrong))
	}
	for _, a := range d.arrows {
		fmt.Fprintf(&b, "\tp%d -> p%d [label=%s, tooltip=%s, labeltooltip=%[4]s%s%s]\n",
			a.from+1, a.to+1, dotText(a.lines()...), dotText(a.detail), dotStyle(a.failures), dotMark(a.wrong))
	}
	b.WriteString("}\n")
	return b.String()
}

var dotShapes = map[string]string{
	"":         "shape=box, style=dashed",
	"source":   "shape=box, style=rounded",
	"step":     "shape=box",
	"sink":     "shape=box, peripheries=2",
	"stateful": "shape=cylinder",
	outside:    "shape=plaintext",
	unknown:    "shape=box, style=dashed, color=red",
}

func dotStyle(failures bool) string {
	if failures {
		return ", style=dashed"
	}
	return ""
}

func dotMark(wrong []string) string {
	if wrong == nil {
		return ""
	}
	return ", color=red, fontcolor=red"
}

// dotText quotes lines of text. Graphviz knows escapes that begin with a backslash, and entities
// of HTML.
func dotText(lines ...string) string {
	text := make([]string, len(lines))
	for i, s := range lines {
		text[i] = dotEscapes.Replace(s)
	}
	return `"` + strings.Join(text, `\n`) + `"`
}

var dotEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")
