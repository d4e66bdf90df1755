package flow_test

import (
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

var redraw = flag.Bool("redraw", false, "write the pictures of graphs anew")

// drawn are the graphs whose pictures are in testdata/drawn.
var drawn = map[string]func() *flow.Graph{
	"plain": func() *flow.Graph {
		return flow.New("delays").
			Add("flights", numbers(9)).
			Add("parse", flow.Step(double), flow.Parallel(4), flow.Timeout(1500*time.Millisecond), flow.Skip()).
			Add("store", flow.Sink(ignore)).
			Add("show", flow.Sink(ignore)).
			Connect("flights", "parse", runnel.Buffer(64), runnel.Name("raw"), runnel.OnDrop(func(int, runnel.Reason) {})).
			Connect("parse", "store", runnel.Unbounded()).
			Connect("parse.out", "show.in", runnel.Sliding(1)).
			Connect("flights", "show", runnel.Dropping(3))
	},
	"ports": func() *flow.Graph {
		return flow.New("words").
			Add("counter", counter()).
			Add("print", flow.Sink(ignore)).
			Add("again", flow.Step(func(_ context.Context, n int) (string, error) { return "", nil })).
			Open("counter.words", runnel.Buffer(8)).
			Open("counter.ask").
			Connect("counter.count", "print").
			Connect("counter.count", "again").
			Connect("again", "counter.words", runnel.Buffer(1))
	},
	"failures": func() *flow.Graph {
		return flow.New("dead letters").
			Add("read", numbers(9), flow.Restart()).
			Add("fetch", flow.Step(double), flow.Retry(runnel.Backoff{Attempts: 3, Timeout: time.Second})).
			Add("store", flow.Sink(ignore), flow.Skip()).
			Add("keep", flow.Sink(func(context.Context, *flow.Failure) error { return nil })).
			Connect("read", "fetch").
			Connect("fetch", "store").
			Connect("fetch.failures", "keep", runnel.Unbounded()).
			Connect("store.failures", "keep", runnel.Sliding(100))
	},
	"orders": func() *flow.Graph {
		return flow.New("orders").
			Add("read", flow.From[int](runnel.New[int]())).
			Add("parse", flow.Step(double), flow.Parallel(4), flow.Ordered()).
			Add("hash", flow.Step(double), flow.Parallel(8), flow.Keyed(func(v int) int { return v % 3 }), flow.Workload(flow.Compute)).
			Add("merge", merge(), flow.Prefer("urgent", "normal")).
			Add("write", flow.To[int](runnel.New[int]()), flow.Workload(flow.IO)).
			Connect("read", "parse").
			Connect("read", "hash").
			Connect("parse", "merge.normal").
			Connect("hash", "merge.urgent").
			Connect("merge", "write")
	},
	"empty": func() *flow.Graph { return flow.New("") },
	"mistakes": func() *flow.Graph {
		return flow.New("mistaken").
			Add("words", flow.Source(func(context.Context, func(string) error) error { return nil })).
			Add("count", flow.Sink(ignore)).
			Add("store", flow.Sink(ignore), flow.Parallel(0)).
			Add("store", flow.Step[int, int](nil)).
			Add("", numbers(1)).
			Add("nothing", flow.Proc{}).
			Connect("words", "count").
			Connect("word", "count.in", runnel.Buffer(1), runnel.Sliding(2)).
			Connect("words.otu", "counts", runnel.Buffer(1)).
			Connect("", "").
			Open("counts.in", nil).
			Connect("outside", "count").
			Open("")
	},
	"names": func() *flow.Graph {
		g := flow.New("quoted \"graph\" \\G & <b>\n%%{init}%% 図")
		before := ""
		for _, name := range awkward {
			p := flow.Step(double)
			if before == "" {
				p = numbers(1)
			}
			g.Add(name, p)
			if before != "" {
				g.Connect(before, name, runnel.Buffer(len(before)))
			}
			before = name
		}
		return g.Add("end of it", flow.Sink(ignore)).Connect(before, "end of it")
	},
}

// awkward are names that mean something to Graphviz, Mermaid, HTML, Markdown or a terminal.
var awkward = []string{
	"end", "graph", "a \"quote\"", `back\slash \N \n`, "a<b>&lt;&amp;c</b>", "#quot; #35;", "1) first", "- dash", "**bold** _it_ `code`",
	"$$x^2$$", "fa:fa-car", "%%{init: {}}%%", "[brackets] (and) {braces}|pipe|", "new\nline\ttab\x00\x7f", "\u202eright to left\u2028", "überlänge 図 🚀",
	"invalid \xff", "-->", ";", "'", "<script>alert(1)</script>", " ", "__proto__", "+ plus", "# heading", "> quote", "http://example.com",
}

// counter has two inputs, one output, and a port that need not be connected.
func counter() flow.Proc {
	const (
		words = flow.In[string]("words")
		ask   = flow.In[string]("ask")
		reset = flow.In[struct{}]("reset")
		count = flow.Out[int]("count")
		total = flow.Out[map[string]int]("total")
	)
	nothing := func(*flow.Turn, *int, string) error { return nil }
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(words, nothing), flow.On(ask, nothing),
			flow.On(reset, func(*flow.Turn, *int, struct{}) error { return nil }).Optional(),
			flow.Listen("clock", func(*flow.Turn, *int, time.Time) error { return nil }),
		},
		Outs: []flow.Port{count, flow.Optional(total)},
	}.Proc()
}

// merge has two inputs and one output.
func merge() flow.Proc {
	const out = flow.Out[int]("out")
	send := func(t *flow.Turn, _ *struct{}, v int) error { return out.Send(t, v) }
	return flow.Stateful[struct{}]{
		Handlers: []flow.Handler[struct{}]{flow.On("urgent", send), flow.On("normal", send)},
		Outs:     []flow.Port{out},
	}.Proc()
}

// TestDrawn compares the pictures of graphs with those in testdata/drawn, which have been looked
// at: go test ./flow -run Drawn -redraw writes them anew.
func TestDrawn(t *testing.T) {
	for name, graph := range drawn {
		t.Run(name, func(t *testing.T) {
			got := pictures(t, graph())
			if again := pictures(t, graph()); again != got {
				t.Errorf("drawn twice it is not the same:\n%s\n%s", got, again)
			}
			golden(t, name, got)
		})
	}
}

func pictures(t *testing.T, g *flow.Graph) string {
	data := must(json.Marshal(g))(t)
	lines := strings.NewReplacer(`{"name"`, "\n{\"name\"", `{"from"`, "\n{\"from\"", `{"to"`, "\n{\"to\"", `{"where"`, "\n{\"where\"")
	return "DOT\n----\n" + g.DOT() + "\nMermaid\n----\n" + g.Mermaid() + "\nJSON\n----" + lines.Replace(string(data)) + "\n"
}

var (
	dotLabel     = regexp.MustCompile(`(?m)^\tp1 \[label="((?:[^"\\]|\\.)*)", tooltip="[^"]*", shape=box\]$`)
	mermaidLabel = regexp.MustCompile(`(?m)^  p1\["([^"]*)"\]$`)
	mermaidCode  = regexp.MustCompile(`#(\d+);`)
)

// Whatever a name is made of, it is what the picture shows, and the picture is no other one.
func TestNamesAreDrawnAsTheyAre(t *testing.T) {
	letters := []rune("\\\"&<>#;{}[]()|$%`*_-:/'@!?,= azE09é図🚀")
	for range 2000 {
		name := "n"
		for range rand.IntN(8) {
			name += string(letters[rand.IntN(len(letters))])
		}
		g := flow.New(name).Add(name, flow.Step(double)).Add("o", numbers(1)).Connect("o", name).Connect(name, name)
		dot, mermaid := dotLabel.FindStringSubmatch(g.DOT()), mermaidLabel.FindStringSubmatch(g.Mermaid())
		if dot == nil || mermaid == nil {
			t.Fatalf("%q is not drawn as a step:\n%s\n%s", name, g.DOT(), g.Mermaid())
		}
		if got := strings.NewReplacer(`\\`, `\`, `\"`, `"`, "&amp;", "&").Replace(dot[1]); got != name {
			t.Fatalf("DOT draws %q as %q", name, got)
		}
		got := mermaidCode.ReplaceAllStringFunc(mermaid[1], func(code string) string {
			return string(rune(must(strconv.Atoi(code[1 : len(code)-1]))(t)))
		})
		if got != name {
			t.Fatalf("Mermaid draws %q as %q", name, got)
		}
	}
}
