package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/bench/report"
)

// TestKeep measures a little, keeps it, and makes the same text and chart
// again from what was kept.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	lines := filepath.Join(dir, "coreasync.jsonl")
	write(lines, func(w io.Writer) error {
		_, err := io.WriteString(w, `{"name":"offer-poll","kind":"one thread","median":230,"min":228,"rounds":7}`)
		return err
	})
	o := options{quick: true, samples: 3, only: "^try$|uncontended", procs: "1,2", out: dir, coreAsyncIn: lines}
	var text bytes.Buffer
	if err := o.run(&text, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "core.async: uncontended send+receive") {
		t.Error("the text lacks the row about core.async")
	}
	for _, kind := range []string{"*.txt", "*.json", "*.svg"} {
		if found, _ := filepath.Glob(filepath.Join(dir, kind)); len(found) != 1 {
			t.Errorf("%d files %s were kept", len(found), kind)
		}
	}
	again := options{from: o.json, svg: filepath.Join(dir, "again.svg")}
	var repeated bytes.Buffer
	if err := again.run(&repeated, io.Discard); err != nil {
		t.Fatal(err)
	}
	if repeated.String() != text.String() {
		t.Error("the kept results print differently")
	}
	wellFormed(t, again.svg)
}

func wellFormed(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for dec := xml.NewDecoder(f); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []options{
		{only: "("}, {only: "no such row"}, {procs: "0"}, {procs: "two"},
		{from: "no such file"}, {coreAsyncIn: "no such file"}, {coreAsyncIn: "main_test.go"}, {from: "main_test.go"},
	} {
		if err := o.run(io.Discard, io.Discard); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func TestSections(t *testing.T) {
	for _, c := range []struct {
		procs string
		cores int
		want  []int
	}{{"", 16, []int{1, 2, 16}}, {"", 2, []int{1, 2}}, {"", 1, []int{1, 2}}, {"4,1", 8, []int{1, 4}}} {
		if got, err := (&options{procs: c.procs}).sections(c.cores); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("-p %q on %d cores: %v, %v; want %v", c.procs, c.cores, got, err, c.want)
		}
	}
}

func TestCoreAsync(t *testing.T) {
	found, err := readCoreAsync(strings.NewReader(`
{"name":"spsc-64","kind":"go","median":271,"min":262,"rounds":7}
{"name":"spsc-64","kind":"threads","median":1057,"min":564,"rounds":7}
{"name":"mult-8","kind":"go","median":44600,"min":44000,"rounds":7}`))
	if err != nil {
		t.Fatal(err)
	}
	s := report.Section{Procs: 1, Rows: []report.Row{{
		Name: "buffered 1→1, cap 64", Results: []report.Result{{Impl: "runnel", Role: report.Ours, Median: 27.1}},
	}}}
	addCoreAsync(&s, found)
	hop := s.Row("core.async: buffered hop, cap 64")
	if hop == nil || hop.Ratio != 0.1 || hop.Peer != "core.async, go" || hop.Verdict != report.OK {
		t.Errorf("the hop is judged as %+v", hop)
	}
	if mult := s.Row("core.async: mult to 8"); mult == nil || mult.Verdict != "" {
		t.Errorf("mult, which was not measured, is judged as %+v", mult)
	}
}

func TestMachineText(t *testing.T) {
	zen := "processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\n"
	if got := model(zen); got != "AMD EPYC (family 26, model 2)" {
		t.Errorf("model is %q", got)
	}
	if got := model("processor\t: 0\nmodel name\t: AMD EPYC 7B13\n"); got != "AMD EPYC 7B13" {
		t.Errorf("model is %q", got)
	}
	if got := slug("Intel(R) Xeon(R) CPU @ 2.20GHz"); got != "intel-r-xeon-r-cpu-2-20ghz" {
		t.Errorf("slug is %q", got)
	}
	if m := machine(); m.CPU == "" || m.Cores < 1 || m.Kernel == "" {
		t.Errorf("machine is %+v", m)
	}
}
