package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/runnel-go/runnel/cmd/runnel/internal/legible"
)

// Call is one run of a command.
type Call struct {
	Args      []string
	Env       []string // added to the environment
	Stdin     []byte
	Timeout   time.Duration // 0 means none
	MaxOutput int           // bytes of standard output beyond which the command is killed
}

// Kind is the sort of a failure.
type Kind string

// The kinds.
const (
	Exit    Kind = "exit"    // ended with a code other than 0
	Signal  Kind = "signal"  // ended by a signal that runnel did not send
	Timeout Kind = "timeout" // killed because its time was over
	Output  Kind = "output"  // killed because it wrote too much, or its output did not end with it
	Start   Kind = "start"   // could not be started
	Field   Kind = "field"   // the record lacks what the command line asks for
	Stopped Kind = "stopped" // killed because the context ended
)

// Failure is why a command failed.
type Failure struct {
	Kind Kind
	Code int // exit code, -1 if it has none
	// Permanent tells that the same failure is certain to come again, so that a retry is idle.
	Permanent bool
	text      string
}

func (f *Failure) Error() string { return f.text }

// Result is what a command left.
type Result struct {
	Stdout  []byte
	Stderr  *Tail
	Failure *Failure // nil if it ended with code 0
}

// grace is how long a command has between the request to end and its end, and how long its output may be held open
// behind it by a process that left the group.
const grace = time.Second

var (
	errTime   = errors.New("time is over")
	errOutput = errors.New("too much output")
)

// Run runs a command to its end. If ctx ends first the command's process group is killed.
func Run(ctx context.Context, c Call) Result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if c.Timeout > 0 {
		var release context.CancelFunc
		ctx, release = context.WithTimeoutCause(ctx, c.Timeout, errTime)
		defer release()
	}
	out := &limited{left: c.MaxOutput, over: func() { cancel(errOutput) }}
	res := Result{Stderr: &Tail{}}
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin(c.Stdin), out, res.Stderr
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.WaitDelay = grace
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		res.Failure = startFailure(c, err)
		return res
	}
	err, cause := waitGroup(ctx, cmd)
	if out.exceeded {
		cause = errOutput
	}
	res.Stdout = out.buf
	res.Failure = failure(c, err, cause)
	return res
}

// stdin returns nil, which is an empty input, if there is nothing to give.
func stdin(b []byte) io.Reader {
	if b == nil {
		return nil
	}
	return strings.NewReader(string(b))
}

func startFailure(c Call, err error) *Failure {
	passing := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ETXTBSY)
	if e, ok := errors.AsType[*os.PathError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	text := fmt.Sprintf("cannot run %s: %s", legible.Quoted(c.Args[0]), startReason(c, err))
	return &Failure{Kind: Start, Code: -1, Permanent: !passing, text: text}
}

// startReason is err as a reason; of a record that no argument can hold it says what to do.
func startReason(c Call, err error) string {
	reason := err.Error()
	switch {
	case slices.ContainsFunc(c.Args, func(a string) bool { return strings.Contains(a, "\x00") }):
		reason = "a NUL byte, which no argument can hold"
	case !errors.Is(err, syscall.E2BIG):
		return reason
	}
	if c.Stdin == nil {
		reason += " (leave out {}, so that the record goes to standard input)"
	}
	return reason
}

// failure explains how a command ended: err is from waiting for it, cause why it was killed, if it was.
func failure(c Call, err, cause error) *Failure {
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case cause == errOutput:
		return fail(Output, -1, "wrote more than %d bytes (raise --max-output to allow more)", c.MaxOutput)
	case cause == errTime:
		return fail(Timeout, -1, "killed after %v (raise --timeout to allow more)", c.Timeout)
	case cause != nil:
		return fail(Stopped, -1, "killed by the stop of the job")
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrWaitDelay):
		return fail(Output, 0, "ended, but a process that it left behind keeps its output open (redirect that output)")
	case !ended:
		return fail(Exit, -1, "%v", err)
	}
	return exitFailure(exit.ProcessState)
}

func fail(k Kind, code int, format string, args ...any) *Failure {
	return &Failure{Kind: k, Code: code, text: fmt.Sprintf(format, args...)}
}

func exitFailure(p *os.ProcessState) *Failure {
	if w, ok := p.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return fail(Signal, -1, "killed by signal: %v", w.Signal())
	}
	return fail(Exit, p.ExitCode(), "exit status %d", p.ExitCode())
}

// limited keeps what is written, up to a limit; then it calls over.
type limited struct {
	buf      []byte
	left     int
	exceeded bool
	over     func()
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		l.exceeded = true
		l.over()
		return 0, errOutput
	}
	l.left -= len(p)
	l.buf = append(l.buf, p...)
	return len(p), nil
}
