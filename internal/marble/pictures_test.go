package marble_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/internal/marble"
)

var update = flag.Bool("update", false, "rewrite the pictures and the fragments of the guide")

const guide = "../../docs/guide/"

// TestPictures makes every picture of the guide again and compares it with the committed one.
func TestPictures(t *testing.T) {
	code := codeOf(t)
	seen := map[string]bool{}
	for _, p := range pictures {
		t.Run(p.file, func(t *testing.T) {
			film := marble.Record(t, p.run)
			for _, at := range film.Overlaps() {
				t.Errorf("shapes overlap: %s", at)
			}
			compare(t, guide+"img/"+p.file+".svg", []byte(film.SVG(p.title, code[p.name()])))
		})
		seen[p.file+".svg"] = true
	}
	for _, path := range glob(t, guide+"img/*.svg") {
		if !seen[filepath.Base(path)] {
			t.Errorf("%s: no picture makes it", path)
		}
	}
}

func compare(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, want, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have := read(t, path); have != string(want) {
		t.Errorf("%s does not show any more what happens; look at the difference after\n\tgo test ./internal/marble -update", path)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// operator is what a line of a picture must call to be shown.
var operator = regexp.MustCompile(`\b(pipe|fan|xf)\.[A-Z]|\b[mxp]\.[A-Z]|\bins :=`)

// staging is what it must not call.
var staging = regexp.MustCompile(`\b(s\.At|s\.Go|x\.Set)\(`)

// codeOf finds, for each picture, the lines of its function that call an operator. So the
// code in a picture is the code that made it.
func codeOf(t *testing.T) map[string][]string {
	t.Helper()
	all := bodiesIn(t, "scenes_*test.go")
	for name, body := range all {
		all[name] = operations(body)
	}
	return all
}

func operations(body []string) (lines []string) {
	for _, line := range body {
		if operator.MatchString(line) && !staging.MatchString(line) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
