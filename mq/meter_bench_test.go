package mq

import (
	"strconv"
	"testing"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// What the meters of one message cost: published, handled, settled. The readings of the clock
// that they need are counted apart, in the second benchmark.

func BenchmarkMeters(b *testing.B) {
	now := time.Now()
	for _, batch := range []int{1, 16} {
		b.Run("message/settled-by-"+strconv.Itoa(batch), func(b *testing.B) {
			var ms meters
			p, m := ms.topic("orders"), ms.group("orders", "billing").join("bill", 1, nil)
			w := m.worker()
			rs := []driver.Record{{Key: "k", Payload: make([]byte, 100), Published: now}}
			turn, errs, sets := []driver.Delivery{{Record: rs[0]}}, make([]error, 1), make([]driver.Settlement, batch)
			for i := 0; b.Loop(); i++ {
				t := now.Add(time.Duration(i & 0xfff))
				p.published(rs, time.Duration(i&0xfff), nil)
				w.handled(turn, errs, t, t)
				if i%batch == 0 {
					m.settled(sets)
				}
			}
		})
	}
	b.Run("parallel", func(b *testing.B) {
		var ms meters
		p := ms.topic("orders")
		b.RunParallel(func(pb *testing.PB) {
			rs := []driver.Record{{Key: "k", Payload: make([]byte, 100), Published: now}}
			for pb.Next() {
				p.published(rs, time.Duration(300), nil)
			}
		})
	})
	b.Run("published", func(b *testing.B) {
		var ms meters
		p := ms.topic("orders")
		rs := []driver.Record{{Key: "k", Payload: make([]byte, 100), Published: now}}
		for i := 0; b.Loop(); i++ {
			p.published(rs, time.Duration(i&0xfff), nil)
		}
	})
	b.Run("lookup", func(b *testing.B) {
		var ms meters
		ms.topic("payments")
		for b.Loop() {
			ms.topic("payments")
		}
	})
	b.Run("clock", func(b *testing.B) {
		for b.Loop() {
			_ = time.Now()
		}
	})
}
