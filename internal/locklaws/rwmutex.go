package locklaws

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

var rwMutexLaws = []Law{
	{"RWMutex admits several readers", func(t T, k Kit) {
		rw, inside := k.RWMutex(), k.WaitGroup()
		inside.Add(3)
		k.several(3, func(int) {
			rw.RLock()
			inside.Done()
			inside.Wait()
			rw.RUnlock()
		})
		t.Assert(rw.TryLock(), "still locked")
	}},
	{"RWMutex admits one writer and no readers", func(t T, k Kit) {
		rw := k.RWMutex()
		total := 0
		k.several(4, func(i int) {
			if i%2 == 0 {
				rw.Lock()
				before := total
				t.Yield()
				total = before + 1
				rw.Unlock()
				return
			}
			rw.RLock()
			before := total
			t.Yield()
			t.Assert(total == before, "written while read")
			rw.RUnlock()
		})
		t.Assert(total == 2, "%d of 2 additions", total)
	}},
	{"RWMutex admits a waiting writer before readers that come later", func(t T, k Kit) {
		rw, wg := k.RWMutex(), k.WaitGroup()
		var order string
		rw.RLock()
		wg.Go(func() {
			rw.Lock()
			order += "w"
			rw.Unlock()
		})
		for rw.TryRLock() { // until the writer waits
			rw.RUnlock()
			t.Yield()
		}
		wg.Go(func() {
			rw.RLock()
			t.Assert(order == "w", "a reader came in before the writer")
			rw.RUnlock()
		})
		rw.RUnlock()
		wg.Wait()
	}},
	{"RWMutex admits everybody in the end", func(t T, k Kit) {
		rw, wg := k.RWMutex(), k.WaitGroup()
		rw.RLock()
		rw.RUnlock()
		rw.Lock()
		n := 0
		for range 2 {
			wg.Go(func() {
				rw.RLock()
				rw.RUnlock()
			})
		}
		wg.Go(func() {
			rw.Lock()
			n++
			rw.Unlock()
		})
		rw.Unlock()
		wg.Wait()
		t.Assert(n == 1 && rw.TryLock(), "%d writers, or still locked", n)
	}},
	{"The Try forms of RWMutex fail exactly while it is held", func(t T, k Kit) {
		rw := k.RWMutex()
		rw.Lock()
		t.Assert(!rw.TryLock() && !rw.TryRLock(), "locked what a writer holds")
		rw.Unlock()
		t.Assert(rw.TryRLock(), "a reader not admitted")
		t.Assert(rw.TryRLock(), "a second reader not admitted")
		t.Assert(!rw.TryLock(), "a writer beside readers")
		rw.RUnlock()
		t.Assert(!rw.TryLock(), "a writer beside a reader")
		rw.RUnlock()
		t.Assert(rw.TryLock() && !rw.TryRLock(), "writer not admitted, or not alone")
		rw.Unlock()
	}},
	{"RLocker locks for reading", func(t T, k Kit) {
		rw := k.RWMutex()
		l := rw.RLocker()
		l.Lock()
		t.Assert(rw.TryRLock(), "no second reader")
		rw.RUnlock()
		t.Assert(!rw.TryLock(), "a writer beside a reader")
		l.Unlock()
		t.Assert(rw.TryLock(), "still locked")
	}},
	{"Another goroutine may unlock a RWMutex", func(t T, k Kit) {
		rw := k.RWMutex()
		rw.Lock()
		k.several(1, func(int) { rw.Unlock() })
		rw.RLock()
		k.several(1, func(int) { rw.RUnlock() })
		t.Assert(rw.TryLock(), "still locked")
	}},
}
