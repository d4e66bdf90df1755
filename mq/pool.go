package mq

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

type flag = atomic.Bool

// pool is a consumer at work: a fetcher, workers, and a keeper of leases.
type pool struct {
	plan    *plan
	src     driver.Source
	queue   *queue
	settle  *settler
	herald  *herald // nil: nobody asks for it
	keeper  *keeper
	workers []*worker
	meter   *member
	taken   *claims // of an Inbox; nil otherwise
	joined  flag    // meter is set
	pace    *pace
	least   time.Duration // of its lease a message must have left to begin

	base    context.Context // of all handlers; ends when Drain is over
	endBase context.CancelCauseFunc
	over    flag // nothing begins any more

	mu      runnel.Mutex
	stop    context.CancelCauseFunc // ends fetching for good
	fetch   context.Context         // ends for a pause
	unfetch context.CancelFunc
	failed  error
	live    int                    // workers that have not ended and are not stuck
	quiet   *runnel.Chan[struct{}] // rung when live becomes 0

	unwanted flag         // the fetcher shall leave to others what is handed back
	took     atomic.Int64 // nanoseconds of the handler for one message, smoothed; 0: not known
}

func newPool(plan *plan) *pool {
	p := &pool{plan: plan, pace: newPace(plan.rate, plan.burst), least: plan.sub.Lease / 2, quiet: newBell()}
	p.queue = newQueue(p.limit, p.handBack)
	p.keeper = newKeeper(p)
	p.herald = newHerald(plan)
	return p
}

// subscribe opens the source.
func (p *pool) subscribe(ctx context.Context, c *Client) error {
	for n := 1; ; n++ {
		err := c.check(ctx, p.plan.topic.Name)
		if err == nil {
			p.src, err = c.engine.Subscribe(ctx, p.plan.topic, p.plan.sub)
		}
		if err == nil {
			p.settle = newSettler(p, p.src)
			p.meter = c.meters.group(p.plan.topic.Name, p.plan.sub.Group).join(p.plan.name, p.plan.workers, p.look)
			p.joined.Store(true)
			p.plan.log.works()
			return nil
		}
		if ctx.Err() != nil || permanent(err) {
			return p.named(err)
		}
		p.plan.log.trouble(time.Now(), "subscribe", err)
		runnel.Sleep(ctx, engineBackoff.Delay(n, err))
	}
}

// run is the life of a pool.
func (p *pool) run(ctx context.Context) (err error) {
	defer func() {
		p.meter.leave()
		p.plan.log.ends(err)
	}()
	ctx = p.start(ctx)
	defer p.endBase(nil)
	defer p.stop(nil)
	p.live = p.plan.workers
	workers := make([]*worker, p.plan.workers)
	for i := range workers {
		workers[i] = newWorker(p)
	}
	p.mu.Lock()
	p.workers = workers
	p.mu.Unlock()
	for _, w := range p.workers {
		runnel.Go(w.work)
	}
	runnel.Go(p.keeper.run)
	p.plan.log.begins(p.plan.workers, p.plan.sub.Order)
	p.fetchAll(ctx)
	p.over.Store(true)
	p.queue.stop()
	if running := p.meter.stats(time.Now()).Busy; running > 0 {
		p.plan.log.drains(running)
	}
	stuck := errors.Join(p.drain(), p.endSettling())
	if err := p.src.Close(); err != nil {
		p.fail(err)
	}
	return errors.Join(p.failed, stuck)
}

// start makes the contexts of handlers and, which it returns, of fetching.
func (p *pool) start(ctx context.Context) context.Context {
	base := context.WithValue(context.WithoutCancel(ctx), serviceKey{}, p.plan.service)
	p.base, p.endBase = context.WithCancelCause(base)
	ctx, p.stop = context.WithCancelCause(ctx)
	return ctx
}

// fetchAll fetches until ctx ends.
func (p *pool) fetchAll(ctx context.Context) {
	into := make([]driver.Delivery, 16)
	for failures := 0; ctx.Err() == nil; {
		now := p.fetching(ctx)
		want := p.pace.allow(now, p.queue.room(now, maxFetch))
		if p.unwanted.Swap(false) {
			runnel.Sleep(ctx, p.plan.sub.Lease/12)
			continue
		}
		if want == 0 {
			continue
		}
		if want > len(into) {
			into = make([]driver.Delivery, max(want, 2*len(into)))
		}
		n, err := p.src.Fetch(now, into[:want])
		if err == nil {
			failures = 0
			p.pace.spend(n)
			p.plan.log.works()
			p.queue.push(into[:n])
			p.keeper.alert()
			clear(into[:n])
			continue
		}
		if now.Err() != nil {
			continue
		}
		failures++
		if !p.again(failures, "fetch", err) {
			return
		}
	}
}

const maxFetch = 256

// fetching is the context of the next Fetch: it ends with ctx, and for a pause.
func (p *pool) fetching(ctx context.Context) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fetch == nil || p.fetch.Err() != nil {
		p.fetch, p.unfetch = context.WithCancel(ctx)
	}
	return p.fetch
}

// pause begins nothing any more. Turns that began before are seen running when it returns.
func (p *pool) pause() {
	p.queue.pause()
	p.mu.Lock()
	workers := p.workers
	p.mu.Unlock()
	for _, w := range workers {
		w.hand.passThrough()
	}
	p.endFetch()
}

// endFetch ends the Fetch that waits.
func (p *pool) endFetch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unfetch != nil {
		p.unfetch()
	}
}

// rest hands back all that waits, because nobody wants it here, and fetches nothing for a while, so that
// others get it.
func (p *pool) rest() {
	p.took.Store(0)
	p.leaveToOthers()
	p.queue.handBack()
}

// leaveToOthers fetches nothing for a while: what is handed back next would come here again, while
// others are willing.
func (p *pool) leaveToOthers() {
	p.unwanted.Store(true)
	p.endFetch()
}

// limit is how many messages may wait for a worker.
func (p *pool) limit(idle int) int {
	ahead := p.plan.prefetch
	switch {
	case p.pace != nil:
		ahead = 0 // what waited here would begin all at once later
	case ahead == 0:
		ahead = p.ahead()
	}
	if idle == 0 && p.running() == 0 {
		return 0 // all are stuck: others shall have it
	}
	return idle*p.plan.size + ahead
}

// ahead is how many messages the workers will begin soon.
func (p *pool) ahead() int {
	took := time.Duration(p.took.Load())
	switch {
	case took <= 0 && p.taken != nil:
		return 0 // who knows when somebody will want one
	case took <= 0:
		return p.plan.size
	}
	window := min(100*time.Millisecond, p.plan.sub.Lease/3)
	return max(p.plan.size, int(min(maxFetch, time.Duration(p.plan.workers)*window/took)))
}

// measure notes how long a turn took.
func (p *pool) measure(took time.Duration, n int) {
	each, old := int64(took)/int64(n)+1, p.took.Load()
	if old == 0 {
		p.took.Store(each)
		return
	}
	p.took.Store(old + (each-old)/8)
}

// atLeast notes that a turn which is not over has taken so long.
func (p *pool) atLeast(took time.Duration) {
	if old := p.took.Load(); int64(took) > old {
		p.took.Store(int64(took))
	}
}

// drain waits for the handlers that run. It returns an error that names those that are stuck.
func (p *pool) drain() error {
	var limit *runnel.Chan[time.Time]
	if p.plan.drain > 0 {
		limit = runnel.After(p.plan.drain)
	}
	quiet, late := runnel.RecvFrom(p.quiet), runnel.RecvFrom(limit)
	for p.running() > 0 {
		if got, _ := runnel.Select(context.Background(), quiet, late); got == late {
			p.endHandlers()
			late = runnel.RecvFrom[time.Time]((*runnel.Chan[time.Time])(nil))
		}
	}
	return p.remaining()
}

// endHandlers ends the contexts of all handlers.
func (p *pool) endHandlers() {
	now := time.Now()
	for _, w := range p.workers {
		w.hand.mu.Lock()
		w.hand.stop(now, errDrained)
		w.hand.mu.Unlock()
	}
	p.endBase(errDrained)
	p.keeper.hurry()
}

// endSettling waits until all is settled and told.
func (p *pool) endSettling() error {
	p.keeper.stop()
	p.settle.wait()
	if err := p.herald.end(p.plan.grace); err != nil {
		return p.named(err)
	}
	return nil
}

func (p *pool) running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live
}

// gone: a worker has ended, or is stuck.
func (p *pool) gone() {
	p.mu.Lock()
	p.live--
	last := p.live == 0
	p.mu.Unlock()
	if last {
		ring(p.quiet)
	}
}

// remaining names the handlers that still run.
func (p *pool) remaining() error {
	var all []error
	for _, w := range p.workers {
		w.hand.mu.Lock()
		if w.hand.stuck {
			all = append(all, p.stuckError(&w.hand))
		}
		w.hand.mu.Unlock()
	}
	return errors.Join(all...)
}

// look tells the meters what goes on.
func (p *pool) look(s *ConsumerStats, now time.Time) {
	s.Prefetched, s.Paused = p.queue.look()
	p.mu.Lock()
	workers := p.workers
	p.mu.Unlock()
	p.taken.look(s, now)
	for _, w := range workers {
		w.hand.mu.Lock()
		if w.hand.running {
			s.add(w.hand.ds, w.hand.began, now, w.hand.stuck)
		}
		w.hand.mu.Unlock()
	}
}
