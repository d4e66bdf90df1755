package locklaws

import "fmt"

var condLaws = []Law{
	{"A Cond makes a bounded queue", func(t T, k Kit) {
		q := k.newQueue()
		sum := 0
		k.several(3, func(i int) {
			for v := range 2 {
				switch i {
				case 0, 1:
					q.put(1 + v)
				default:
					sum += q.take() + q.take()
				}
			}
		})
		t.Assert(sum == 6, "sum is %d", sum)
	}},
	{"Broadcast wakes all", func(t T, k Kit) {
		m := k.Mutex()
		c := k.Cond(m)
		open := false
		k.several(4, func(i int) {
			m.Lock()
			defer m.Unlock()
			if i == 0 {
				open = true
				c.Broadcast()
			}
			for !open {
				c.Wait()
			}
		})
		t.Assert(m.TryLock(), "still locked")
	}},
	{"Signal wakes who has waited longest", func(t T, k Kit) {
		m := k.Mutex()
		c, wg := k.Cond(m), k.WaitGroup()
		var order []int
		turn := -1
		for i := range 3 {
			wg.Go(func() {
				m.Lock()
				defer m.Unlock()
				turn = i // who sees that with the lock held sees i waiting
				c.Wait()
				order = append(order, i)
			})
			for not(m, func() bool { return turn == i }) {
				t.Yield()
			}
		}
		for i := range 3 {
			c.Signal()
			for not(m, func() bool { return len(order) > i }) {
				t.Yield()
			}
		}
		wg.Wait()
		t.Assert(fmt.Sprint(order) == "[0 1 2]", "woken in the order %v", order)
	}},
	{"Signal without one who waits is lost", func(t T, k Kit) {
		m := k.Mutex()
		c, wg := k.Cond(m), k.WaitGroup()
		c.Signal()
		c.Broadcast()
		ready := false
		m.Lock()
		wg.Go(func() {
			m.Lock()
			ready = true
			m.Unlock()
			c.Signal()
		})
		c.Wait()
		t.Assert(ready, "woken by what was before")
		m.Unlock()
		wg.Wait()
	}},
	{"Wait locks again what it has unlocked, and how", func(t T, k Kit) {
		rw := k.RWMutex()
		c, wg := k.Cond(rw.RLocker()), k.WaitGroup()
		ready := false
		rw.RLock()
		wg.Go(func() {
			rw.Lock()
			ready = true
			c.Broadcast()
			rw.Unlock()
		})
		for !ready {
			c.Wait()
		}
		t.Assert(rw.TryRLock() && !rw.TryLock(), "not locked for reading")
		rw.RUnlock()
		rw.RUnlock()
		wg.Wait()
	}},
}

// not tells, with m held, that cond does not hold.
func not(m Mutex, cond func() bool) bool {
	m.Lock()
	defer m.Unlock()
	return !cond()
}

// queue holds one value.
type queue struct {
	m     Mutex
	c     Cond
	v     int
	holds bool
}

func (k Kit) newQueue() *queue {
	m := k.Mutex()
	return &queue{m: m, c: k.Cond(m)}
}

func (q *queue) put(v int) {
	q.m.Lock()
	defer q.m.Unlock()
	for q.holds {
		q.c.Wait()
	}
	q.v, q.holds = v, true
	q.c.Broadcast()
}

func (q *queue) take() int {
	q.m.Lock()
	defer q.m.Unlock()
	for !q.holds {
		q.c.Wait()
	}
	q.holds = false
	q.c.Broadcast()
	return q.v
}
