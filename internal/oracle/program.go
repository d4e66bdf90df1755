package oracle

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// Program is one recorded program.
type Program struct {
	Seed    int
	Chans   []channel
	Ops     []op
	Results []Result
}

type channel struct {
	Buf string
	N   int
	XF  []transducer
}

type transducer struct {
	F string
	N int
}

type op struct {
	Op      string
	Ch      int
	V       int
	Default bool
	Cases   []alternative
}

type alternative struct {
	Take *int
	Put  *int
	V    int
}

// Result is the outcome of one operation at the end of the program.
type Result struct {
	OK      *bool  `json:",omitempty"`
	V       *int   `json:",omitempty"`
	Closed  bool   `json:",omitempty"`
	None    bool   `json:",omitempty"`
	Would   string `json:",omitempty"`
	Pending bool   `json:",omitempty"`
	Default bool   `json:",omitempty"`
	Case    *int   `json:",omitempty"`
}

func (r Result) String() string {
	b, _ := json.Marshal(r)
	return string(b)
}

// Read reads programs, one a line.
func Read(from io.Reader) (programs []Program, err error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p Program
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, lines.Err()
}

// Compare says in what the outcomes differ from those of core.async; empty if in nothing.
func (p Program) Compare(got []Result) string {
	if len(got) != len(p.Results) {
		return fmt.Sprintf("program %d: %d outcomes, core.async %d", p.Seed, len(got), len(p.Results))
	}
	for i, want := range p.Results {
		if !reflect.DeepEqual(got[i], want) {
			return fmt.Sprintf("program %d: operation %d %+v: got %v, core.async %v", p.Seed, i, p.Ops[i], got[i], want)
		}
	}
	return ""
}

// ends are the two ends of a channel, which may have a transducer between them.
type ends struct {
	in  runnel.Sender[int]
	out runnel.Receiver[int]
}

func (c channel) make() ends {
	if c.Buf == "promise" {
		p := runnel.NewPromise[int]()
		return ends{p, p}
	}
	opts := c.options()
	if len(c.XF) == 0 {
		ch := runnel.New[int](opts...)
		return ends{ch, ch}
	}
	in, out := runnel.NewVia(c.step(), opts...)
	return ends{in, out}
}

func (c channel) options() []runnel.Option {
	switch c.Buf {
	case "fixed":
		return []runnel.Option{runnel.Buffer(c.N)}
	case "dropping":
		return []runnel.Option{runnel.Dropping(c.N)}
	case "sliding":
		return []runnel.Option{runnel.Sliding(c.N)}
	}
	return nil
}

func (c channel) step() xf.Step[int, int] {
	var steps []xf.Step[int, int]
	for _, t := range c.XF {
		steps = append(steps, transducers[t.F](t.N))
	}
	return xf.Compose(steps...)
}

func double(v int) []int  { return []int{v, v} }
func increment(v int) int { return v + 1 }
func isEven(v int) bool   { return v%2 == 0 }

var transducers = map[string]func(n int) xf.Step[int, int]{
	"inc":           func(int) xf.Step[int, int] { return xf.Map(increment) },
	"even":          func(int) xf.Step[int, int] { return xf.Filter(isEven) },
	"dup":           func(int) xf.Step[int, int] { return xf.FlatMap(double) },
	"take":          xf.Take[int],
	"drop":          xf.Drop[int],
	"dedupe":        func(int) xf.Step[int, int] { return xf.Dedupe[int]() },
	"distinct":      func(int) xf.Step[int, int] { return xf.Distinct[int]() },
	"take-while-lt": func(n int) xf.Step[int, int] { return xf.TakeWhile(func(v int) bool { return v < n }) },
}
