package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// story is one run of this program.
type story struct {
	feed    string // file
	list    bool   // the dead letters, too
	out     io.Writer
	client  *mq.Client
	desk    *newsDesk
	sent    int
	refused int // by the contract
}

// tell sends all, looks at what has died, mends the desk, and replays.
func (s *story) tell(ctx context.Context) (err error) {
	if s.desk, err = openDesk(100); err != nil {
		return err
	}
	defer s.desk.server.Close()
	s.client = mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.DiscardHandler)})
	defer s.client.Close()

	consumers, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.consumer().Run(consumers, s.client) }()
	err = inTurn(ctx, s.publish, s.settled, s.inspect, s.mend, s.settled)
	stop() // what runs is finished, what has not begun is handed back
	return errors.Join(err, <-ended)
}

// inTurn does one after the other until one fails.
func inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// consumer sends to the desk, eight at a time; those of one network one after the other, and in their
// order, also when one of them has to be tried again.
func (s *story) consumer() *mq.Consumer[Quake] {
	return &mq.Consumer[Quake]{
		Topic: Quakes, Group: "desk", Handler: s.desk.send,
		Workers: 8, Order: mq.PerKey,
		Retry: mq.Retry{Attempts: 60, First: time.Millisecond, Max: 20 * time.Millisecond, Timeout: 5 * time.Second},
	}
}

func (s *story) publish(ctx context.Context) error {
	err := readQuakes(s.feed, func(q Quake) error { return s.send(ctx, q) })
	fmt.Fprintf(s.out, "published %d, refused by the contract %d\n", s.sent, s.refused)
	return err
}

// send publishes a quake. What breaks the contract is somebody else's business, and told once.
func (s *story) send(ctx context.Context, q Quake) error {
	err := Quakes.Publish(ctx, s.client, q, mq.Key(q.Network), mq.DedupID(q.ID))
	switch {
	case err == nil:
		s.sent++
	case errors.Is(err, mq.ErrContract):
		s.refuse(err)
		err = nil
	}
	return err
}

func (s *story) refuse(err error) {
	if s.refused++; s.refused == 1 {
		fmt.Fprintln(s.out, "first refusal:", err)
	}
}

// settled waits until every message is acked or dead, and prints the ledger.
func (s *story) settled(ctx context.Context) error {
	for {
		a, err := s.client.Account(ctx, Quakes.Name())
		if err != nil || a.Groups[0].Waiting+a.Groups[0].InFlight == 0 {
			s.ledger(a)
			return err
		}
		if err := runnel.Sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *story) ledger(a mq.Account) {
	for _, g := range a.Groups {
		fmt.Fprintf(s.out, "ledger: published %d = acked %d + dead %d; the desk has %d\n",
			g.Published, g.Acked, g.Dead, s.desk.taken.Load())
	}
}

// inspect tells what has died, and why: first the failures, then, if wanted, each letter.
func (s *story) inspect(ctx context.Context) error {
	groups, err := s.dead().Groups(ctx, mq.Filter{})
	for _, g := range groups {
		fmt.Fprintf(s.out, "dead: %d × %s\n", g.Count, g.Title)
	}
	if err != nil || !s.list {
		return err
	}
	return s.letters(ctx)
}

func (s *story) letters(ctx context.Context) error {
	for l, err := range s.dead().List(ctx, mq.Filter{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "  letter %d, key %s: %s, attempt %d: %s\n", l.Seq, l.Message.Key, l.Reason, l.Attempts, l.Error)
	}
	return nil
}

// mend has the desk accept what it has refused, and sends that again.
func (s *story) mend(ctx context.Context) error {
	s.desk.deepOnly.Store(false)
	done, err := s.dead().Replay(ctx, mq.Filter{}, mq.ReplayOptions{})
	fmt.Fprintf(s.out, "the desk has been mended: replayed %d\n", done.Sent)
	return err
}

func (s *story) dead() *mq.DeadLetters { return s.client.DeadLetters(Quakes.Name(), "desk") }
