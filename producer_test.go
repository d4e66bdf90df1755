package runnel_test

import (
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
)

func TestLastProducerCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		var wg sync.WaitGroup
		for _, p := range c.Producers(4) {
			wg.Go(func() {
				defer p.Close()
				for v := range 100 {
					mustSend(t, p, v)
				}
			})
		}
		sum, n := 0, 0
		for v := range c.All(bg) {
			sum += v
			n++
		}
		if n != 400 || sum != 4*4950 {
			t.Error("received", n, "values, sum", sum)
		}
		wg.Wait()
	})
}

func TestProducerClosesOnlyOnce(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(4))
	p := c.Producers(2)
	for range 3 {
		p[0].Close()
	}
	mustBe(t, "the other producer", p[1].TrySend(1), nil)
	if isDone(p[1].Done()) || p[1].Stats().Closed {
		t.Error("closed by one of two producers")
	}
	p[1].Close()
	mustTake(t, c, 1)
	mustEnd(t, c, runnel.ErrClosed)
}

func TestEndedProducerSendsNoMore(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(4))
	p, other := c.AddProducer(), c.AddProducer()
	p.Close()
	_, batch := p.SendAll(bg, []int{1, 2})
	var called error
	p.SendFunc(1, func(err error) { called = err })
	for name, err := range map[string]error{
		"Send": p.Send(bg, 1), "TrySend": p.TrySend(1), "SendAll": batch, "SendFunc": called,
	} {
		if err != runnel.ErrClosed {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustSend(t, other, 5)
	if other.Len() != 1 || other.Cap() != 4 {
		t.Error("Len", other.Len(), "Cap", other.Cap())
	}
}

func TestFirstCauseOfTheProducersCounts(t *testing.T) {
	c := runnel.New[int]()
	p := c.Producers(3)
	p[2].Close()
	p[0].CloseWith(io.ErrUnexpectedEOF)
	if c.Err() != nil {
		t.Error("closed before the last producer has ended:", c.Err())
	}
	p[1].CloseWith(io.EOF)
	mustEnd(t, c, io.ErrUnexpectedEOF)
	mustBe(t, "Err of a producer", p[1].Err(), io.ErrUnexpectedEOF)
}

func TestProducersAddedLaterCount(t *testing.T) {
	c := runnel.New[int]()
	first := c.AddProducer()
	second := c.AddProducer()
	first.Close()
	third := c.AddProducer()
	second.Close()
	if c.Stats().Closed {
		t.Error("closed although the third producer goes on")
	}
	third.Close()
	mustEnd(t, c, runnel.ErrClosed)
	late := c.AddProducer()
	mustBe(t, "a producer of a closed channel", late.TrySend(1), runnel.ErrClosed)
	late.Close()
}

func TestProducersPendingSendsAreDelivered(t *testing.T) {
	c := runnel.New[int]()
	p := c.AddProducer()
	p.SendFunc(1, func(err error) { mustBe(t, "SendFunc", err, nil) })
	p.Close()
	mustTake(t, c, 1)
	mustEnd(t, c, runnel.ErrClosed)
}
