package demo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/cmd/runnel/internal/ledger"
	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// Config is how the demo is to run.
type Config struct {
	Speed   float64 // 1 replays the week in about 6 seconds
	Seed    uint64  // of the faults
	Console *screen.Console
}

const (
	playtime  = 6 * time.Second
	slots     = 16
	consumers = 3
)

// demo is one run.
type demo struct {
	cfg     Config
	ctx     context.Context // ended: stop
	all     []quake
	start   time.Time
	faults  faults
	backoff runnel.Backoff
	quakes  *runnel.Chan[quake]
	news    *runnel.Chan[event]

	read   [2]atomic.Int64 // by producer
	mu     sync.Mutex
	lost   []quake // dropped by the buffer
	unsent int64   // undelivered, or returned to the producer, after a stop
}

// Run plays the demo until its end, or until ctx ends. The ledger tells where every quake has gone; it is an error if
// it does not balance.
func Run(ctx context.Context, cfg Config) (ledger.Ledger, error) {
	all, err := load()
	if err != nil {
		return ledger.Ledger{}, err
	}
	d := &demo{
		cfg: cfg, ctx: ctx, all: all, start: time.Now(), faults: faults{cfg.Seed},
		backoff: runnel.Backoff{Attempts: attempts, First: 30 * time.Millisecond},
		quakes:  runnel.New[quake](runnel.Sliding(slots), runnel.Name("quakes")),
		news:    runnel.New[event](runnel.Buffer(64), runnel.Name("news")),
	}
	d.quakes.OnDrop(d.dropped)
	return d.run()
}

func (d *demo) run() (ledger.Ledger, error) {
	stopped := make(chan struct{})
	unused := context.AfterFunc(d.ctx, func() { defer close(stopped); d.quakes.Cancel(context.Cause(d.ctx)) })
	var producers sync.WaitGroup
	d.produce(&producers)
	go d.consume()
	v := newView(d)
	v.watch()
	producers.Wait() // a stop gives back the quake that a producer is about to send
	if !unused() {
		<-stopped
	}
	l := d.ledger(v)
	v.finish(l)
	return l, l.Check()
}

// produce starts the producers.
func (d *demo) produce(all *sync.WaitGroup) {
	for i, p := range d.quakes.Producers(2) {
		all.Go(func() {
			defer p.Close()
			d.replay(i, p)
		})
	}
}

// replay sends the quakes of one producer, at the times of the week shrunk to the demo's.
func (d *demo) replay(producer int, out *runnel.Producer[quake]) {
	for _, q := range d.all {
		if (producer == 0) != q.california() {
			continue
		}
		if runnel.Sleep(d.ctx, time.Until(d.start.Add(d.offset(q)))) != nil {
			return
		}
		d.read[producer].Add(1)
		if out.Send(context.Background(), q) != nil {
			d.dropped(q, runnel.Undelivered)
			return
		}
	}
}

// offset is when a quake is due, from the start of the demo.
func (d *demo) offset(q quake) time.Duration {
	first, last := d.all[0].time, d.all[len(d.all)-1].time
	return d.scale(time.Duration(float64(playtime) * float64(q.time.Sub(first)) / float64(last.Sub(first))))
}

func (d *demo) scale(t time.Duration) time.Duration { return time.Duration(float64(t) / d.cfg.Speed) }

func (d *demo) dropped(q quake, why runnel.Reason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if why == runnel.Undelivered {
		d.unsent++
		return
	}
	d.lost = append(d.lost, q)
}

// consume runs the consumers and closes the news behind the last.
func (d *demo) consume() {
	var all sync.WaitGroup
	for i := range consumers {
		all.Go(func() {
			for q := range d.quakes.All(context.Background()) {
				d.handle(i, q)
			}
		})
	}
	all.Wait()
	d.news.Close()
}

// handle works on a quake, with retries, and tells the news of it.
func (d *demo) handle(consumer int, q quake) {
	tell := func(k kind, attempt int, err error) {
		_ = d.news.Send(context.Background(), event{k, consumer, q, attempt, err})
	}
	for n := 1; ; n++ {
		tell(started, n, nil)
		err := d.faults.of(q, n)
		if runnel.Sleep(d.ctx, d.scale(d.faults.cost(q))) != nil {
			tell(interrupted, n, nil)
			return
		}
		switch {
		case err == nil:
			tell(done, n, nil)
			return
		case !d.backoff.Again(n, err):
			tell(dead, n, err)
			return
		}
		tell(failed, n, err)
		if runnel.Sleep(d.ctx, d.scale(d.backoff.Delay(n, err))) != nil {
			tell(interrupted, n, nil)
			return
		}
	}
}

// event is a piece of news from a consumer.
type event struct {
	kind     kind
	consumer int
	quake    quake
	attempt  int
	err      error
}

type kind uint8

const (
	started kind = iota
	failed       // an attempt; another follows
	done
	dead
	interrupted
)

func (d *demo) ledger(v *view) ledger.Ledger {
	d.mu.Lock()
	defer d.mu.Unlock()
	return ledger.Ledger{
		Read: d.read[0].Load() + d.read[1].Load(), Done: v.count(done), Failed: v.count(dead),
		Dropped: ledger.Drops{Oldest: int64(len(d.lost))}, NotStarted: d.unsent, Interrupted: v.count(interrupted),
	}
}
