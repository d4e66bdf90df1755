package flow

import (
	"fmt"
	"strings"
)

// Mermaid returns the graph as a flowchart in the language of Mermaid, which many pages draw
// where it stands in a block of code. It shows what [Graph.DOT] shows, but for the types.
func (g *Graph) Mermaid() string { return g.drawing().mermaid() }

func (d *drawing) mermaid() string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %q\n---\nflowchart LR\n", mermaidTitle.Replace(visible(d.name)))
	for i, f := range d.figures {
		shape := mermaidShapes[f.kind]
		fmt.Fprintf(&b, "  p%d%s\"%s\"%s\n", i+1, shape[0], mermaidText(f.lines()), shape[1])
	}
	for _, a := range d.arrows {
		line := [2]string{"--", "-->"}
		if a.failures {
			line = [2]string{"-.", ".->"}
		}
		fmt.Fprintf(&b, "  p%d %s \"%s\" %s p%d\n", a.from+1, line[0], mermaidText(a.lines()), line[1], a.to+1)
	}
	b.WriteString(d.mermaidMarks())
	return b.String()
}

// mermaidTitle is for the title, which is cleaned as HTML and knows no other way to write these.
var mermaidTitle = strings.NewReplacer("&", "＆", "<", "‹", ">", "›")

var mermaidShapes = map[string][2]string{
	"":         {"[", "]"},
	"source":   {"([", "])"},
	"step":     {"[", "]"},
	"sink":     {"[[", "]]"},
	"stateful": {"[(", ")]"},
	outside:    {"((", "))"},
	unknown:    {"[", "]"},
}

// mermaidMarks draws in red what is wrong. Fills stay as they are: pages choose them for light
// and dark.
func (d *drawing) mermaidMarks() string {
	var b strings.Builder
	for i, f := range d.figures {
		switch {
		case f.kind == unknown:
			fmt.Fprintf(&b, "  style p%d stroke:red,stroke-width:2px,stroke-dasharray:4\n", i+1)
		case f.wrong != nil:
			fmt.Fprintf(&b, "  style p%d stroke:red,stroke-width:2px\n", i+1)
		}
	}
	for i, a := range d.arrows {
		if a.wrong != nil {
			fmt.Fprintf(&b, "  linkStyle %d stroke:red,stroke-width:2px\n", i)
		}
	}
	return b.String()
}

// mermaidText is text that Mermaid takes for nothing but text. It knows entities of HTML,
// written with # instead of &, Markdown, formulas, icons and comments. So whatever is not a
// letter, a digit or harmless goes by its number.
func mermaidText(lines []string) string {
	var b strings.Builder
	for i, s := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		for _, r := range s {
			if harmless(r) {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, "#%d;", r)
			}
		}
	}
	return b.String()
}

func harmless(r rune) bool {
	switch {
	case r >= 0x80, r == ' ', '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return true
	}
	return false
}
