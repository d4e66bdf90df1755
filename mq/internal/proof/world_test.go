package proof_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/mq/mqtest"
	"github.com/runnel-go/runnel/sim"
)

var errFault = mqtest.ErrFault

// rarity is how seldom faults strike, as 1 in so many. No other draw is one of so many.
const rarity = 13

// world is one run of a sketch.
type world struct {
	*sim.T
	*sketch
	ledger *ledger
	topic  mq.Topic[string]
	store  *mem.Store
	ghost  *mqtest.FaultEngine // haunted
	bell   *runnel.Chan[struct{}]

	procs   []atomic.Pointer[process]
	calming bool   // no faults any more
	left    string // at the last look

	// hope ends where timers may be late and a schedule lets each lease end before its message is
	// begun, for ever. Then nothing need come to its end, and all other laws hold.
	hope    context.Context
	despair context.CancelFunc
	quiet   runnel.WaitGroup
}

// process is a process: it publishes and consumes by a client of its own, until it crashes or ends.
type process struct {
	*world
	number    int
	client    *mq.Client
	engine    driver.Engine
	consumers []*mq.Consumer[string]
	dying     bool // guarded by ledger.mu: it may be dead
	dead      bool // guarded by ledger.mu
	stop      context.CancelFunc
	pausedAt  time.Time              // guarded by ledger.mu; zero: it is not
	stoppedAt time.Time              // guarded by ledger.mu; zero: it has not been
	over      *runnel.Chan[struct{}] // closed when it has ended, or crashed
}

// text is a codec with values that cannot be decoded.
type text struct{}

func (text) Encode(v string) ([]byte, error) { return []byte(v), nil }
func (text) Decode(p []byte) (string, error) {
	if strings.HasPrefix(string(p), "bad") {
		return "", errors.New("bad")
	}
	return string(p), nil
}

func (s *sketch) options() []mq.TopicOption {
	opts := []mq.TopicOption{mq.WithCodec[string](text{}), mq.Overflow(s.overflow)}
	if s.keyed {
		opts = append(opts, mq.Keyed())
	}
	if s.max > 0 {
		opts = append(opts, mq.MaxMessages(s.max))
	}
	if s.maxAge > 0 {
		opts = append(opts, mq.MaxAge(s.maxAge))
	}
	if s.window > 0 {
		opts = append(opts, mq.DedupWindow(s.window))
	}
	for _, g := range s.groups {
		opts = append(opts, mq.Groups(g.name))
	}
	return opts
}

func newWorld(t *sim.T, s *sketch) *world {
	w := &world{T: t, sketch: s, ledger: newLedger(t, s), topic: mq.NewTopic[string]("t", s.options()...), bell: runnel.New[struct{}](runnel.Dropping(1))}
	w.procs = make([]atomic.Pointer[process], s.processes)
	w.hope, w.despair = context.WithCancel(t.Context())
	switch s.family {
	case haunted:
		w.ghost = mqtest.Faults{Choose: w.chance, Rarity: rarity, SlowBy: time.Second}.Open()
	case shaky:
		w.store = mem.NewStore(&mem.Options{Faults: &mem.Faults{
			Choose: w.chance, Rarity: rarity, Trouble: true, Full: true, LostAck: true, LateAck: true, Again: true, Shuffled: true, Slow: time.Second,
		}})
	default:
		w.store = mem.NewStore(nil)
	}
	return w
}

// chance draws a fault, and counts it.
func (w *world) chance(n int) int {
	l := w.ledger
	l.mu.Lock()
	spent := w.calming || l.strikes >= 6
	l.mu.Unlock()
	if spent {
		return 0
	}
	c := w.Choose(n)
	if n == rarity && c == n-1 {
		l.mu.Lock()
		l.strikes++
		l.mu.Unlock()
	}
	return c
}

func (w *world) connect() driver.Engine {
	if w.ghost != nil {
		return unclosed{w.ghost}
	}
	return w.store.Open()
}

// unclosed is an engine that several processes share.
type unclosed struct{ *mqtest.FaultEngine }

func (unclosed) Close() error { return nil }

// boot starts a process.
func (w *world) boot(number int) *process {
	p := &process{world: w, number: number, engine: w.connect(), over: runnel.New[struct{}]()}
	p.client = mq.Open(&witness{p.engine, p}, &mq.Options{Logger: slog.New(slog.DiscardHandler)})
	var runners []mq.Runner
	for _, g := range w.groups {
		c := p.consumer(g)
		p.consumers = append(p.consumers, c)
		if g.pull {
			runners = append(runners, p.puller(g, c))
		} else {
			runners = append(runners, c)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = func() {
		p.note(&p.stoppedAt, time.Now())
		stop()
	}
	w.quiet.Go(func() {
		err := mq.Run(ctx, p.client, runners...)
		p.ended(err)
	})
	return p
}

// note writes down when something was done to a process.
func (p *process) note(what *time.Time, at time.Time) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	*what = at
}

func (p *process) consumer(g *team) *mq.Consumer[string] {
	c := &mq.Consumer[string]{
		Topic: p.topic, Group: g.name, Workers: g.workers, Order: g.order, Retry: g.retry, Lease: g.lease, Drain: g.drain,
		Grace: g.grace, Lapses: g.lapses, Prefetch: g.prefetch, Rate: float64(g.rate),
	}
	if g.batch == 0 {
		c.Handler = func(ctx context.Context, m *mq.Message[string]) error { return p.handle(ctx, g, m) }
		return c
	}
	c.BatchSize, c.BatchWait = g.batch, g.wait
	c.Batch = func(ctx context.Context, ms []*mq.Message[string]) []error { return p.handleAll(ctx, g, ms) }
	return c
}

// handle is the handler.
func (p *process) handle(ctx context.Context, g *team, m *mq.Message[string]) error {
	h := p.ledger.begin(p, g, &m.Meta, m.Value)
	a := p.act(g, m.Value, m.Attempt)
	r, err := a.do(ctx)
	p.ledger.end(h, r)
	if r == panics {
		panic(err)
	}
	return err
}

// handleAll takes as long as the one that takes longest.
func (p *process) handleAll(ctx context.Context, g *team, ms []*mq.Message[string]) []error {
	hs, as, errs := make([]*handling, len(ms)), make([]act, len(ms)), make([]error, len(ms))
	var long act
	for i, m := range ms {
		hs[i] = p.ledger.begin(p, g, &m.Meta, m.Value)
		as[i] = p.act(g, m.Value, m.Attempt)
		long.takes, long.deaf = max(long.takes, as[i].takes), long.deaf || as[i].deaf
	}
	p.ledger.law(len(ms) <= g.batch, "once", "a batch of %d, want at most %d", len(ms), g.batch)
	stopped := long.wait(ctx)
	for i := range ms {
		r, err := as[i].ends(stopped)
		if r == panics {
			r = failed // one panic would be everybody's
		}
		p.ledger.end(hs[i], r)
		errs[i] = err
	}
	return errs
}

var errFailed = errors.New("failed")

func (a act) do(ctx context.Context) (result, error) { return a.ends(a.wait(ctx)) }

// wait works, and returns why it was stopped.
func (a act) wait(ctx context.Context) error {
	if a.deaf {
		ctx = context.Background()
	}
	if a.takes == 0 {
		return nil
	}
	return runnel.Sleep(ctx, a.takes)
}

func (a act) ends(stop error) (result, error) {
	if stop != nil {
		return stopped, stop
	}
	switch a.result {
	case doomed:
		return doomed, mq.Dead(errFailed)
	case later:
		return later, mq.RetryAfter(asks, errFailed)
	case failed, panics:
		return a.result, errFailed
	}
	return well, nil
}

// crash ends a process as its death would.
func (p *process) crash() {
	if p.ghost != nil {
		return
	}
	p.ledger.mu.Lock()
	p.dying = true
	p.ledger.mu.Unlock()
	p.engine.(*mem.Engine).Crash()
	p.ledger.mu.Lock()
	p.dead = true
	for _, b := range p.ledger.groups {
		for _, hs := range b.handlings {
			for _, h := range hs {
				if h.process == p && h.result == running {
					h.result, h.ended = cut, time.Now()
				}
			}
		}
	}
	p.ledger.mu.Unlock()
	p.over.Close()
}

// ended checks what holds when Run has returned.
func (p *process) ended(err error) {
	l := p.ledger
	l.mu.Lock()
	dead := p.dying
	if !dead {
		p.drained(err)
	}
	l.mu.Unlock()
	if !dead {
		l.law(err == nil || errors.Is(err, mq.ErrStuck) || p.tolerates(err), "drain", "Run: %v", err)
		p.over.Close()
	}
	p.client.Close()
	p.bell.TrySend(struct{}{})
}

// tolerates: a process whose engine was in trouble all through its end.
func (p *process) tolerates(err error) bool {
	return (p.family == shaky || p.family == haunted) && errors.Is(err, errFault)
}

// drained checks that nothing of a process is left, and that it has taken no longer than it was told to.
func (p *process) drained(err error) {
	took, limit := time.Since(p.stoppedAt), time.Duration(0)
	for _, g := range p.groups {
		if g.drain == 0 {
			limit = time.Hour
		}
		limit = max(limit, g.drain+g.grace)
	}
	p.ledger.law(!p.exact() || took <= limit, "drain", "Run returns %v after its context has ended, want %v", took, limit)
	for _, b := range p.ledger.groups {
		for _, hs := range b.handlings {
			for _, h := range hs {
				if h.process == p && h.result == running {
					p.ledger.law(err != nil && (h.stuck || !p.exact()), "drain", "Run has returned %v, and %q runs", err, h.value)
				}
			}
		}
	}
}
