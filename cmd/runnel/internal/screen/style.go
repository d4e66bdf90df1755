package screen

import "strings"

// Style colours text, or leaves it as it is.
type Style struct{ On bool }

// The styles. Each means something, so that text can be read without them.
func (s Style) Good(t string) string  { return s.paint("32", t) } // Good is what went well.
func (s Style) Bad(t string) string   { return s.paint("31", t) } // Bad is a loss.
func (s Style) Wait(t string) string  { return s.paint("33", t) } // Wait is trouble that may pass.
func (s Style) Faint(t string) string { return s.paint("2", t) }  // Faint is of less importance.
func (s Style) Bold(t string) string  { return s.paint("1", t) }  // Bold is a heading, or what to look at.

func (s Style) paint(code, t string) string {
	if !s.On || t == "" {
		return t
	}
	return "\x1b[" + code + "m" + t + "\x1b[0m"
}

// Gauge draws n of most as a bar of the given width.
func Gauge(n, most, width int) string {
	most = max(most, 1)
	full := min(width, (n*width+most-1)/most)
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

// Fit makes text exactly width characters wide, by cutting it or by adding blanks.
func Fit(t string, width int) string {
	r := []rune(t)
	switch {
	case width <= 0:
		return ""
	case len(r) > width:
		return string(r[:width-1]) + "…"
	}
	return t + strings.Repeat(" ", width-len(r))
}
