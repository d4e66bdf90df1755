package locklaws

var waitGroupLaws = []Law{
	{"Wait returns when all are done", func(t T, k Kit) {
		wg := k.WaitGroup()
		var done [3]bool
		wg.Add(len(done))
		for i := range done {
			k.spawn(func() {
				defer wg.Done()
				t.Yield()
				done[i] = true
			})
		}
		wg.Wait()
		t.Assert(done == [3]bool{true, true, true}, "waited only for %v", done)
	}},
	{"Wait waits for no one at zero", func(t T, k Kit) {
		wg := k.WaitGroup()
		wg.Wait()
		wg.Add(2)
		wg.Add(-2)
		wg.Wait()
	}},
	{"Several may wait", func(t T, k Kit) {
		wg := k.WaitGroup()
		done := false
		wg.Add(1)
		k.several(3, func(i int) {
			if i == 0 {
				done = true
				wg.Done()
				return
			}
			wg.Wait()
			t.Assert(done, "did not wait")
		})
	}},
	{"A WaitGroup may be used again", func(t T, k Kit) {
		wg := k.WaitGroup()
		for range 3 {
			done := false
			wg.Go(func() { done = true })
			wg.Wait()
			t.Assert(done, "did not wait")
		}
	}},
	{"Go may be called by what Go has called", func(t T, k Kit) {
		wg := k.WaitGroup()
		done := false
		wg.Go(func() {
			wg.Go(func() {
				t.Yield()
				done = true
			})
		})
		wg.Wait()
		t.Assert(done, "did not wait")
	}},
	{"A WaitGroup counts no less than zero", func(t T, k Kit) {
		wg := k.WaitGroup()
		wg.Add(1)
		wg.Done()
		p := panicOf(wg.Done)
		t.Assert(p == "sync: negative WaitGroup counter", "panicked with %v", p)
	}},
}

// spawn runs f in a goroutine that is not waited for.
func (k Kit) spawn(f func()) { k.WaitGroup().Go(f) }
