package mq

import (
	"context"
	"errors"

	"github.com/runnel-go/runnel"
)

// Runner is what Run runs: a *Consumer.
type Runner interface {
	Run(ctx context.Context, client *Client) error
}

// Run runs all runners until ctx ends, and returns when all have ended: nil, or the errors of those
// that failed. The first that fails ends the others, as if ctx had ended. One that returns nil earlier
// ends nobody.
func Run(ctx context.Context, client *Client, runners ...Runner) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errs := make([]error, len(runners))
	var all runnel.WaitGroup
	for i, r := range runners {
		all.Go(func() {
			if errs[i] = r.Run(ctx, client); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
