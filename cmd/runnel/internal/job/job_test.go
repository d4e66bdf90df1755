package job

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/cmd/runnel/internal/command"
	"github.com/runnel-go/runnel/cmd/runnel/internal/ledger"
	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// runnerFunc is a Runner without processes.
type runnerFunc func(ctx context.Context, r *record.Record, attempt int) command.Result

func (f runnerFunc) Run(ctx context.Context, r *record.Record, attempt int) command.Result {
	return f(ctx, r, attempt)
}

// echo succeeds with the record as its output.
func echo(r *record.Record) command.Result {
	return command.Result{Stdout: append(slices.Clone(r.Text), '\n')}
}

func failing(k command.Kind) command.Result {
	return command.Result{Failure: &command.Failure{Kind: k, Code: -1}, Stderr: &command.Tail{}}
}

// silentNotes keeps the rows of dead letters.
type silentNotes struct {
	mu   sync.Mutex
	rows []int
}

func (n *silentNotes) Dead(l *Letter) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rows = append(n.rows, l.Row)
}
func (*silentNotes) Stderr(string) {}
func (*silentNotes) Stopping()     {}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// bench is a job with all that it writes in memory.
type bench struct {
	cfg       Config
	notes     silentNotes
	out, rest bytes.Buffer
	dead      bytes.Buffer
}

func newBench(t testing.TB, in io.Reader, policy string, run runnerFunc) *bench {
	t.Helper()
	b := &bench{}
	r, err := record.NewReader(in, record.Lines, 100)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParsePolicy(policy)
	if err != nil {
		t.Fatal(err)
	}
	b.cfg = Config{
		Input: r, Workers: 1, Policy: p, Out: &b.out, Dead: &b.dead, Notes: &b.notes,
		Remainder: func() (io.WriteCloser, error) { return nopCloser{&b.rest}, nil },
	}
	if run != nil {
		b.cfg.Command = run
	}
	return b
}

func (b *bench) run(t testing.TB, soft, hard context.Context) ledger.Ledger {
	t.Helper()
	j := New(b.cfg)
	if err := j.Run(soft, hard); err != nil {
		t.Fatal(err)
	}
	return j.Ledger()
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// In order, results come in the order of the records, whichever worker is the fastest.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := numbers(500)
		b := newBench(t, strings.NewReader(in), "fixed:8", func(_ context.Context, r *record.Record, _ int) command.Result {
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
			return echo(r)
		})
		b.cfg.Workers = 7
		l := b.run(t, t.Context(), t.Context())
		if b.out.String() != in || l.Done != 500 {
			t.Errorf("%v, output:\n%s", l, b.out.String())
		}
	})
}

// One slow record holds up the output, and lets the others run ahead only so far.
func TestOrderIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var started atomic.Int32
		b := newBench(t, strings.NewReader(numbers(1000)), "fixed:8", func(_ context.Context, r *record.Record, _ int) command.Result {
			if started.Add(1); r.Row == 1 {
				time.Sleep(time.Hour)
				if n := started.Load(); n > 70 {
					t.Errorf("%d records were started while the first was running", n)
				}
			}
			return echo(r)
		})
		b.cfg.Workers = 2
		b.run(t, t.Context(), t.Context())
		if b.out.String() != numbers(1000) {
			t.Error("out of order")
		}
	})
}

// gated is an input that opens a gate when all of it has been read, and so sent.
type gated struct {
	io.Reader
	gate chan struct{}
	once sync.Once
}

func (g *gated) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if n == 0 && err == io.EOF {
		g.once.Do(func() { close(g.gate) })
	}
	return n, err
}

// While the worker is busy with the first record all others come: the policy decides which of them remain.
func TestPolicies(t *testing.T) {
	for policy, want := range map[string]struct {
		out     string
		dropped ledger.Drops
	}{
		"dropping:3": {"1 2 3 4", ledger.Drops{Newest: 6}},
		"sliding:3":  {"1 8 9 10", ledger.Drops{Oldest: 6}},
		"fixed:9":    {"1 2 3 4 5 6 7 8 9 10", ledger.Drops{}},
	} {
		started, gate := make(chan struct{}), make(chan struct{})
		lines := io.MultiReader(strings.NewReader("1\n"), afterwards(started, strings.NewReader(numbers(10)[2:])))
		b := newBench(t, &gated{Reader: lines, gate: gate}, policy, func(_ context.Context, r *record.Record, _ int) command.Result {
			if r.Row == 1 {
				close(started)
				<-gate
			}
			return echo(r)
		})
		l := b.run(t, t.Context(), t.Context())
		if got := strings.Join(strings.Fields(b.out.String()), " "); got != want.out || l.Dropped != want.dropped {
			t.Errorf("%s: %v, done %s, want %s", policy, l, got, want.out)
		}
	}
}

// afterwards gives nothing before the channel is closed.
func afterwards(c <-chan struct{}, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) { <-c; return r.Read(p) })
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// The waits between attempts grow, and take the record's worker only.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		b := newBench(t, strings.NewReader("x\n"), "fixed:1", func(context.Context, *record.Record, int) command.Result {
			at = append(at, time.Since(start))
			return failing(command.Exit)
		})
		b.cfg.Backoff = runnel.Backoff{Attempts: 5, First: time.Second, Max: 3 * time.Second}
		if l := b.run(t, t.Context(), t.Context()); l.Failed != 1 || len(at) != 5 {
			t.Fatalf("%v after %d attempts", l, len(at))
		}
		for i, whole := range []time.Duration{1, 2, 3, 3} {
			if wait := at[i+1] - at[i]; wait < whole*time.Second/2 || wait > whole*time.Second {
				t.Errorf("wait %d was %v, want between half and all of %v s", i+1, wait, int(whole))
			}
		}
	})
}

// A failure that is certain to come again is not tried again.
func TestPermanentFailure(t *testing.T) {
	b := newBench(t, strings.NewReader("x\n"), "fixed:1", func(_ context.Context, _ *record.Record, attempt int) command.Result {
		res := failing(command.Start)
		res.Failure.Permanent = true
		if attempt > 1 {
			t.Error("tried again")
		}
		return res
	})
	b.cfg.Backoff.Attempts = 6
	if l := b.run(t, t.Context(), t.Context()); l.Failed != 1 {
		t.Error(l)
	}
}

// flaky fails its calls at random once broken is set.
type flaky struct {
	w     io.Writer
	fails func() bool
}

var errFull = errors.New("no space left")

func (f *flaky) Write(p []byte) (int, error) {
	if f.fails() {
		return 0, errFull
	}
	return f.w.Write(p)
}

// TestLedgerBalances runs jobs with everything at random: workers, policy, order, failures, retries, malformed records,
// a stop or two at any moment, outputs that break. Every record must be found exactly once: in the output, among the
// dead, in the remainder, or dropped; in the remainder in the order of the input, and in order in an ordered output.
func TestLedgerBalances(t *testing.T) {
	runs := 3000
	if testing.Short() {
		runs = 300
	}
	seed := rand.Uint64()
	for i := range runs {
		synctest.Test(t, func(t *testing.T) { randomJob(t, rand.New(rand.NewPCG(seed, uint64(i)))) })
		if t.Failed() {
			t.Fatalf("seed %d, run %d", seed, i)
		}
	}
}

func randomJob(t *testing.T, rnd *rand.Rand) {
	n := rnd.IntN(60)
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "%d%s\n", i+1, strings.Repeat(" too long", 12*(max(0, rnd.IntN(12)-10))))
	}
	policy := fmt.Sprintf("%s:%d", []string{"fixed", "dropping", "sliding"}[rnd.IntN(3)], 1+rnd.IntN(6))
	var mu sync.Mutex // guards rnd from here on
	chance := func(n int) bool { mu.Lock(); defer mu.Unlock(); return rnd.IntN(n) == 0 }
	pause := func(n int) time.Duration { mu.Lock(); defer mu.Unlock(); return time.Duration(rnd.IntN(n)) }
	b := newBench(t, slow{strings.NewReader(in.String()), pause}, policy, func(ctx context.Context, r *record.Record, _ int) command.Result {
		select {
		case <-ctx.Done():
			return failing(command.Stopped)
		case <-time.After(pause(20)):
		}
		if chance(4) {
			return failing(command.Exit)
		}
		return echo(r)
	})
	b.cfg.Workers, b.cfg.Unordered = 1+rnd.IntN(5), chance(2)
	b.cfg.Backoff = runnel.Backoff{Attempts: 1 + rnd.IntN(3), First: pause(30)}
	breaks := chance(4)
	b.cfg.Out = &flaky{&b.out, func() bool { return breaks && chance(20) }}
	if chance(4) {
		b.cfg.Dead = &flaky{&b.dead, func() bool { return breaks && chance(20) }}
	}
	soft, stop := context.WithCancel(t.Context())
	hard, kill := context.WithCancel(t.Context())
	defer kill()
	if chance(2) {
		time.AfterFunc(pause(200), func() { stop(); time.AfterFunc(pause(10), kill) })
	}
	defer stop()
	j := New(b.cfg)
	err := j.Run(soft, hard)
	if err != nil && !(breaks && errors.Is(err, errFull)) {
		t.Error(err)
	}
	b.verify(t, j.Ledger(), n)
}

// slow reads at random times, a few bytes each.
type slow struct {
	r     io.Reader
	pause func(int) time.Duration
}

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(s.pause(30))
	return s.r.Read(p[:min(len(p), 1+int(s.pause(40)))])
}

func (b *bench) verify(t *testing.T, l ledger.Ledger, n int) {
	t.Helper()
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	if l.Read > int64(n) || l.NotStarted+l.Interrupted > 0 && l.Read != int64(n) {
		t.Errorf("read %d of %d", l.Read, n)
	}
	out, rest := rows(t, b.out.String()), rows(t, b.rest.String())
	for what, c := range map[string][2]int{
		"done":     {len(out), int(l.Done)},
		"leftover": {len(rest), int(l.NotStarted + l.Interrupted)},
		"dead":     {len(b.notes.rows), int(l.Dead())},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d found, %d in the ledger", what, c[0], c[1])
		}
	}
	if !slices.IsSorted(rest) || !b.cfg.Unordered && !slices.IsSorted(out) {
		t.Errorf("out of order: done %v, left over %v", out, rest)
	}
	all := slices.Concat(out, rest, b.notes.rows)
	slices.SortFunc(all, cmp.Compare[int])
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("a record is in two places: %v", all)
	}
}

// rows returns the numbers at the beginning of lines.
func rows(t *testing.T, s string) (rows []int) {
	for line := range strings.Lines(s) {
		var n int
		if _, err := fmt.Sscan(line, &n); err != nil {
			t.Errorf("line %q: %v", line, err)
		}
		rows = append(rows, n)
	}
	return rows
}

func TestParsePolicy(t *testing.T) {
	for _, good := range []string{"fixed:0", "fixed:64", "dropping:1", "sliding:1000000"} {
		if p, err := ParsePolicy(good); err != nil || p.String() != good {
			t.Errorf("%s: %v, %v", good, p, err)
		}
	}
	for _, bad := range []string{"", "fixed", "fixed:", "fixed:-1", "dropping:0", "sliding:x", "sliding:1000001", "sliding:1:2", "Fixed:1"} {
		if p, err := ParsePolicy(bad); err == nil {
			t.Errorf("%s is taken as %v", bad, p)
		}
	}
}
