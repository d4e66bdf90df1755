// Package jobs runs functions in the background.
package jobs

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Runner runs jobs, each in a goroutine of its own, and collects their results.
type Runner struct {
	mu      runnel.Mutex
	stopped bool
	running runnel.WaitGroup
	results *runnel.Chan[string]
}

// NewRunner makes a runner.
func NewRunner() *Runner {
	return &Runner{results: runnel.New[string](runnel.Name("results"))}
}

// Results is where the results come out. It is closed after the last one.
func (r *Runner) Results() runnel.Receiver[string] { return r.results }

// Start runs a job, and after Stop refuses it with ErrClosed.
func (r *Runner) Start(job func() string) error {
	r.mu.Lock()
	stopped := r.stopped
	r.mu.Unlock()
	if stopped {
		return runnel.ErrClosed
	}
	r.running.Go(func() { _ = r.results.Send(context.Background(), job()) })
	return nil
}

// Stop accepts no more jobs, lets the others finish and closes the results.
func (r *Runner) Stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.running.Wait()
	r.results.Close()
}
