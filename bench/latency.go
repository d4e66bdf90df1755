package main

import (
	"time"

	"github.com/runnel-go/runnel"
)

// parkFor is how long a receiver has waited at least before it is woken. The
// sender sleeps meanwhile, so the whole program is idle, as it is where
// latency matters.
const parkFor = 60 * time.Microsecond

// latencyGoals are the goals of the two rows that a latency row becomes.
var latencyGoals = map[string]goals{"p50": guides(1.6, 2), "p99": guides(1.5, 1.3)}

// The latency rows take the time from just before a send until the receive
// that had been parked on it has returned.
func latencyRows() []row {
	const family = "wake-up"
	return []row{
		{family: family, name: "wake-up of a parked receiver", kind: latency, impls: []impl{
			ours("runnel", wakeRunnel(background)), peer("native", wakeNative),
		}},
		{family: family, name: "wake-up of a parked receiver, ctx", kind: latency, impls: []impl{
			ours("runnel+ctx", wakeRunnel((*meter).cancellable)), peer("native+ctx", wakeNativeCtx),
		}},
	}
}

// woken notes that the receive of a value sent at a time has returned.
func (m *meter) woken(epoch time.Time, sent time.Duration) {
	m.waits = append(m.waits, time.Since(epoch)-sent)
}

func wakeRunnel(newCtx contexts) func(*meter) {
	return func(m *meter) {
		ch, ctx, ack, epoch := runnel.New[time.Duration](), newCtx(m), make(chan bool), time.Now()
		m.waits = make([]time.Duration, 0, m.n)
		m.together(func() {
			for range m.n {
				time.Sleep(parkFor)
				must(ch.Send(ctx, time.Since(epoch)))
				<-ack
			}
		}, func() {
			for range m.n {
				sent, err := ch.Recv(ctx)
				m.woken(epoch, sent)
				must(err)
				ack <- true
			}
		})
	}
}

func wakeNative(m *meter) {
	ch, ack, epoch := make(chan time.Duration), make(chan bool), time.Now()
	m.waits = make([]time.Duration, 0, m.n)
	m.together(func() {
		for range m.n {
			time.Sleep(parkFor)
			ch <- time.Since(epoch)
			<-ack
		}
	}, func() {
		for range m.n {
			sent := <-ch
			m.woken(epoch, sent)
			ack <- true
		}
	})
}

func wakeNativeCtx(m *meter) {
	ch, ack, epoch := make(chan time.Duration), make(chan bool), time.Now()
	done := m.cancellable().Done()
	m.waits = make([]time.Duration, 0, m.n)
	m.together(func() {
		for range m.n {
			time.Sleep(parkFor)
			select {
			case ch <- time.Since(epoch):
			case <-done:
			}
			<-ack
		}
	}, func() {
		for range m.n {
			select {
			case sent := <-ch:
				m.woken(epoch, sent)
			case <-done:
			}
			ack <- true
		}
	})
}
