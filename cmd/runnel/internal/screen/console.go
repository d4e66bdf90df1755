package screen

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// Console writes lines to a stream, such as standard error, that may be a terminal with a progress bar on it. Its
// methods may be called from any goroutine.
type Console struct {
	mu     sync.Mutex
	w      io.Writer
	screen bool // a terminal that can move its cursor
	bar    *Bar
}

// NewConsole writes to w.
func NewConsole(w io.Writer) *Console { return &Console{w: w, screen: isScreen(w)} }

func isScreen(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// IsTerminal tells whether somebody watches who can be shown a picture that changes.
func (c *Console) IsTerminal() bool { return c.screen }

// Colour tells whether colours are welcome: on a terminal, unless NO_COLOR is set.
func (c *Console) Colour() bool { return c.screen && os.Getenv("NO_COLOR") == "" }

// Size returns the width and height of the terminal, 80×24 if that is not known.
func (c *Console) Size() (width, height int) {
	if f, ok := c.w.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}

// Printf writes a line, above the bar if there is one.
func (c *Console) Printf(format string, args ...any) {
	c.Text(fmt.Sprintf(format, args...) + "\n")
}

// Text writes text, with a line end behind it if it lacks one.
func (c *Console) Text(s string) {
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	_, _ = c.write(c.w, []byte(s))
}

// write writes to w above the bar, if there is one.
func (c *Console) write(w io.Writer, p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar != nil {
		c.bar.hide()
		defer c.bar.show()
	}
	return w.Write(p)
}

// Beside returns a writer for another stream, such as standard output, that may be the same terminal: there what is
// written must stand above the bar. Anywhere else it is w itself.
func (c *Console) Beside(w io.Writer) io.Writer {
	if !c.screen || !isScreen(w) {
		return w
	}
	return beside{c, w}
}

type beside struct {
	console *Console
	w       io.Writer
}

// Write ends the last line if it is open, or the bar would be drawn over it.
func (b beside) Write(p []byte) (int, error) {
	if len(p) == 0 || p[len(p)-1] == '\n' {
		return b.console.write(b.w, p)
	}
	n, err := b.console.write(b.w, append(p[:len(p):len(p)], '\n'))
	return min(n, len(p)), err
}
