package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// sample is a run with a row that holds, one that misses, one with a guide
// and one in absolute terms.
func sample() *Run {
	none := 0.0
	row := func(name, unit string, target *Target, ours, peer float64) Row {
		r := Row{Family: "family of " + unit, Name: name, Unit: unit, Target: target, AllocLimit: &none, Results: []Result{
			{Impl: "runnel", Role: Ours, Median: ours, Min: ours, CPU: 1, Samples: 9, Clean: 9},
			{Impl: "native", Role: Peer, Median: peer, Min: peer, CPU: 1, Samples: 9, Clean: 3},
			{Impl: "queue", Role: Floor, Note: "only a <floor> & no channel", Median: 1, Min: 1, CPU: 1, Samples: 9, Clean: 9},
		}}
		r.Judge()
		return r
	}
	rows := func(f float64) []Row {
		return []Row{
			row("buffered 1→1", "ns", &Target{Limit: 0.6, Firm: true}, 20*f, 40),
			row("select over 64, ready & <quick>", "ns", &Target{Limit: 0.05, Firm: true}, 30*f, 7000),
			row("rendezvous", "ns", &Target{Limit: 1.5, Firm: true}, 320*f, 200),
			row("cancel", "ns", &Target{Limit: 1.3}, 1000*f, 700),
			row("named", "ns", nil, 300*f, 200),
			row("many", "MB", &Target{Limit: 80, Firm: true, Absolute: true}, 50, 30),
		}
	}
	return &Run{
		Date: "2026-01-02 03:04:05 UTC", Command: "go run ./bench", Commit: "0123456789abcdef", Go: "go1.26",
		Machine:  Machine{CPU: "A & B", Cores: 2, OS: "linux", Arch: "amd64", Kernel: "6"},
		Sections: []Section{{Procs: 1, Rows: rows(1)}, {Procs: 2, Rows: rows(1.3)}},
	}
}

func TestJudge(t *testing.T) {
	none := 0.0
	firm, guide := &Target{Limit: 0.5, Firm: true}, &Target{Limit: 0.5}
	for _, c := range []struct {
		target *Target
		ours   float64
		want   Verdict
	}{
		{firm, 50, OK}, {firm, 51, Miss}, {guide, 51, Above}, {nil, 51, ""},
		{&Target{Limit: 51, Firm: true, Absolute: true}, 51, OK}, {&Target{Limit: 50, Firm: true, Absolute: true}, 51, Miss},
	} {
		r := Row{Target: c.target, AllocLimit: &none, Results: []Result{
			{Impl: "slow peer", Role: Peer, Median: 300}, {Impl: "peer", Role: Peer, Median: 100},
			{Impl: "floor", Role: Floor, Median: 1}, {Impl: "runnel", Role: Ours, Median: c.ours, Allocs: 1},
		}}
		r.Judge()
		if r.Peer != "peer" || r.Ratio != c.ours/100 || r.Verdict != c.want || r.Allocs != Miss {
			t.Errorf("ours %v, target %+v: judged as %+v", c.ours, c.target, r)
		}
	}
}

func TestJudgeWithoutOurs(t *testing.T) {
	r := Row{Target: &Target{Limit: 1, Firm: true}, Results: []Result{{Role: Peer, Median: 1}}}
	if r.Judge(); r.Verdict != "" || r.Ratio != 0 {
		t.Errorf("a row without ours is judged as %+v", r)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	var buf bytes.Buffer
	run := sample()
	if err := run.WriteJSON(&buf); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSON(&buf)
	if err != nil || !reflect.DeepEqual(got, run) {
		t.Errorf("read %+v, %v", got, err)
	}
	if _, err := ReadJSON(strings.NewReader("[]")); err == nil {
		t.Error("read a run from a list")
	}
}

func TestText(t *testing.T) {
	var buf bytes.Buffer
	if err := sample().WriteText(&buf); err != nil {
		t.Fatal(err)
	}
	text := buf.String()
	for _, want := range []string{
		`
pattern                           runnel     peer  peer is  ratio     target         allocs/op
buffered 1→1                     20.0 ns  40.0 ns  native   0.500     ≤ 0.60  ok             0
select over 64, ready & <quick>  30.0 ns  7000 ns  native   0.004     ≤ 0.05  ok             0
rendezvous                        320 ns   200 ns  native    1.60     ≤ 1.50  MISS           0
cancel                           1000 ns   700 ns  native    1.43     ~ 1.30  above          0
named                             300 ns   200 ns  native    1.50          -                 0

many                             50.0 MB  30.0 MB  native    1.67  ≤ 80.0 MB  ok             0
`,
		"\n5 rows ok, 3 MISS, 2 above a guide value, 2 without a limit\n  rendezvous, GOMAXPROCS=1: 1.60 ≤ 1.50\n",
		"GOMAXPROCS=1: 6 of 18 results had fewer than 5 clean samples",
		"* queue: only a <floor> & no channel\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks:\n%s\nit is:\n%s", want, text)
		}
	}
	if strings.Count(text, "* queue: ") != 1 {
		t.Error("a note is repeated")
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "-", 0.2345: "0.234 ns", 2.345: "2.35 ns", 23.45: "23.4 ns", 234.5: "234 ns", 2345: "2345 ns"} {
		if got := quantity(v, "ns"); got != want {
			t.Errorf("%v is printed as %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 0.001: "0", 1.5: "1.5", 20: "20", 100: "100"} {
		if got := number(v); got != want {
			t.Errorf("%v is printed as %q, want %q", v, got, want)
		}
	}
}

// label is a text element of the chart.
type label struct {
	x, y   float64
	anchor string
	text   string
}

// TestSVG checks that the chart is well-formed and that no labels overlap, a
// letter being about 7 pixels wide.
func TestSVG(t *testing.T) {
	for _, run := range []*Run{sample(), {}} {
		labels := drawn(t, run)
		for i, a := range labels {
			from, to := a.extent()
			if from < 0 || to > chartWidth {
				t.Errorf("%q leaves the chart", a.text)
			}
			for _, b := range labels[:i] {
				bFrom, bTo := b.extent()
				if math.Abs(a.y-b.y) < 9 && from < bTo && bFrom < to {
					t.Errorf("%q and %q overlap", a.text, b.text)
				}
			}
		}
	}
}

func (l label) extent() (from, to float64) {
	width := 5.6 * float64(utf8.RuneCountInString(l.text))
	switch l.anchor {
	case "end":
		return l.x - width, l.x
	case "middle":
		return l.x - width/2, l.x + width/2
	}
	return l.x, l.x + width
}

func drawn(t *testing.T, run *Run) (labels []label) {
	var buf bytes.Buffer
	if err := run.WriteSVG(&buf); err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(&buf)
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return labels
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "text" {
			l := label{}
			for _, a := range start.Attr {
				switch a.Name.Local {
				case "x":
					l.x, _ = strconv.ParseFloat(a.Value, 64)
				case "y":
					l.y, _ = strconv.ParseFloat(a.Value, 64)
				case "text-anchor":
					l.anchor = a.Value
				}
			}
			text, _ := dec.Token()
			l.text = string(text.(xml.CharData))
			labels = append(labels, l)
		}
	}
}

func TestScaleHoldsEverything(t *testing.T) {
	c := &canvas{}
	rows := sample().chartRows()
	c.scale(rows)
	if len(rows) != 3 || len(rows[0].bars) != 2 {
		t.Fatalf("%d rows, the first with %d bars", len(rows), len(rows[0].bars))
	}
	for _, row := range rows {
		for _, bar := range row.bars {
			for _, v := range []float64{bar.row.Ratio, bar.row.Target.Limit, 1} {
				if x := c.x(v); x < plotLeft || x > plotRight {
					t.Errorf("%s: %v lies at %v", row.name, v, x)
				}
			}
		}
	}
}
