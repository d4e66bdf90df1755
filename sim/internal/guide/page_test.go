package guide_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the page anew")

const (
	page   = "../../../docs/guide/testing.md"
	top    = "../../.."
	sim    = "../.."
	readme = top + "/README.md"
)

// block is code or output on the page, under a comment that says where it comes from.
var block = regexp.MustCompile("(?s)<!-- (file|func|example|run): (.+?) -->\n```(\\w*)\n(.*?)```\n")

// TestBlocks compares every block with its source: a file, a function, an example, or what a
// command prints.
func TestBlocks(t *testing.T) {
	text := read(t, page)
	fresh := block.ReplaceAllStringFunc(text, func(old string) string {
		m := block.FindStringSubmatch(old)
		want := source(t, m[1], m[2])
		if m[1] == "run" && timeless(m[4]) == timeless(want) {
			want = m[4]
		}
		return "<!-- " + m[1] + ": " + m[2] + " -->\n```" + m[3] + "\n" + want + "```\n"
	})
	switch {
	case *update:
		if err := os.WriteFile(page, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	case fresh != text:
		t.Errorf("the page is not what the code and the tests are; look, then go test ./sim/internal/guide -update:\n%s",
			firstDifference(text, fresh))
	}
	if n, m := strings.Count(text, "```go\n"), strings.Count(text, "-->\n```go\n"); n != m {
		t.Errorf("%d of %d blocks of Go say where they come from", m, n)
	}
}

func source(t *testing.T, kind, what string) string {
	t.Helper()
	switch kind {
	case "file":
		return read(t, what)
	case "func":
		path, name, _ := strings.Cut(what, " ")
		return function(t, path, name)
	case "example":
		body := function(t, filepath.Join(sim, "example_test.go"), what)
		_, body, _ = strings.Cut(body, "{\n")
		return strings.TrimPrefix(strings.ReplaceAll("\n"+strings.TrimSuffix(body, "}\n"), "\n\t", "\n"), "\n")
	}
	return output(t, what)
}

// function is the text of a function with its comment.
func function(t *testing.T, path, name string) string {
	t.Helper()
	text := read(t, path)
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != name {
			continue
		}
		begin := f.Pos()
		if f.Doc != nil && !strings.HasPrefix(name, "Example") {
			begin = f.Doc.Pos()
		}
		return text[fset.Position(begin).Offset:fset.Position(f.End()).Offset] + "\n"
	}
	t.Fatalf("%s has no function %s", path, name)
	return ""
}

// output is what go test prints, run with these arguments. The seed is fixed and time without
// limit: so it always explores the same.
func output(t *testing.T, command string) string {
	t.Helper()
	var args, env []string
	for word := range strings.FieldsSeq(command) {
		if strings.HasPrefix(word, "RUNNEL_") {
			env = append(env, word)
		} else {
			args = append(args, strings.Trim(word, "'"))
		}
	}
	if len(args) < 2 || args[0] != "go" || args[1] != "test" {
		t.Fatalf("the command is %q, want go test ...", command)
	}
	cmd := exec.Command("go", slices.Insert(args[1:], 1, "-count=1")...)
	cmd.Dir = top
	cmd.Env = slices.Concat(os.Environ(), []string{"RUNNEL_SIM_SEED=1", "RUNNEL_SIM_FOR=0"}, env)
	out, err := cmd.CombinedOutput()
	if err != nil && !bytes.Contains(out, []byte("FAIL")) {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// search is what a report says of the time and the luck that it took to find a failure: it
// changes with the machine and with every change of a strategy. All else must be the same.
var search = regexp.MustCompile(`\b\d+(\.\d+)?(µs|ms|s)\b|found in schedule .*|as it was found, .*`)

func timeless(s string) string {
	return search.ReplaceAllStringFunc(s, func(found string) string {
		if what, _, ok := strings.Cut(found, " "); ok {
			return what
		}
		return "T"
	})
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if timeless(as[i]) != timeless(bs[i]) {
			return "page:   " + as[i] + "\nsource: " + bs[i]
		}
	}
	return "one is longer"
}

// excerpt is the report in the README, a part of the page's.
var excerpt = regexp.MustCompile("(?s)(<!-- from docs/guide/testing.md -->\n```\n)(.*?)```\n")

func TestExcerpt(t *testing.T) {
	_, report, _ := strings.Cut(read(t, page), "runner_test.go:31: ")
	report, _, found := strings.Cut(report, "        \n        in stopper:")
	want := strings.ReplaceAll(report, "\n        ", "\n")
	text := read(t, readme)
	m := excerpt.FindStringSubmatch(text)
	switch {
	case m == nil || !found:
		t.Error("there is no report")
	case m[2] != want && *update:
		if err := os.WriteFile(readme, []byte(strings.Replace(text, m[0], m[1]+want+"```\n", 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	case m[2] != want:
		t.Errorf("the README has\n%s\nthe guide\n%s", m[2], want)
	}
}

// The command that the report on the page ends with shows the same failure.
func TestTheReportsCommand(t *testing.T) {
	text := read(t, page)
	m := regexp.MustCompile(`see it again:  (RUNNEL_SIM_REPLAY=\S+ go test .*)\n`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("no report on the page")
	}
	got := output(t, m[1])
	for _, line := range []string{"panic: sync: WaitGroup misuse: Add called concurrently with Wait", "6 !  "} {
		if !strings.Contains(got, line) || !strings.Contains(text, line) {
			t.Errorf("%q is not in both, the page and\n%s", line, got)
		}
	}
}

var (
	blocks  = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	inText  = regexp.MustCompile(`\b(sim|runnel|pipe)\.([A-Z]\w*)`)
)

func TestLinksAndNames(t *testing.T) {
	text := read(t, page)
	anchors := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		anchors[strings.ReplaceAll(regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	for _, m := range link.FindAllStringSubmatch(blocks.ReplaceAllString(text, ""), -1) {
		path, anchor, _ := strings.Cut(m[1], "#")
		if path == "" && !anchors[anchor] {
			t.Errorf("no heading for %s", m[1])
		}
		if path != "" && !strings.HasPrefix(path, "https://") {
			read(t, filepath.Join(filepath.Dir(page), path))
		}
	}
	for _, m := range inText.FindAllStringSubmatch(text, -1) {
		dir := map[string]string{"sim": sim, "runnel": top, "pipe": top + "/pipe"}[m[1]]
		if m[2] != "T" && !declares(t, dir, m[2]) {
			t.Errorf("there is no %s", m[0])
		}
	}
}

// declares tells whether a package has an exported name.
func declares(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	declaration := regexp.MustCompile(`(?m)^(func|type|var|const|\t) ?` + name + `\b`)
	return slices.ContainsFunc(files, func(f string) bool {
		return !strings.HasSuffix(f, "_test.go") && declaration.MatchString(read(t, f))
	})
}

// What is set in a fixed width is not wider than a page.
func TestWidth(t *testing.T) {
	inBlock := false
	for i, line := range strings.Split(read(t, page), "\n") {
		if strings.HasPrefix(line, "```") {
			inBlock = !inBlock
		}
		n := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
		if inBlock && n > 110 && !strings.Contains(line, "RUNNEL_SIM_REPLAY") {
			t.Errorf("line %d has %d characters", i+1, n)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
