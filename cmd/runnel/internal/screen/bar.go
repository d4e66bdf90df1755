package screen

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Bar is a progress bar on the last line of a console.
type Bar struct {
	console *Console
	bar     *progressbar.ProgressBar
	total   int64
}

// Reading is what a bar shows.
type Reading struct {
	At      int64 // how far, in the unit of the total
	Records int64 // settled
	Dead    int64 // of those, given up
	Elapsed time.Duration
	Depth   int // of the queue
	Cap     int
	Blocked time.Duration // how long the input has waited for room in the queue
}

// StartBar puts a bar on the console, or returns nil, a bar that shows nothing, if nobody would see it. A total of 0 is
// unknown.
func (c *Console) StartBar(total int64) *Bar {
	if !c.screen {
		return nil
	}
	bar := &Bar{console: c, total: total}
	if total == 0 {
		total = -1
	}
	theme := progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}
	bar.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(c.w), progressbar.OptionUseANSICodes(true), progressbar.OptionSetTheme(theme),
		progressbar.OptionFullWidth(), progressbar.OptionShowDescriptionAtLineEnd(), progressbar.OptionSpinnerType(14),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetRenderBlankState(true))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bar = bar
	return bar
}

// Update shows a reading.
func (b *Bar) Update(r Reading) {
	if b == nil {
		return
	}
	b.console.mu.Lock()
	defer b.console.mu.Unlock()
	_ = b.bar.Set64(min(r.At, max(b.total-1, 0))) // full, it would draw its last and stop
	b.bar.Describe(r.describe(b.total))
}

// Stop takes the bar away.
func (b *Bar) Stop() {
	if b == nil {
		return
	}
	b.console.mu.Lock()
	defer b.console.mu.Unlock()
	b.hide()
	b.console.bar = nil
}

func (b *Bar) hide() { _ = b.bar.Clear() }

func (b *Bar) show() { _ = b.bar.RenderBlank() }

// describe is the text beside the bar.
func (r Reading) describe(total int64) string {
	s := fmt.Sprintf("%s  queue %*d/%d  blocked %s", Rate(r.Records, r.Elapsed), digits(r.Cap), r.Depth, r.Cap, Short(r.Blocked))
	if r.Dead > 0 {
		s = fmt.Sprintf("%d dead  %s", r.Dead, s)
	}
	eta, ok := r.eta(total)
	if !ok {
		return fmt.Sprintf("%d records  %s", r.Records, s)
	}
	return s + "  ETA " + Short(eta)
}

func (r Reading) eta(total int64) (time.Duration, bool) {
	if r.At <= 0 || total <= 0 {
		return 0, false
	}
	return time.Duration(float64(r.Elapsed) * float64(total-r.At) / float64(r.At)), true
}

func digits(n int) int { return len(fmt.Sprint(n)) }

// Rate is a number of records per second, as text.
func Rate(n int64, d time.Duration) string {
	if d <= 0 {
		return "0/s"
	}
	switch r := float64(n) / d.Seconds(); {
	case r < 10:
		return fmt.Sprintf("%.1f/s", r)
	case r < 10_000:
		return fmt.Sprintf("%.0f/s", r)
	default:
		return fmt.Sprintf("%.0fk/s", r/1000)
	}
}

// Short is a duration with as many digits as matter to a person.
func Short(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}
