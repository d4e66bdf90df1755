package screen

import (
	"fmt"
	"io"
	"strings"
)

// Panel is a block of lines on a console that is drawn again and again in its place.
type Panel struct {
	console *Console
	drawn   int // lines
}

// NewPanel starts a panel below what the console shows. It must be closed, to bring the cursor back.
func (c *Console) NewPanel() *Panel {
	_, _ = io.WriteString(c.w, "\x1b[?25l")
	return &Panel{console: c}
}

// Draw shows lines instead of those drawn before. A line must fit the width of the console.
func (p *Panel) Draw(lines []string) {
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	for _, l := range lines {
		b.WriteString("\r" + l + "\x1b[K\n")
	}
	p.drawn = len(lines)
	_, _ = io.WriteString(p.console.w, b.String())
}

// Close leaves the last lines on the console.
func (p *Panel) Close() { _, _ = io.WriteString(p.console.w, "\x1b[?25h") }
