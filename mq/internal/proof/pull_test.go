package proof_test

import (
	"context"
	"errors"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
)

// puller consumes in the pull form, with as many receivers as a consumer has workers.
type puller struct {
	*process
	team *team
	c    *mq.Consumer[string]
}

func (p *process) puller(g *team, c *mq.Consumer[string]) *puller {
	c.Workers, c.Drain, c.Grace, c.Handler, c.Batch, c.BatchSize, c.BatchWait = 0, 0, 0, nil, nil, 0, 0
	return &puller{p, g, c}
}

// Run is what Consumer.Run is for the push form.
func (r *puller) Run(ctx context.Context, client *mq.Client) error {
	in, err := r.c.Open(ctx, client)
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil
	}
	if err != nil {
		return err
	}
	var all runnel.WaitGroup
	for range r.team.workers {
		all.Go(func() {
			for {
				d, err := in.Recv(context.Background())
				if err != nil {
					return
				}
				r.handle(d)
			}
		})
	}
	all.Wait()
	return in.Close()
}

// handle works within the lease, which nobody extends.
func (r *puller) handle(d *mq.Delivery[string]) {
	h := r.ledger.begin(r.process, r.team, &d.Meta, d.Value)
	a := r.act(r.team, d.Value, d.Attempt)
	a.takes = min(a.takes, r.team.lease/3)
	result, err := a.do(context.Background())
	if result == panics {
		result = failed
	}
	if r.isStopped() { // what it does not settle, Close hands back
		r.ledger.end(h, stopped)
		return
	}
	r.ledger.end(h, result)
	for range 3 { // an engine in trouble is asked again
		if failed := r.settle(d, result, err); failed == nil || !errors.Is(failed, errFault) {
			return
		}
	}
}

func (r *puller) isStopped() bool {
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	return !r.stoppedAt.IsZero() && !r.dying
}

func (r *puller) settle(d *mq.Delivery[string], result result, err error) error {
	switch result {
	case well:
		return d.Ack(context.Background())
	case doomed:
		return d.Dead(context.Background(), errFailed)
	}
	return d.Retry(context.Background(), err)
}
