package runnel_test

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

import (
	"sync"
	"testing"

	"github.com/runnel-go/runnel"
)

// What the check for a simulation costs over package sync. The variants run one after the other
// several times: compare the smallest of each.

func BenchmarkSync(b *testing.B) {
	var (
		m  runnel.Mutex
		sm sync.Mutex
		r  runnel.RWMutex
		sr sync.RWMutex
		w  runnel.WaitGroup
		sw sync.WaitGroup
		o  runnel.Once
		so sync.Once
	)
	f := func() {}
	b.Run("Mutex/runnel", func(b *testing.B) {
		for b.Loop() {
			m.Lock()
			m.Unlock()
		}
	})
	b.Run("Mutex/sync", func(b *testing.B) {
		for b.Loop() {
			sm.Lock()
			sm.Unlock()
		}
	})
	b.Run("TryLock/runnel", func(b *testing.B) {
		for b.Loop() {
			m.TryLock()
			m.Unlock()
		}
	})
	b.Run("TryLock/sync", func(b *testing.B) {
		for b.Loop() {
			sm.TryLock()
			sm.Unlock()
		}
	})
	b.Run("RLock/runnel", func(b *testing.B) {
		for b.Loop() {
			r.RLock()
			r.RUnlock()
		}
	})
	b.Run("RLock/sync", func(b *testing.B) {
		for b.Loop() {
			sr.RLock()
			sr.RUnlock()
		}
	})
	b.Run("RWMutex/runnel", func(b *testing.B) {
		for b.Loop() {
			r.Lock()
			r.Unlock()
		}
	})
	b.Run("RWMutex/sync", func(b *testing.B) {
		for b.Loop() {
			sr.Lock()
			sr.Unlock()
		}
	})
	b.Run("AddDone/runnel", func(b *testing.B) {
		for b.Loop() {
			w.Add(1)
			w.Done()
		}
	})
	b.Run("AddDone/sync", func(b *testing.B) {
		for b.Loop() {
			sw.Add(1)
			sw.Done()
		}
	})
	b.Run("Wait/runnel", func(b *testing.B) {
		for b.Loop() {
			w.Wait()
		}
	})
	b.Run("Wait/sync", func(b *testing.B) {
		for b.Loop() {
			sw.Wait()
		}
	})
	b.Run("Once/runnel", func(b *testing.B) {
		for b.Loop() {
			o.Do(f)
		}
	})
	b.Run("Once/sync", func(b *testing.B) {
		for b.Loop() {
			so.Do(f)
		}
	})
}
