package command

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// Runner runs a command line for records.
type Runner struct {
	Line      *Template
	Timeout   time.Duration // of an attempt; 0 means none
	MaxOutput int           // bytes of standard output
}

// Run runs the command for a record. The command finds the row and the attempt in its environment.
func (c *Runner) Run(ctx context.Context, r *record.Record, attempt int) Result {
	args, err := c.Line.Fill(r)
	if err != nil {
		return Result{Failure: &Failure{Kind: Field, Code: -1, Permanent: true, text: err.Error()}}
	}
	call := Call{
		Args:      args,
		Env:       []string{fmt.Sprintf("RUNNEL_ROW=%d", r.Row), fmt.Sprintf("RUNNEL_ATTEMPT=%d", attempt)},
		Timeout:   c.Timeout,
		MaxOutput: c.MaxOutput,
	}
	if c.Line.OnStdin() {
		call.Stdin = append(r.Text[:len(r.Text):len(r.Text)], '\n')
	}
	return Run(ctx, call)
}
