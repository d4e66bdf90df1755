package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/cmd/runnel/internal/ledger"
	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// Job is one run. Make it with New.
type Job struct {
	cfg     Config
	records *runnel.Chan[*record.Record]
	results *runnel.Chan[*promise]
	turn    *runnel.Chan[struct{}] // held by the worker that takes the next record; in-order jobs only

	soft  context.Context // ended: start nothing more
	fail  context.CancelCauseFunc
	hard  context.Context // ended: kill what runs
	began time.Time
	tally tally

	mu       sync.Mutex
	leftover []*record.Record
	readErr  error
}

// promise is for the outcome of a record. A worker that finds no more records leaves an outcome without a record.
type promise = runnel.Chan[outcome]

// tally counts while the job runs.
type tally struct {
	read, done, failed, rejected, newest, oldest, notStarted, interrupted, retries, settledBytes atomic.Int64
}

// New prepares a job.
func New(cfg Config) *Job {
	if cfg.StopInput == nil {
		cfg.StopInput = func() {}
	}
	j := &Job{
		cfg:     cfg,
		records: runnel.New[*record.Record](cfg.Policy.options()...),
		results: runnel.New[*promise](runnel.Buffer(max(64, 4*cfg.Workers)), runnel.Name("results")),
		turn:    runnel.New[struct{}](runnel.Buffer(1)),
		began:   time.Now(),
	}
	j.records.OnDrop(j.dropped)
	_ = j.turn.TrySend(struct{}{})
	return j
}

// Run runs the job to its end. When soft ends nothing more is started; when hard ends, which should be later, running
// commands are killed. The error tells what kept the job from going on, nil if it went through or was only stopped.
func (j *Job) Run(soft, hard context.Context) error {
	j.soft, j.fail = context.WithCancelCause(soft)
	j.hard = hard
	defer j.fail(nil)
	stopped := make(chan struct{})
	unused := context.AfterFunc(j.soft, func() { defer close(stopped); j.stop() })
	source := make(chan struct{})
	go func() { defer close(source); j.read() }()
	go j.employ()
	for p := range j.results.All(forever) {
		o, _ := p.Recv(forever)
		j.settle(o)
	}
	<-source
	if unused() {
		return errors.Join(j.readErr, j.check())
	}
	<-stopped // the channel has given back all that it held
	return errors.Join(j.failure(), j.readErr, j.saveLeftover(), j.check())
}

// employ runs the workers and closes the results behind the last.
func (j *Job) employ() {
	work := j.workInOrder
	if j.cfg.Unordered {
		work = j.workUnordered
	}
	var all sync.WaitGroup
	for range j.cfg.Workers {
		all.Go(work)
	}
	all.Wait()
	j.results.Close()
}

// stop starts nothing more. The channel is cancelled first: a record that the input's end cuts in two must come back.
func (j *Job) stop() {
	j.records.Cancel(errStopped)
	j.cfg.StopInput()
	if j.failure() == nil {
		j.cfg.Notes.Stopping()
	}
}

// forever is the context of waits that end because the channel does.
var forever = context.Background()

var errStopped = errors.New("the job was stopped")

// errBroken marks a failure of the job itself, as opposed to a stop that was asked for.
type errBroken struct{ error }

func (e errBroken) Unwrap() error { return e.error }

// broken stops the job because it cannot go on.
func (j *Job) broken(format string, args ...any) {
	j.fail(errBroken{fmt.Errorf(format, args...)})
}

// failure is what broken was told, nil if the stop was asked for.
func (j *Job) failure() error {
	if e, ok := errors.AsType[errBroken](context.Cause(j.soft)); ok {
		return e.error
	}
	return nil
}

func (j *Job) dropped(r *record.Record, why runnel.Reason) {
	switch why {
	case runnel.DroppedNewest:
		j.settled(&j.tally.newest, r)
	case runnel.DroppedOldest:
		j.settled(&j.tally.oldest, r)
	default:
		j.leave(r)
	}
}

// settled counts a record whose fate is known.
func (j *Job) settled(as *atomic.Int64, r *record.Record) {
	as.Add(1)
	j.tally.settledBytes.Add(int64(len(r.Raw)))
}

// leave puts a record that was not started aside for the remainder.
func (j *Job) leave(r *record.Record) {
	j.tally.notStarted.Add(1)
	j.keep(r)
}

func (j *Job) keep(r *record.Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.leftover = append(j.leftover, r)
}

// Ledger returns the account as it stands. It balances once Run has returned.
func (j *Job) Ledger() ledger.Ledger {
	t := &j.tally
	return ledger.Ledger{
		Read: t.read.Load(), Done: t.done.Load(), Failed: t.failed.Load(), Rejected: t.rejected.Load(),
		Dropped:    ledger.Drops{Newest: t.newest.Load(), Oldest: t.oldest.Load()},
		NotStarted: t.notStarted.Load(), Interrupted: t.interrupted.Load(),
	}
}

// check holds the ledger against itself and against the channel's own account, which counts independently.
func (j *Job) check() error {
	l, s := j.Ledger(), j.records.Stats()
	var passed, dropped = uint64(l.Done + l.Failed + l.Interrupted), uint64(l.Dropped.Total())
	switch {
	case l.Check() != nil:
		return Imbalance{l.Check()}
	case s.Received != passed, s.Dropped.Total()-s.Dropped[runnel.Undelivered] != dropped:
		return Imbalance{fmt.Errorf("ledger and channel disagree: %s; of %d sent, the channel delivered %d and dropped %v",
			l, s.Sent, s.Received, s.Dropped)}
	}
	return nil
}

// Imbalance is the error of a job whose account does not balance: a bug of runnel.
type Imbalance struct{ error }

// Progress is how far a job has come.
type Progress struct {
	Ledger  ledger.Ledger
	Bytes   int64 // of the input whose records are settled
	Retries int64
	Elapsed time.Duration
	Queue   runnel.Stats
}

// Progress may be called at any time, from any goroutine.
func (j *Job) Progress() Progress {
	return Progress{
		Ledger: j.Ledger(), Bytes: j.tally.settledBytes.Load(), Retries: j.tally.retries.Load(),
		Elapsed: time.Since(j.began), Queue: j.records.Stats(),
	}
}
