//go:build !race

package runnel_test

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

import (
	"testing"

	"github.com/runnel-go/runnel"
)

func TestSyncDoesNotAllocate(t *testing.T) {
	var (
		mu   runnel.Mutex
		rw   runnel.RWMutex
		wg   runnel.WaitGroup
		once runnel.Once
		cond = runnel.NewCond(&mu)
		f    = func() {}
	)
	mustNotAllocate(t, "Mutex", func() { mu.Lock(); mu.TryLock(); mu.Unlock() })
	mustNotAllocate(t, "RWMutex", func() {
		rw.Lock()
		rw.Unlock()
		rw.RLock()
		rw.TryRLock()
		rw.RUnlock()
		rw.RUnlock()
	})
	mustNotAllocate(t, "WaitGroup", func() { wg.Add(1); wg.Done(); wg.Wait() })
	mustNotAllocate(t, "Once", func() { once.Do(f) })
	mustNotAllocate(t, "Cond", func() { cond.Signal(); cond.Broadcast() })
}
