package job

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/cmd/runnel/internal/command"
	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// Config is what a job is to do.
type Config struct {
	Input     *record.Reader
	StopInput func() // makes the input end where it is; nil if it is to be read to its end also after a stop
	Command   Runner // nil passes records through the policy alone
	Workers   int
	Policy    Policy
	Unordered bool
	Backoff   runnel.Backoff // its Attempts count the first one

	Out       io.Writer                      // results
	JSON      bool                           // results as NDJSON
	Dead      io.Writer                      // dead letters as NDJSON; nil if there is no file for them
	Remainder func() (io.WriteCloser, error) // opened only if something is left over
	Notes     Notes
}

// Runner works on a record once; the attempt is counted from 1. Its context ends when the record is to be abandoned.
type Runner interface {
	Run(ctx context.Context, r *record.Record, attempt int) command.Result
}

// Notes receives what a person should know while the job runs. Calls come one at a time per method.
type Notes interface {
	Dead(*Letter)         // a record was given up
	Stderr(output string) // a successful command wrote to its standard error
	Stopping()            // the job was asked to stop, and has begun to: it starts nothing more
}

// Policy is what the channel of records does when it is full.
type Policy struct {
	Kind string // fixed, dropping or sliding
	Size int
}

// maxSize bounds a policy's size: a slot is kept for each.
const maxSize = 1_000_000

// ParsePolicy reads fixed:N, dropping:N or sliding:N.
func ParsePolicy(s string) (Policy, error) {
	kind, size, _ := strings.Cut(s, ":")
	n, err := strconv.Atoi(size)
	least := map[string]int{"fixed": 0, "dropping": 1, "sliding": 1}
	if min, ok := least[kind]; !ok || err != nil || n < min || n > maxSize {
		return Policy{}, fmt.Errorf("use fixed:N (N from 0), dropping:N or sliding:N (N from 1), N up to %d", maxSize)
	}
	return Policy{kind, n}, nil
}

func (p Policy) String() string { return fmt.Sprintf("%s:%d", p.Kind, p.Size) }

// options are the channel's. A fixed buffer of 0 is a rendezvous, which is what a channel is without a buffer.
func (p Policy) options() []runnel.Option {
	opts := []runnel.Option{runnel.Name("records")}
	switch {
	case p.Kind == "dropping":
		opts = append(opts, runnel.Dropping(p.Size))
	case p.Kind == "sliding":
		opts = append(opts, runnel.Sliding(p.Size))
	case p.Size > 0:
		opts = append(opts, runnel.Buffer(p.Size))
	}
	return opts
}
