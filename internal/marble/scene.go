package marble

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
)

// The causes with which channels end in pictures.
var (
	ErrLost   = errors.New("lost")   // a source ends with it
	ErrBad    = errors.New("bad")    // work fails with it
	ErrEnough = errors.New("enough") // a consumer stops with it
)

// Scene is a picture while it is recorded.
type Scene struct {
	start   time.Time
	running sync.WaitGroup // sources and consumers

	mu   sync.Mutex // held for constant work only
	film Film
}

// Record runs a picture in a bubble and returns what happened.
func Record(t *testing.T, picture func(*Scene)) *Film {
	s := new(Scene)
	synctest.Test(t, func(*testing.T) {
		s.start = time.Now()
		picture(s)
		s.running.Wait()
		time.Sleep(time.Hour) // until calls have ended that nobody waits for
	})
	s.film.settle()
	return &s.film
}

// In makes a channel and a source that follows the script.
func (s *Scene) In(name, script string, opts ...runnel.Option) *runnel.Chan[string] {
	c := runnel.New[string](opts...)
	l := s.lane(name, source)
	c.OnDrop(func(v string, why runnel.Reason) { s.drop(l, v, why) })
	c.OnClose(func(cause error) { s.ended(l, stopped, cause) })
	s.running.Go(func() { s.play(c, l, cues(script)) })
	return c
}

// play is the source of a channel.
func (s *Scene) play(c *runnel.Chan[string], l *lane, script []cue) {
	for _, next := range script {
		time.Sleep(next.at - s.now())
		switch next.word {
		case end:
			s.ended(l, plain, nil)
			c.Close()
		case failure:
			s.ended(l, failed, ErrLost)
			c.CloseWith(ErrLost)
		default:
			if !s.offer(c, l, next.word) {
				return
			}
		}
	}
}

func (s *Scene) offer(c *runnel.Chan[string], l *lane, v string) bool {
	offered := s.now()
	err := c.Send(context.Background(), v)
	s.note(func() {
		l.values = append(l.values, value{at: s.now(), offered: offered, label: v, refused: err != nil})
	})
	return err == nil
}

// Out consumes r and draws what it gives, and how it ends.
func Out[T any](s *Scene, name string, r runnel.Receiver[T]) { OutEvery(s, name, r, 0) }

// OutEvery is Out by a consumer that needs some ticks for each value.
func OutEvery[T any](s *Scene, name string, r runnel.Receiver[T], ticks float64) {
	l := watched(s, name, sink, r)
	s.running.Go(func() {
		for {
			if err := receive(s, l, r); err != nil {
				return
			}
			time.Sleep(time.Duration(ticks * float64(Tick)))
		}
	})
}

// OutFirst is Out by a consumer that stops, with [ErrEnough], half a tick after its n-th value.
func OutFirst[T any](s *Scene, name string, r runnel.Receiver[T], n int) {
	l := watched(s, name, sink, r)
	s.running.Go(func() {
		for range n {
			receive(s, l, r)
		}
		time.Sleep(Tick / 2)
		s.ended(l, stopped, ErrEnough)
		r.Cancel(ErrEnough)
	})
}

// Mid draws how a channel between two operators ends; its values are drawn if the work behind it
// was made by [Scene.WorkOn].
func Mid[T any](s *Scene, name string, r runnel.Receiver[T]) {
	l := watched(s, name, between, r)
	box := s.film.boxes
	s.film.boxes++
	r.OnClose(func(cause error) {
		var how ending
		s.note(func() { how = s.film.midEnd(box, cause) })
		s.ended(l, how, cause)
	})
}

func watched[T any](s *Scene, name string, role role, r runnel.Receiver[T]) *lane {
	l := s.lane(name, role)
	r.OnDrop(func(v T, why runnel.Reason) { s.drop(l, label(v), why) })
	return l
}

func receive[T any](s *Scene, l *lane, r runnel.Receiver[T]) error {
	v, err := r.Recv(context.Background())
	switch err {
	case nil:
		s.saw(l, label(v))
	case runnel.ErrClosed:
		s.ended(l, plain, nil)
	default:
		s.ended(l, failed, err)
	}
	return err
}

// Work makes a function for a stage, and draws its calls as bars. The result is the value in
// upper case.
func (s *Scene) Work(spec string) func(context.Context, string) (string, error) {
	return s.work(nil, spec)
}

// WorkOn is Work that also draws its values on the channel that was drawn last, from which they
// are received at the moment of the call.
func (s *Scene) WorkOn(spec string) func(context.Context, string) (string, error) {
	return s.work(s.film.lanes[len(s.film.lanes)-1], spec)
}

func (s *Scene) work(l *lane, spec string) func(context.Context, string) (string, error) {
	all, box := tasks(spec), s.film.boxes
	return func(ctx context.Context, v string) (string, error) {
		if l != nil {
			s.saw(l, v)
		}
		c := s.begin(box, v)
		todo := all[strings.ToLower(v)]
		err := runnel.Sleep(ctx, todo.takes)
		s.note(func() {
			c.to, c.gaveUp = s.now(), err != nil
			if err == nil && todo.fails > 0 {
				todo.fails--
				err, c.failed = ErrBad, true
			}
		})
		return strings.ToUpper(v), err
	}
}

// Go runs what the picture needs besides.
func (s *Scene) Go(f func()) { s.running.Go(f) }

// At does something at a tick and says so in the picture.
func (s *Scene) At(tick float64, what string, f func()) {
	s.running.Go(func() {
		time.Sleep(time.Duration(tick*float64(Tick)) - s.now())
		s.note(func() { s.film.remarks = append(s.film.remarks, remark{s.now(), what}) })
		f()
	})
}

// Note says in the picture what a call that runs to the end has returned.
func (s *Scene) Note(what string, err error) {
	if err == nil {
		what += " nil"
	} else {
		what += " " + nameOf(err)
	}
	s.note(func() { s.film.remarks = append(s.film.remarks, remark{s.now(), what}) })
}

func (s *Scene) begin(box int, v string) *call {
	c := &call{from: s.now(), box: box, label: v}
	s.note(func() { s.film.calls = append(s.film.calls, c) })
	return c
}

func (s *Scene) now() time.Duration { return time.Since(s.start) }

func (s *Scene) note(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Scene) lane(name string, r role) *lane {
	l := &lane{name: name, role: r}
	s.note(func() { s.film.lanes = append(s.film.lanes, l) })
	return l
}

func (s *Scene) saw(l *lane, label string) {
	s.note(func() { l.values = append(l.values, value{at: s.now(), offered: s.now(), label: label}) })
}

func (s *Scene) drop(l *lane, label string, why runnel.Reason) {
	s.note(func() { l.drops = append(l.drops, drop{s.now(), label, why}) })
}

// ended notes the first end of a channel.
func (s *Scene) ended(l *lane, how ending, cause error) {
	s.note(func() {
		if l.end == open {
			l.end, l.endAt, l.cause = how, s.now(), cause
		}
	})
}
