package flow

import (
	"log/slog"
	"strings"
	"time"

	"github.com/runnel-go/runnel"
)

// Log lets the flow tell l what happens to it: that it is started, paused, resumed, scaled,
// swapped, drained, stopped and ended, and that a process fails or has ended. Each record has the attribute "flow",
// the name of the graph.
//
//	Debug  a process has ended; with a failure, its message and the stack of a panic
//	Info   the flow is started, paused, resumed, scaled, swapped, drained, or ended with nothing lost
//	Warn   a failure after which the flow goes on; the flow stops, or has ended with values lost: they
//	       were undelivered, or failed where that ends the flow
//	Error  a failure ends the flow
//
// The handler runs on the goroutine where it happens, and a worker goes on when it returns. So
// it should be quick, and must not panic. It may call [Flow.Status], but nothing that waits for
// the flow: Pause, Drain, Stop, Wait.
func Log(l *slog.Logger) StartOption { return func(f *Flow) { f.log = l } }

// event is what happens, for the log. No lock may be held. Where it can happen to many messages
// the caller looks whether there is a log first.
func (f *Flow) event(level slog.Level, what string, attrs ...slog.Attr) {
	if f.log != nil {
		f.log.LogAttrs(f.user, level, what, append([]slog.Attr{slog.String("flow", f.graph.name)}, attrs...)...)
	}
}

// eventOf is an event of some processes, all of them if none is named.
func (f *Flow) eventOf(what string, processes []string) {
	if len(processes) == 0 {
		f.event(slog.LevelInfo, what)
		return
	}
	f.event(slog.LevelInfo, what, slog.String("processes", strings.Join(processes, ", ")))
}

func (f *Flow) eventStarted() {
	f.event(slog.LevelInfo, "flow started", slog.Int("processes", len(f.processes)), slog.Int("edges", len(f.edges)))
}

// eventFailed tells of a failure. ends is whether it ends the flow.
func (f *Flow) eventFailed(e *Failure, ends bool) {
	if f.log == nil {
		return
	}
	level := slog.LevelWarn
	if ends {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("process", e.Process)}
	if e.Edge != "" {
		attrs = append(attrs, slog.String("edge", e.Edge))
	}
	if e.Attempts > 1 {
		attrs = append(attrs, slog.Int("attempts", e.Attempts))
	}
	attrs = append(attrs, slog.Any("error", e.Err))
	if f.log.Enabled(f.user, slog.LevelDebug) {
		attrs = append(attrs, slog.Any("message", e.Message))
		if e.Stack != nil {
			attrs = append(attrs, slog.String("stack", string(e.Stack)))
		}
	}
	f.event(level, "process failed", attrs...)
}

// eventEnded tells the totals.
func (f *Flow) eventEnded() {
	if f.log == nil {
		return
	}
	s := f.Status()
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.Duration("took", s.Age.Round(time.Microsecond))}
	done, failed := s.totals()
	attrs = append(attrs, slog.Uint64("done", done), slog.Uint64("failed", failed))
	if lost := s.lost(); lost.Total() > 0 {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("lost", slog.GroupValue(byReason(lost)...)))
	}
	if chosen := s.chosen(); chosen.Total() > 0 {
		attrs = append(attrs, slog.Any("dropped", slog.GroupValue(byReason(chosen)...)))
	}
	if s.Err != nil {
		attrs = append(attrs, slog.Any("error", s.Err))
	}
	f.event(level, "flow ended", attrs...)
}

func byReason(d runnel.Drops) (attrs []slog.Attr) {
	for why, n := range d {
		if n > 0 {
			attrs = append(attrs, slog.Uint64(key(runnel.Reason(why)), n))
		}
	}
	return attrs
}

// key is the reason as a name in data, without a space.
func key(why runnel.Reason) string { return strings.ReplaceAll(why.String(), " ", "_") }

// totals are sums over all processes.
func (s Status) totals() (done, failed uint64) {
	for _, p := range s.Processes {
		done += p.Done
		failed += p.Failed
	}
	return done, failed
}
