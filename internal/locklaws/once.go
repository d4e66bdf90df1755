package locklaws

var onceLaws = []Law{
	{"Once calls once, and who comes late waits for it", func(t T, k Kit) {
		once := k.Once()
		calls, done := 0, 0
		k.several(3, func(int) {
			once.Do(func() {
				calls++
				t.Yield()
				done++
			})
			t.Assert(calls == 1 && done == 1, "%d calls, %d done", calls, done)
		})
	}},
	{"Once counts a call that panicked", func(t T, k Kit) {
		once := k.Once()
		p := panicOf(func() { once.Do(func() { panic("first") }) })
		t.Assert(p == "first", "panicked with %v", p)
		once.Do(func() { t.Assert(false, "called again") })
	}},
	{"A Once is for one function, whichever comes first", func(t T, k Kit) {
		once := k.Once()
		which := ""
		once.Do(func() { which += "a" })
		once.Do(func() { which += "b" })
		t.Assert(which == "a", "called %q", which)
	}},
	{"OnceFunc calls once", func(t T, k Kit) {
		n := 0
		f := k.OnceFunc(func() { n++ })
		k.several(3, func(int) {
			f()
			t.Assert(n == 1, "called %d times", n)
		})
	}},
	{"OnceFunc panics every time if its function panics", func(t T, k Kit) {
		n := 0
		f := k.OnceFunc(func() { n++; panic(n) })
		for range 3 {
			p := panicOf(f)
			t.Assert(p == 1, "panicked with %v", p)
		}
	}},
	{"OnceValue returns what it got", func(t T, k Kit) {
		n := 0
		f := k.OnceValue(func() int { n++; t.Yield(); return 6 + n })
		k.several(3, func(int) {
			v := f()
			t.Assert(v == 7, "got %d", v)
		})
	}},
}
