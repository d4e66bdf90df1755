package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Every program is explored a little, and has its line in the table.
func TestTable(t *testing.T) {
	ps := programs()
	measure(t, ps, 1, time.Millisecond)
	var text bytes.Buffer
	write(&text, ps)
	for _, p := range ps {
		if s := p.samples[0]; s.schedules < 1 || s.steps <= s.schedules || s.wall <= 0 {
			t.Errorf("%s: %+v", p.name, s)
		}
		if !strings.Contains(text.String(), "\n"+p.name+" ") {
			t.Errorf("%s is not in the table:\n%s", p.name, text.String())
		}
	}
}

func TestVerdict(t *testing.T) {
	p := &program{samples: []sample{
		{schedules: 1, steps: 10, wall: time.Second},
		{schedules: 9, steps: 90, wall: time.Second},
		{schedules: 8, steps: 80, wall: 2 * time.Second, cpu: time.Second},
	}}
	for _, c := range []struct {
		goal
		want string
	}{
		{goal{schedules, 8}, "ok"}, {goal{schedules, 9}, "MISS"},
		{goal{perStep, 12.5e6}, "ok"}, {goal{perStep, 12e6}, "MISS"},
	} {
		if p.goal = c.goal; p.verdict() != c.want {
			t.Errorf("%s with the limit %v: %s, want %s", c.of.name, c.limit, p.verdict(), c.want)
		}
	}
}
