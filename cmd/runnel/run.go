package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/cmd/runnel/internal/command"
	"github.com/runnel-go/runnel/cmd/runnel/internal/job"
	"github.com/runnel-go/runnel/cmd/runnel/internal/legible"
	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// work runs the command of that name.
func work(f workFlags, args []string, s streams) error {
	console := screen.NewConsole(s.err)
	stop := watchSignals()
	w, err := prepare(stop.soft, &f, args, s, console)
	switch {
	case err != nil && stop.soft.Err() != nil:
		return exitError{exitInterrupted, errors.New("stopped before anything was started")}
	case err != nil:
		return err
	}
	return w.run(stop)
}

// worker is a job with all that surrounds it.
type worker struct {
	flags     *workFlags
	streams   streams
	console   *screen.Console
	in        *input
	dead      *os.File
	job       *job.Job
	remainder string // name of the file, once there is one
}

// prepare checks everything that can be checked before the first record is read.
func prepare(soft context.Context, f *workFlags, args []string, s streams, c *screen.Console) (w *worker, err error) {
	w = &worker{flags: f, streams: s, console: c}
	if err := checkRemainder(f); err != nil {
		return nil, err
	}
	if w.in, err = openInput(soft, f, s, c); err != nil {
		return nil, err
	}
	cmd, err := w.template(args)
	if err != nil {
		return nil, err
	}
	if w.dead, err = openDead(f.dead, w.in); err != nil {
		return nil, err
	}
	w.job = job.New(w.config(cmd))
	return w, nil
}

// template reads the command line and looks for its program; without a command it is nil.
func (w *worker) template(args []string) (*command.Template, error) {
	if len(args) == 0 {
		return nil, nil
	}
	format, err := w.flags.formatOf()
	if err != nil {
		return nil, err
	}
	t, err := command.Parse(args, format, w.in.reader.Columns())
	if err != nil {
		return nil, usageError("%w", err)
	}
	if name := t.Fixed(); name != "" {
		if _, err := exec.LookPath(name); err != nil {
			return nil, usageError("command %s: %v%s", legible.Quoted(name), errors.Unwrap(err), w.meantInput(name))
		}
	}
	return t, nil
}

// meantInput asks whether what cannot be run is the input, if it is a file and no other input was named.
func (w *worker) meantInput(name string) string {
	if info, err := os.Stat(name); w.flags.in != "-" || err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return meant([]string{legible.Text(name)}, "--in ")
}

func (w *worker) config(cmd *command.Template) job.Config {
	f := w.flags
	cfg := job.Config{
		Input: w.in.reader, StopInput: w.in.stop, Workers: f.workers.n, Policy: f.policy.Policy, Unordered: f.unordered,
		Backoff: runnel.Backoff{Attempts: 1 + f.retries.n, First: time.Duration(f.backoff), Max: time.Duration(f.maxBackoff)},
		Out:     w.console.Beside(w.streams.out), JSON: f.json, Remainder: w.openRemainder, Notes: newNotes(w.console, f),
	}
	if cmd != nil {
		cfg.Command = &command.Runner{Line: cmd, Timeout: time.Duration(f.timeout), MaxOutput: int(f.maxOutput)}
	}
	if w.dead != nil { // a nil file in an interface would not be nil
		cfg.Dead = w.dead
	}
	return cfg
}

func (w *worker) openRemainder() (io.WriteCloser, error) {
	f, err := createRemainder(w.flags)
	if f == nil { // in an interface it would not be nil
		return nil, err
	}
	if err != nil && !w.flags.json {
		w.console.Printf("runnel: %v; what is not done goes to %s instead", err, f.Name())
	}
	w.remainder = f.Name()
	return f, nil
}

// run runs the job, shows its progress, reports its end and returns what makes the exit code.
func (w *worker) run(stop stopper) error {
	finished := runnel.New[error]()
	go func() {
		err := w.job.Run(stop.soft, stop.hard)
		_ = finished.Send(context.Background(), err)
	}()
	err := w.watch(finished)
	if w.dead != nil {
		err = errors.Join(err, w.dead.Close())
	}
	code := w.code(err, stop)
	w.report(code, err)
	return silent(code)
}

// watch shows the progress until the job is finished.
func (w *worker) watch(finished runnel.Receiver[error]) error {
	var bar *screen.Bar
	if !w.flags.quiet && !w.flags.json && !w.in.typed {
		bar = w.console.StartBar(w.in.size)
	}
	defer bar.Stop()
	ticks := runnel.Tick(100 * time.Millisecond)
	defer ticks.Cancel(nil)
	end, tick := runnel.RecvFrom(finished), runnel.RecvFrom(ticks)
	for {
		if c, _ := runnel.Select(context.Background(), end, tick); c == end {
			err, _ := end.Value()
			return err
		}
		bar.Update(reading(w.job.Progress()))
	}
}

func reading(p job.Progress) screen.Reading {
	return screen.Reading{
		At: p.Bytes, Records: p.Ledger.Settled(), Dead: p.Ledger.Dead(), Elapsed: p.Elapsed,
		Depth: p.Queue.Len, Cap: p.Queue.Cap, Blocked: p.Queue.SendBlocked,
	}
}

func (w *worker) code(err error, stop stopper) int {
	_, imbalance := errors.AsType[job.Imbalance](err)
	switch {
	case imbalance:
		return exitBug
	case err != nil:
		return exitBroken
	case stop.soft.Err() != nil:
		return exitInterrupted
	case w.job.Ledger().Dead() > 0:
		return exitFailed
	}
	return exitOK
}

// stopper ends its contexts with the first and with the second signal.
type stopper struct{ soft, hard context.Context }

// watchSignals catches signals. One that is ignored, as SIGHUP is under nohup, stays so.
func watchSignals() stopper {
	soft, endSoft := context.WithCancel(context.Background())
	hard, endHard := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	go func() {
		<-signals
		endSoft()
		<-signals
		endHard()
	}()
	return stopper{soft, hard}
}
