package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/runnel-go/runnel"
)

// FuzzOperations runs a sequence of operations on two channels and on two models of them,
// and compares after every operation what completed, what was dropped, and the account.
//
//	data[0], data[1]   the kinds of the two channels
//	each further byte  an operation: low five bits which one, next bit on which channel,
//	                   upper two bits its argument
//
// Everything happens on one goroutine. What waits is either a callback or an operation whose
// context ends at the moment when it begins to wait.
func FuzzOperations(f *testing.F) {
	for _, seed := range operationSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 {
			return
		}
		p := newPair(t, data[0], data[1])
		for _, b := range data[2:min(len(data), longestProgram)] {
			p.step(b)
		}
	})
}

// longestProgram bounds the programs: longer ones find nothing that short ones don't.
const longestProgram = 200

// operationSeeds gives every kind of channel, beside another kind, some programs: each
// operation once, several of one kind in a row, and pseudo-random ones.
func operationSeeds() (seeds [][]byte) {
	for k := range byte(kinds) {
		head := []byte{k | 0x80, (k+3)%kinds | 0x10}
		all := slices.Clone(head)
		for op := range byte(32) {
			all = append(all, op|0x40, op|0x20|0x80)
		}
		seeds = append(seeds, all,
			append(slices.Clone(head), 0, 0, 0, 0, 0, 6, 1, 1, 1, 1, 1, 1),
			append(slices.Clone(head), 1, 1, 1, 0x43, 0, 0, 8, 0, 1),
			append(slices.Clone(head), 0, 0, 0, 0, 0, 7, 0, 1, 8, 1))
		x := uint32(k) + 1
		for range 16 {
			program := []byte{k | byte(x)&0x90, byte(x>>8) & 0x9f}
			for range 48 {
				x = x*1664525 + 1013904223
				program = append(program, byte(x>>24))
			}
			seeds = append(seeds, program)
		}
	}
	return seeds
}

// pair is two channels under test, each with its model, and what both have done.
type pair struct {
	t       *testing.T
	program []called
	real    [2]*runnel.Chan[int]
	model   [2]*model
	value   int
	ops     int
	got     []string // outcomes on the channels, in the order in which they came
	want    []string // on the models
	gotDrop []string
	wantDrp []string
}

// called is an operation of the program: its name and its byte.
type called struct {
	name string
	code byte
}

func newPair(t *testing.T, kinds ...byte) *pair {
	p := &pair{t: t}
	for i, k := range kinds {
		p.real[i], p.model[i] = newKind(k)
		name := string(rune('a' + i))
		p.model[i].outcome = func(s string) { p.want = append(p.want, s) }
		p.model[i].dropped = func(v int, why runnel.Reason) {
			p.wantDrp = append(p.wantDrp, fmt.Sprint(name, v, why))
		}
		if k&0x80 != 0 { // otherwise a dropping channel drops without its lock
			p.model[i].told = true
			p.real[i].OnDrop(func(v int, why runnel.Reason) {
				p.gotDrop = append(p.gotDrop, fmt.Sprint(name, v, why))
			})
		}
	}
	return p
}

var errBroken, errUnwanted = errors.New("broken"), errors.New("unwanted")

// step carries out one operation on a channel and its model and compares.
func (p *pair) step(b byte) {
	which, arg := int(b>>5&1), int(b>>6)
	c, m := p.real[which], p.model[which]
	id := p.ops
	p.ops++
	op := operations[int(b&31)%len(operations)]
	p.program = append(p.program, called{op.name, b})
	if op.pair != nil {
		op.pair(p, id, which, arg)
	} else {
		vs := p.values(arg + 1)
		op.real(c, id, vs, func(s string) { p.got = append(p.got, s) })
		op.model(m, id, vs)
	}
	p.compare()
}

func (p *pair) values(n int) (vs []int) {
	for range n {
		p.value++
		vs = append(vs, p.value)
	}
	return vs
}

// An operation takes as many values as it has arguments; most use the first only.
type operation struct {
	name  string
	real  func(c *runnel.Chan[int], id int, vs []int, done func(string))
	model func(m *model, id int, vs []int)
	pair  func(p *pair, id, which, arg int)
}

var operations = []operation{
	{name: "SendFunc", real: func(c *runnel.Chan[int], id int, vs []int, done func(string)) {
		c.SendFunc(vs[0], func(err error) { done(sentAs(id, err)) })
	}, model: (*model).sendFunc},
	{name: "RecvFunc", real: func(c *runnel.Chan[int], id int, _ []int, done func(string)) {
		c.RecvFunc(func(v int, err error) { done(receivedAs(id, v, err)) })
	}, model: (*model).recvFunc},
	{name: "TrySend", real: func(c *runnel.Chan[int], id int, vs []int, done func(string)) {
		done(sentAs(id, c.TrySend(vs[0])))
	}, model: func(m *model, id int, vs []int) { m.outcome(sentAs(id, m.send(vs[0], runnel.ErrFull))) }},
	{name: "TryRecv", real: func(c *runnel.Chan[int], id int, _ []int, done func(string)) {
		v, err := c.TryRecv()
		done(receivedAs(id, v, err))
	}, model: func(m *model, id int, _ []int) {
		v, err := m.recv(runnel.ErrEmpty)
		m.outcome(receivedAs(id, v, err))
	}},
	{name: "SendAll", real: func(c *runnel.Chan[int], id int, vs []int, done func(string)) {
		n, err := c.SendAll(givesUp(), vs)
		done(fmt.Sprint(id, ": ", n, " sent ", err))
	}, model: (*model).sendAll},
	{name: "RecvUpTo", real: func(c *runnel.Chan[int], id int, vs []int, done func(string)) {
		buf := make([]int, len(vs))
		n, err := c.RecvUpTo(givesUp(), buf)
		done(fmt.Sprint(id, ": received ", buf[:n], err))
	}, model: (*model).recvUpTo},
	{name: "Close", real: func(c *runnel.Chan[int], _ int, _ []int, _ func(string)) { c.Close() },
		model: func(m *model, _ int, _ []int) { m.close(nil) }},
	{name: "CloseWith", real: func(c *runnel.Chan[int], _ int, _ []int, _ func(string)) { c.CloseWith(errBroken) },
		model: func(m *model, _ int, _ []int) { m.close(errBroken) }},
	{name: "Cancel", real: func(c *runnel.Chan[int], _ int, vs []int, _ func(string)) { c.Cancel(unwanted(vs)) },
		model: func(m *model, _ int, vs []int) { m.cancel(unwanted(vs)) }},
	{name: "Send", real: func(c *runnel.Chan[int], id int, vs []int, done func(string)) {
		done(sentAs(id, c.Send(givesUp(), vs[0])))
	}, model: func(m *model, id int, vs []int) { m.outcome(sentAs(id, m.send(vs[0], context.Canceled))) }},
	{name: "Recv", real: func(c *runnel.Chan[int], id int, _ []int, done func(string)) {
		v, err := c.Recv(givesUp())
		done(receivedAs(id, v, err))
	}, model: func(m *model, id int, _ []int) {
		v, err := m.recv(context.Canceled)
		m.outcome(receivedAs(id, v, err))
	}},
	{name: "TrySelect", pair: func(p *pair, id, which, arg int) {
		p.choose(id, which, arg, false, func(cases ...runnel.Case) (runnel.Case, error) { return runnel.TrySelect(cases...) })
	}},
	{name: "Select", pair: func(p *pair, id, which, arg int) {
		p.choose(id, which, arg, false, func(cases ...runnel.Case) (runnel.Case, error) {
			return runnel.Select(givesUp(), cases...)
		})
	}},
	{name: "SelectPriority", pair: func(p *pair, id, which, arg int) {
		p.choose(id, which, arg, true, func(cases ...runnel.Case) (runnel.Case, error) {
			return runnel.SelectPriority(givesUp(), cases...)
		})
	}},
	// The commonest operations come twice.
	{name: "SendFunc", real: func(c *runnel.Chan[int], id int, vs []int, done func(string)) {
		for _, v := range vs {
			c.SendFunc(v, func(err error) { done(sentAs(id, err)) })
		}
	}, model: func(m *model, id int, vs []int) {
		for _, v := range vs {
			m.sendFunc(id, []int{v})
		}
	}},
	{name: "RecvFunc", real: func(c *runnel.Chan[int], id int, vs []int, done func(string)) {
		for range vs {
			c.RecvFunc(func(v int, err error) { done(receivedAs(id, v, err)) })
		}
	}, model: func(m *model, id int, vs []int) {
		for range vs {
			m.recvFunc(id, nil)
		}
	}},
}

func unwanted(vs []int) error {
	if len(vs)%2 == 0 {
		return errUnwanted
	}
	return nil
}

// choose lets a select choose between an operation on each channel: bit 0 of arg tells
// whether the first case is a send, bit 1 the second. The model follows the choice, having
// checked that it was allowed.
func (p *pair) choose(id, first, arg int, inOrder bool, choose func(...runnel.Case) (runnel.Case, error)) {
	order := []int{first, 1 - first}
	vs := p.values(2)
	cases := make([]runnel.Case, 2)
	var ready []int
	for i, ch := range order {
		if arg>>i&1 == 1 {
			cases[i] = runnel.SendTo[int](p.real[ch], vs[i])
		} else {
			cases[i] = runnel.RecvFrom[int](p.real[ch])
		}
		if p.model[ch].ready(arg>>i&1 == 1) {
			ready = append(ready, i)
		}
	}
	chosen, err := choose(cases...)
	if err != nil {
		if len(ready) > 0 {
			p.fail("a select gave %v with the cases %v ready", err, ready)
		}
		return
	}
	i := slices.Index(cases, chosen)
	if !slices.Contains(ready, i) || inOrder && i != ready[0] {
		p.fail("a select chose case %d, ready were %v", i, ready)
	}
	switch m := p.model[order[i]]; c := chosen.(type) {
	case *runnel.SendCase[int]:
		p.got = append(p.got, sentAs(id, c.Err()))
		p.want = append(p.want, sentAs(id, m.send(vs[i], nil)))
	case *runnel.RecvCase[int]:
		v, err := c.Value()
		p.got = append(p.got, receivedAs(id, v, err))
		v, err = m.recv(nil)
		p.want = append(p.want, receivedAs(id, v, err))
	}
}

func sentAs(id int, err error) string        { return fmt.Sprint(id, ": sent ", err) }
func receivedAs(id, v int, err error) string { return fmt.Sprint(id, ": received ", v, " ", err) }

// fail tells what is wrong, and the program in words.
func (p *pair) fail(format string, args ...any) {
	p.t.Helper()
	words := []string{"a is " + p.model[0].name, "b is " + p.model[1].name}
	for i, c := range p.program {
		words = append(words, fmt.Sprintf("%d: %s on %c, argument %d", i, c.name, 'a'+c.code>>5&1, c.code>>6))
	}
	p.t.Fatalf("%s\nafter\n\t%s", fmt.Sprintf(format, args...), strings.Join(words, "\n\t"))
}

// compare fails the test where channels and models differ. Outcomes of one operation on the
// channels may come in another order than on the models: whose callback runs first is no
// promise.
func (p *pair) compare() {
	slices.Sort(p.got)
	slices.Sort(p.want)
	if !slices.Equal(p.got, p.want) {
		p.fail("outcomes %q, the model says %q", p.got, p.want)
	}
	if !slices.Equal(p.gotDrop, p.wantDrp) {
		p.fail("OnDrop heard of %q, the model dropped %q", p.gotDrop, p.wantDrp)
	}
	p.got, p.want, p.gotDrop, p.wantDrp = p.got[:0], p.want[:0], p.gotDrop[:0], p.wantDrp[:0]
	for i, c := range p.real {
		got, want := c.Stats(), p.model[i].stats()
		got.ID = 0 // which the first Select may have given it
		if got != want {
			p.fail("account of %c\n\t%+v, the model's\n\t%+v", 'a'+i, got, want)
		}
		law := got.Received + uint64(got.Len) + got.Dropped.Total()
		if !p.model[i].forever && got.Sent != law {
			p.fail("%d values in, %d accounted for", got.Sent, law)
		}
		if c.Len() != got.Len || c.Cap() != got.Cap || !sameError(c.Err(), p.model[i].cause) {
			p.fail("Len %d Cap %d Err %v, the model's %+v %v", c.Len(), c.Cap(), c.Err(), want, p.model[i].cause)
		}
	}
}

func sameError(a, b error) bool { return errors.Is(a, b) && errors.Is(b, a) }

// givesUp is a context that is cancelled by the first operation that begins to wait for it.
func givesUp() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	return impatient{ctx, cancel}
}

type impatient struct {
	context.Context
	cancel context.CancelFunc
}

func (c impatient) Done() <-chan struct{} {
	c.cancel()
	return c.Context.Done()
}
