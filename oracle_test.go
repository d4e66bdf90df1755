package runnel

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel/xf"
)

// The oracle: 3,000 random single-threaded programs with the outcomes that the real
// core.async 1.5.648 gave (testdata/oracle.jsonl, one JSON object a line). Each is replayed
// here with every operation in a goroutine of its own, issued when all before it have
// finished or are parked.
//
//	put, take          Send, Recv          offer, poll   TrySend, TryRecv
//	alts               SelectPriority      alts with a default   the same on ready cases only
//	none fixed …       New, Buffer, …      promise       NewPromise
//	xf                 NewVia
//
// All 3,000 must agree; there is no exception. What runnel does differently from core.async on
// purpose (a zero value is a value, polls tell closed from empty, a transducer is completed
// once, any number of operations may wait) does not show in these programs, which use no
// such thing, but for the poll: its results are brought to core.async's coarser form.

type oracleProgram struct {
	Seed    int
	Chans   []oracleChan
	Ops     []oracleOp
	Results []oracleResult
}

type oracleChan struct {
	Buf string
	N   int
	XF  []struct {
		F string
		N int
	}
}

type oracleOp struct {
	Op      string
	Ch      int
	V       int
	Default bool
	Cases   []struct {
		Take *int
		Put  *int
		V    int
	}
}

type oracleResult struct {
	OK      *bool  `json:",omitempty"`
	V       *int   `json:",omitempty"`
	Closed  bool   `json:",omitempty"`
	None    bool   `json:",omitempty"`
	Would   string `json:",omitempty"`
	Pending bool   `json:",omitempty"`
	Default bool   `json:",omitempty"`
	Case    *int   `json:",omitempty"`
}

func (r oracleResult) String() string {
	b, _ := json.Marshal(r)
	return string(b)
}

func TestOracle(t *testing.T) {
	programs := readOracle(t)
	if len(programs) != 3000 {
		t.Fatalf("the oracle has %d programs, want 3000", len(programs))
	}
	agreed := 0
	for _, p := range programs {
		var got []oracleResult
		synctest.Test(t, func(t *testing.T) { got = p.replay() })
		if diff := p.compare(got); diff != "" {
			t.Errorf("program %d: %s", p.Seed, diff)
			continue
		}
		agreed++
	}
	t.Logf("%d of %d programs agree with core.async", agreed, len(programs))
}

func readOracle(t *testing.T) (programs []oracleProgram) {
	f, err := os.Open("testdata/oracle.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p oracleProgram
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		programs = append(programs, p)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return programs
}

func (p oracleProgram) compare(got []oracleResult) string {
	if len(got) != len(p.Results) {
		return fmt.Sprintf("%d outcomes, core.async %d", len(got), len(p.Results))
	}
	for i, want := range p.Results {
		if !reflect.DeepEqual(got[i], want) {
			return fmt.Sprintf("operation %d %+v: got %v, core.async %v", i, p.Ops[i], got[i], want)
		}
	}
	return ""
}

// replay runs the program inside a bubble and ends what is left pending.
func (p oracleProgram) replay() []oracleResult {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	chans := make([]oracleEnds, len(p.Chans))
	for i, c := range p.Chans {
		chans[i] = c.make()
	}
	out := make([]oracleResult, len(p.Ops))
	for i, op := range p.Ops {
		out[i].Pending = true
		go func() {
			if r, done := op.run(ctx, chans); done {
				out[i] = r
			}
		}()
		synctest.Wait()
	}
	results := append([]oracleResult(nil), out...)
	cancel()
	synctest.Wait()
	return results
}

type oracleEnds struct {
	Sender[int]
	Receiver[int]
}

func (c oracleChan) make() oracleEnds {
	if c.Buf == "promise" {
		p := NewPromise[int]()
		return oracleEnds{p, p}
	}
	var opts []Option
	switch c.Buf {
	case "fixed":
		opts = append(opts, Buffer(c.N))
	case "dropping":
		opts = append(opts, Dropping(c.N))
	case "sliding":
		opts = append(opts, Sliding(c.N))
	}
	if len(c.XF) == 0 {
		ch := New[int](opts...)
		return oracleEnds{ch, ch}
	}
	in, out := NewVia(c.step(), opts...)
	return oracleEnds{in, out}
}

func (c oracleChan) step() xf.Step[int, int] {
	var steps []xf.Step[int, int]
	for _, x := range c.XF {
		steps = append(steps, map[string]func(n int) xf.Step[int, int]{
			"inc":           func(int) xf.Step[int, int] { return xf.Map(func(v int) int { return v + 1 }) },
			"even":          func(int) xf.Step[int, int] { return xf.Filter(func(v int) bool { return v%2 == 0 }) },
			"dup":           func(int) xf.Step[int, int] { return xf.FlatMap(func(v int) []int { return []int{v, v} }) },
			"take":          xf.Take[int],
			"drop":          xf.Drop[int],
			"dedupe":        func(int) xf.Step[int, int] { return xf.Dedupe[int]() },
			"distinct":      func(int) xf.Step[int, int] { return xf.Distinct[int]() },
			"take-while-lt": func(n int) xf.Step[int, int] { return xf.TakeWhile(func(v int) bool { return v < n }) },
		}[x.F](x.N))
	}
	return xf.Compose(steps...)
}

// run performs the operation; done is false if the end of the program cut it short.
func (op oracleOp) run(ctx context.Context, chans []oracleEnds) (r oracleResult, done bool) {
	c := oracleEnds{}
	if op.Op != "alts" {
		c = chans[op.Ch]
	}
	switch op.Op {
	case "put":
		err := c.Send(ctx, op.V)
		return sent(err), !errors.Is(err, context.Canceled)
	case "take":
		v, err := c.Recv(ctx)
		return received(v, err), !errors.Is(err, context.Canceled)
	case "offer":
		err := c.TrySend(op.V)
		if errors.Is(err, ErrFull) {
			return oracleResult{Would: "block"}, true
		}
		return sent(err), true
	case "poll":
		v, err := c.TryRecv()
		if err != nil { // core.async can't tell empty from closed here
			return oracleResult{None: true}, true
		}
		return received(v, nil), true
	case "close":
		c.Sender.Close()
		return oracleResult{}, true
	}
	return op.alts(ctx, chans)
}

func (op oracleOp) alts(ctx context.Context, chans []oracleEnds) (oracleResult, bool) {
	cases := make([]Case, len(op.Cases))
	for i, c := range op.Cases {
		if c.Take != nil {
			cases[i] = RecvFrom[int](chans[*c.Take])
		} else {
			cases[i] = SendTo[int](chans[*c.Put], c.V)
		}
	}
	var chosen Case
	if op.Default {
		i, _ := carryOut(cases, true)
		if i < 0 {
			return oracleResult{Default: true}, true
		}
		chosen = cases[i]
	} else {
		c, err := SelectPriority(ctx, cases...)
		if err != nil {
			return oracleResult{}, false
		}
		chosen = c
	}
	for i := range cases {
		if cases[i] == chosen {
			return outcome(i, chosen), true
		}
	}
	panic("Select returned a case that was not given")
}

func outcome(i int, chosen Case) oracleResult {
	var r oracleResult
	switch c := chosen.(type) {
	case *RecvCase[int]:
		r = received(c.Value())
	case *SendCase[int]:
		r = sent(c.Err())
	}
	r.Case = &i
	return r
}

func sent(err error) oracleResult {
	ok := err == nil
	return oracleResult{OK: &ok}
}

func received(v int, err error) oracleResult {
	if err != nil {
		return oracleResult{Closed: true}
	}
	return oracleResult{V: &v}
}

// Each end alone has the methods that both have.
func (e oracleEnds) Err() error                        { return e.Receiver.Err() }
func (e oracleEnds) Done() <-chan struct{}             { return e.Receiver.Done() }
func (e oracleEnds) Len() int                          { return e.Receiver.Len() }
func (e oracleEnds) Cap() int                          { return e.Receiver.Cap() }
func (e oracleEnds) Stats() Stats                      { return e.Receiver.Stats() }
func (e oracleEnds) OnDrop(f func(int, Reason))        { e.Receiver.OnDrop(f) }
func (e oracleEnds) OnClose(f func(error)) func() bool { return e.Receiver.OnClose(f) }
