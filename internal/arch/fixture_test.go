package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// TestFixtures applies each rule to small trees that break it. A fixture is a
// txtar file named after its rule. Every line "want: " of its comment is a
// problem that the rule must find, and it must find no others.
func TestFixtures(t *testing.T) {
	broken := map[string]bool{}
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			rule := ruleOf(t, name)
			want, got := try(t, name, rule)
			if !slices.Equal(got, want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
			broken[rule.Name] = broken[rule.Name] || len(want) > 0
		})
	}
	for _, rule := range Rules {
		if !broken[rule.Name] {
			t.Errorf("rule %s has no fixture that breaks it: it may check nothing", rule.Name)
		}
	}
}

// TestTableIsSound checks the data itself: reasons everywhere, and no row that
// allows what does not exist in the table or lies above.
func TestTableIsSound(t *testing.T) {
	for i, r := range table {
		if r.why == "" {
			t.Errorf("row %s gives no reason", r.pkg)
		}
		if slices.ContainsFunc(table[:i], func(o row) bool { return o.pkg == r.pkg }) {
			t.Errorf("row %s is there twice", r.pkg)
		}
		for _, dir := range r.may {
			if dir != "*" && (rowOf(dir) == nil || find(private, dir) != nil) {
				t.Errorf("row %s allows %s, which nobody may import", r.pkg, dir)
			}
		}
	}
	for _, r := range table {
		if cycle := reach(r.pkg, r.pkg, map[string]bool{}); cycle {
			t.Errorf("row %s allows a cycle", r.pkg)
		}
	}
}

// reach says whether a package may come to import the target.
func reach(from, target string, seen map[string]bool) bool {
	if seen[from] || rowOf(from) == nil {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(rowOf(from).may, func(dir string) bool {
		return dir == target || reach(dir, target, seen)
	})
}

func TestExplain(t *testing.T) {
	got := Rule{Why: "because", Do: "this"}.Explain(Problem{"a.go:3", "is wrong"})
	if want := "a.go:3: is wrong\n\twhy: because\n\tdo:  this"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func ruleOf(t *testing.T, name string) Rule {
	wanted, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".txtar"), "-")
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == wanted })
	if i < 0 {
		t.Fatalf("no rule is called %q", wanted)
	}
	return Rules[i]
}

// try returns the problems that a fixture names and those that the rule finds.
func try(t *testing.T, name string, rule Rule) (want, got []string) {
	comment, files := read(t, name)
	for line := range strings.Lines(comment) {
		if problem, ok := strings.CutPrefix(line, "want: "); ok {
			want = append(want, strings.TrimSpace(problem))
		}
	}
	tree, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range rule.Check(tree) {
		got = append(got, p.Where+": "+p.What)
	}
	return want, got
}

var header = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// read parses a txtar file: a comment, then files, each after a line "-- name --".
func read(t *testing.T, name string) (comment string, files fstest.MapFS) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	files = fstest.MapFS{}
	at := header.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		files[text[m[2]:m[3]]] = &fstest.MapFile{Data: []byte(expand(text[m[1]:end]))}
	}
	return text[:at[0][0]], files
}

var repeat = regexp.MustCompile(`(?m)^\[(\d+) lines\] (.*\n)`)

// expand writes out "[70 lines] x++" as 70 lines.
func expand(text string) string {
	return repeat.ReplaceAllStringFunc(text, func(line string) string {
		m := repeat.FindStringSubmatch(line)
		n, _ := strconv.Atoi(m[1])
		return strings.Repeat(m[2], n)
	})
}
