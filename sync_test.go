package runnel_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/locklaws"
)

// The laws of package locklaws outside of a simulation. Package sim checks them inside.

func TestSyncLaws(t *testing.T) {
	for name, kit := range map[string]locklaws.Kit{"sync": locklaws.Sync(), "runnel": locklaws.Runnel()} {
		for _, laws := range locklaws.Laws {
			for _, law := range laws {
				t.Run(name+"/"+law.Name, func(t *testing.T) {
					for range 20 {
						law.Check(lawful{t}, kit)
					}
				})
			}
		}
	}
}

// lawful is a test for laws.
type lawful struct{ *testing.T }

func (lawful) Yield() { runtime.Gosched() }

func (t lawful) Assert(ok bool, format string, args ...any) {
	t.Helper()
	if !ok {
		t.Errorf(format, args...)
	}
}

// An account under load: every operation that a lock admitted is counted once.
func TestSyncStress(t *testing.T) {
	rounds := 800
	if testing.Short() {
		rounds = 80
	}
	var (
		mu         runnel.Mutex
		rw         runnel.RWMutex
		wg         runnel.WaitGroup
		once       runnel.Once
		locked     int
		written    int
		firsts     int
		tried, got atomic.Int64
	)
	const workers = 4
	for range workers {
		wg.Go(func() {
			for i := range rounds {
				once.Do(func() { firsts++ })
				mu.Lock()
				locked++
				mu.Unlock()
				if mu.TryLock() {
					locked++
					tried.Add(1)
					mu.Unlock()
				}
				if i%8 == 0 {
					rw.Lock()
					written++
					rw.Unlock()
				}
				rw.RLock()
				if written > 0 {
					got.Add(1)
				}
				rw.RUnlock()
			}
		})
	}
	wg.Wait()
	if want := workers*rounds + int(tried.Load()); locked != want {
		t.Errorf("locked %d times, want %d", locked, want)
	}
	if want := workers * rounds / 8; written != want || got.Load() != int64(workers*rounds) || firsts != 1 {
		t.Errorf("written %d of %d, read %d of %d, once %d", written, want, got.Load(), workers*rounds, firsts)
	}
}

func TestCondStress(t *testing.T) {
	const workers, values = 3, 600
	var (
		mu       runnel.Mutex
		wg       runnel.WaitGroup
		notEmpty = runnel.NewCond(&mu)
		queue    []int
		sum      int
	)
	for range workers {
		wg.Go(func() {
			for range values / workers {
				mu.Lock()
				for len(queue) == 0 {
					notEmpty.Wait()
				}
				sum += queue[0]
				queue = queue[1:]
				mu.Unlock()
			}
		})
	}
	for i := range values {
		mu.Lock()
		queue = append(queue, i)
		mu.Unlock()
		notEmpty.Signal()
	}
	wg.Wait()
	if want := values * (values - 1) / 2; sum != want {
		t.Errorf("sum %d, want %d", sum, want)
	}
}

// What a simulation needs lies with the simulation: the types are no larger than those of sync.
func TestSyncSizes(t *testing.T) {
	for name, sizes := range map[string][2]uintptr{
		"Mutex":     {unsafe.Sizeof(runnel.Mutex{}), unsafe.Sizeof(sync.Mutex{})},
		"RWMutex":   {unsafe.Sizeof(runnel.RWMutex{}), unsafe.Sizeof(sync.RWMutex{})},
		"WaitGroup": {unsafe.Sizeof(runnel.WaitGroup{}), unsafe.Sizeof(sync.WaitGroup{})},
		"Once":      {unsafe.Sizeof(runnel.Once{}), unsafe.Sizeof(sync.Once{})},
		"Cond":      {unsafe.Sizeof(runnel.Cond{}), unsafe.Sizeof(sync.Cond{})},
	} {
		if sizes[0] > sizes[1] {
			t.Errorf("%s has %d bytes, sync's has %d", name, sizes[0], sizes[1])
		}
	}
}

func TestOnceValues(t *testing.T) {
	n := 0
	f := runnel.OnceValues(func() (int, string) { n++; return n, "a" })
	for range 2 {
		if v, s := f(); v != 1 || s != "a" {
			t.Errorf("got %d, %q", v, s)
		}
	}
}
