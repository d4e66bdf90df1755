package locklaws

var mutexLaws = []Law{
	{"Mutex admits one at a time", func(t T, k Kit) {
		m := k.Mutex()
		total := 0
		k.several(3, func(int) {
			for range 2 {
				m.Lock()
				before := total
				t.Yield()
				total = before + 1
				m.Unlock()
			}
		})
		t.Assert(total == 6, "%d of 6 additions", total)
	}},
	{"Mutex admits one at a time, also those that try", func(t T, k Kit) {
		m := k.Mutex()
		total := 0
		k.several(3, func(i int) {
			if i > 0 {
				m.Lock()
			}
			for i == 0 && !m.TryLock() {
				t.Yield()
			}
			before := total
			t.Yield()
			total = before + 1
			m.Unlock()
		})
		t.Assert(total == 3, "%d of 3 additions", total)
	}},
	{"TryLock fails exactly while the Mutex is locked", func(t T, k Kit) {
		m := k.Mutex()
		m.Lock()
		t.Assert(!m.TryLock(), "locked what is locked")
		m.Unlock()
		t.Assert(m.TryLock(), "did not lock what is unlocked")
		t.Assert(!m.TryLock(), "locked what TryLock has locked")
		m.Unlock()
	}},
	{"Another goroutine may unlock a Mutex", func(t T, k Kit) {
		m := k.Mutex()
		unlocked := false
		m.Lock()
		k.several(2, func(i int) {
			if i == 0 {
				unlocked = true
				m.Unlock()
				return
			}
			m.Lock()
			t.Assert(unlocked, "locked twice")
			m.Unlock()
		})
	}},
}
