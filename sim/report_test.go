package sim_test

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"

	"context"
)

// golden compares the report without its last paragraph, which tells of times.
func golden(t *testing.T, r sim.Report, want string) {
	t.Helper()
	got, _, _ := strings.Cut(r.String(), "\nfound in")
	got = regexp.MustCompile(`_test\.go:\d+`).ReplaceAllString(got, "_test.go:N")
	if got != strings.TrimPrefix(want, "\n") {
		t.Errorf("got\n%s\nwant%s", got, want)
	}
}

func TestReportOfACircle(t *testing.T) {
	r := failure(t, sim.Deadlock, "", func(t *sim.T) {
		var mu runnel.Mutex
		news := runnel.New[int](runnel.Name("news"))
		t.Go("reader", func() {
			for range 2 {
				_, _ = news.Recv(bg)
				mu.Lock()
				mu.Unlock()
			}
		})
		for i := range 2 {
			mu.Lock()
			_ = news.Send(bg, i)
			mu.Unlock()
		}
	}, sim.Seed(1))
	golden(t, r, `
deadlock: 2 tasks waited for ever
  body    waits in Send news     report_test.go:N
  reader  waits in Lock Mutex#2  report_test.go:N  (started at report_test.go:N)
  (Mutex#2 was first used at report_test.go:N)

they wait for each other:
  body waits for reader to use news
  reader waits for body, which holds Mutex#2

   body                     reader
1  Go reader                                  report_test.go:N
2  Lock Mutex#2                               report_test.go:N
3  Send news ...                              report_test.go:N
4                           Recv news > body  report_test.go:N
5                           Lock Mutex#2 ...  report_test.go:N
6  Unlock Mutex#2 > reader                    report_test.go:N
7  Lock Mutex#2                               report_test.go:N
8  Send news ...                              report_test.go:N
... the task waits in this operation
>   lets these tasks go on
`)
}

func TestReportOfForcedDecisions(t *testing.T) {
	r := failure(t, sim.Assertion, "late", func(t *sim.T) {
		c := runnel.New[int](runnel.Name("answer"))
		t.Go("server", func() { _ = c.Send(bg, 42) })
		answer, late := runnel.RecvFrom(c), runnel.RecvFrom(runnel.After(1e9))
		if got, _ := runnel.Select(bg, answer, late); got == late {
			t.Logf("gave up at %v", t.Now().Second())
			t.Fatal("late")
		}
	}, sim.Seed(1))
	golden(t, r, `
assertion: late
  server  has not begun    (started at report_test.go:N)

     clock               body
1                        Go server                  report_test.go:N
2                        Select answer, chan#2 ...  report_test.go:N
3 !  moves to 1s > body
4                        "gave up at 1"             report_test.go:N
                         ASSERTION
!   a decision that the failure needs; elsewhere each task goes on until it waits or ends
... the task waits in this operation
>   lets these tasks go on
`)
}

func TestReportOfManyTasks(t *testing.T) {
	r := failure(t, sim.Panic, "seventh", func(t *sim.T) {
		n := 0
		for range 7 {
			t.Go("worker", func() {
				n++
				if t.Point(); n == 7 {
					panic("seventh")
				}
			})
		}
	}, sim.Seed(1))
	s := r.String()
	if !strings.Contains(s, "worker 7  PANIC") || !strings.Contains(s, "task      operation") {
		t.Errorf("%s", s)
	}
}

// Whatever the program, a table fits on a page.
func TestReportsAreReadable(t *testing.T) {
	for _, k := range goker.Kernels {
		r := sim.Check(k.Buggy, sim.Seed(2), sim.For(0), sim.MaxSteps(2000))
		mustBeReadable(t, k.ID, r)
	}
	mustBeReadable(t, "pipe", failure(t, sim.Assertion, "", func(t *sim.T) {
		in := runnel.New[int](runnel.Buffer(2), runnel.Name("in"))
		t.Go("source", func() {
			for i := range 3 {
				_ = in.Send(bg, i)
			}
			in.Close()
		})
		out := pipe.Map(bg, in, 3, func(_ context.Context, v int) (int, error) {
			t.Assert(v != 2, "the last one")
			return v, nil
		})
		for range out.All(bg) {
		}
	}))
}

func mustBeReadable(t *testing.T, what string, r sim.Report) {
	t.Helper()
	lines := strings.Split(r.String(), "\n")
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 92 && !strings.HasPrefix(line, "found in") {
			t.Errorf("%s: a line of %d characters: %s", what, utf8.RuneCountInString(line), line)
		}
	}
	if len(lines) > 110 {
		t.Errorf("%s: %d lines", what, len(lines))
	}
}

func TestCoverage(t *testing.T) {
	r := sim.Check(func(t *sim.T) { t.Go("", t.Point); t.Point() }, sim.Schedules(200), sim.Seed(9))
	if r.Schedules != 200 || r.Distinct != 1 || r.Longest < 4 || r.Steps < 800 || r.Seed != 9 {
		t.Errorf("%+v", r)
	}
	if s := r.String(); !strings.HasPrefix(s, "200 schedules (1 distinct), the longest of ") || !strings.HasSuffix(s, "seed 9") {
		t.Errorf("%s", s)
	}
}

// Schedules count as different if operations on one object come in another order.
func TestDistinct(t *testing.T) {
	r := sim.Check(func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(3))
		for i := range 3 {
			t.Go("", func() { _ = c.Send(bg, i) })
		}
	}, sim.Schedules(500))
	if r.Failure != nil || r.Distinct != 6 {
		t.Errorf("%+v, want 6 distinct ones", r)
	}
}

// Where a task is that neither waits nor has ended, and what it is called without a name.
func TestReportOfTasksOnTheirWay(t *testing.T) {
	r := failure(t, sim.Assertion, "enough", func(t *sim.T) {
		c := runnel.New[int](runnel.Name("c"))
		runnel.Go(pump{c}.run)
		runnel.Go(pump{c}.run)
		t.Go("", func() { _, _ = c.Recv(bg) })
		t.Go("", func() { t.Fatal("enough") })
		t.Go("idler", t.Point)
		_, _ = c.Recv(bg)
	}, sim.Seed(1))
	golden(t, r, `
assertion: enough
  body        can go on from Recv c  report_test.go:N
  pump.run 2  can go on from Send c  report_test.go:N  (started at report_test.go:N)
  idler       has not begun                              (started at report_test.go:N)

   body        pump.run  pump.run 2  task 0.3  task 0.4
1  Go                                                     report_test.go:N
2  Go                                                     report_test.go:N
3  Go                                                     report_test.go:N
4  Go                                                     report_test.go:N
5  Go                                                     report_test.go:N
6  Recv c ...                                             report_test.go:N
7              Send c                                     report_test.go:N
8                        Send c ...                       report_test.go:N
9                                    Recv c               report_test.go:N
                                               ASSERTION
... the task waits in this operation
`)
}

type pump struct{ c *runnel.Chan[int] }

func (p pump) run() { _ = p.c.Send(bg, 1) }

func TestReportOfAPanic(t *testing.T) {
	r := failure(t, sim.Panic, "divide by zero", func(t *sim.T) {
		t.Go("first", func() { t.Logf("%d", divide(1, t.Choose(2))) })
	}, sim.Seed(1))
	golden(t, r, `
panic: runtime error: integer divide by zero

   body      first
1  Go first         report_test.go:N
             PANIC

in first:
  sim_test.divide                      report_test.go:N
  sim_test.TestReportOfAPanic.func1.1  report_test.go:N
`)
}

func divide(a, b int) int { return a / b }

func TestReportOfAlikeTasks(t *testing.T) {
	r := failure(t, sim.Leak, "", func(t *sim.T) {
		c := runnel.New[int](runnel.Name("a channel whose name is longer than a column"))
		for range 30 {
			t.Go("a client with an extraordinary name", func() { _ = c.Send(bg, 1) })
		}
		_, _ = c.Recv(bg)
	}, sim.Seed(1))
	s := r.String()
	for _, want := range []string{
		"  a client with an extr… 2 … a client with an ext… 30  waits in Send a channel whose name is l…  report_test.go:",
		"\n(1 operation before these left out)\n",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("want %q in\n%s", want, s)
		}
	}
}
