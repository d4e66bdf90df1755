package runnel

import (
	"context"
	"testing"
)

func TestSmoke(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, opts := range [][]Option{nil, {Buffer(1)}, {Buffer(64)}, {Unbounded()}} {
		c := New[int](opts...)
		go func() {
			for i := range 100000 {
				if err := c.Send(ctx, i); err != nil {
					panic(err)
				}
			}
			c.Close()
		}()
		n := 0
		for v := range c.All(ctx) {
			if v != n {
				t.Fatal(v, n)
			}
			n++
		}
		if n != 100000 {
			t.Fatal(n)
		}
		t.Logf("%+v", c.Stats())
	}
	a, b := New[int](), New[string](Buffer(2))
	go func() {
		for i := range 1000 {
			a.Send(ctx, i)
		}
		a.Close()
	}()
	go func() {
		for range 1000 {
			b.Send(ctx, "x")
		}
		b.Close()
	}()
	ca, cb := RecvFrom(a), RecvFrom(b)
	na, nb := 0, 0
	var x, y Case = ca, cb
	for x != nil || y != nil {
		c, err := Select(ctx, x, y)
		if err != nil {
			t.Fatal(err)
		}
		switch c {
		case ca:
			if _, err := ca.Value(); err != nil {
				x = nil
			} else {
				na++
			}
		case cb:
			if _, err := cb.Value(); err != nil {
				y = nil
			} else {
				nb++
			}
		}
	}
	if na != 1000 || nb != 1000 {
		t.Fatal(na, nb)
	}
}
