package guide_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the page anew")

const page = "../../../docs/guide/graphs.md"

// block is code on the page, under a comment that says where it comes from.
var block = regexp.MustCompile("(?s)<!-- (func|example): (\\w+) -->\n```go\n(.*?)```\n")

// picture is what GitHub draws: what the example of the picture prints.
var picture = regexp.MustCompile("(?s)(<!-- mermaid -->\n```mermaid\n)(.*?)```\n")

// TestPage compares every block with the function, or the body of the example, that it is.
func TestPage(t *testing.T) {
	all := functions(t)
	text := read(t, page)
	fresh := block.ReplaceAllStringFunc(text, func(old string) string {
		m := block.FindStringSubmatch(old)
		name, code := m[2], all[m[2]]
		if m[1] == "example" {
			name, code = "Example_"+name, body(all["Example_"+name])
		}
		if code == "" {
			t.Errorf("there is no %s, or it is on the page twice", name)
		}
		delete(all, name)
		return "<!-- " + m[1] + ": " + m[2] + " -->\n```go\n" + code + "```\n"
	})
	fresh = picture.ReplaceAllString(fresh, "${1}"+drawn(fresh)+"```\n")
	for name := range all {
		if strings.HasPrefix(name, "Example_") {
			t.Errorf("%s is not on the page", name)
		}
	}
	switch {
	case *update:
		if err := os.WriteFile(page, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	case fresh != text:
		t.Error("the page is not what the code is; look, then go test ./flow/internal/guide -update")
	}
	if n, m := strings.Count(text, "```go\n"), len(block.FindAllString(text, -1)); n != m {
		t.Errorf("%d of %d blocks of Go say where they come from", m, n)
	}
}

// functions returns the functions of the tests by name, with their comments.
func functions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, set := read(t, path), token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				from := f.Pos()
				if f.Doc != nil {
					from = f.Doc.Pos()
				}
				all[f.Name.Name] = text[set.Position(from).Offset:set.Position(f.End()).Offset] + "\n"
			}
		}
	}
	return all
}

// body is what is between the braces of a function.
func body(function string) string {
	_, text, _ := strings.Cut(function, "{\n")
	text = strings.ReplaceAll("\n"+strings.TrimSuffix(text, "}\n"), "\n\t", "\n")
	return strings.TrimPrefix(text, "\n")
}

// drawn is the output of the example of the picture, as it stands on the page.
func drawn(text string) string {
	_, output, _ := strings.Cut(text, "fmt.Print(g.Mermaid())\n// Output:\n")
	output, _, _ = strings.Cut(output, "```")
	return strings.ReplaceAll(strings.TrimPrefix(strings.ReplaceAll("\n"+output, "\n// ", "\n"), "\n"), "$", "$$")
}

var (
	link    = regexp.MustCompile(`\]\(([^)]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

func TestLinks(t *testing.T) {
	text := read(t, page)
	anchors := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		anchors[strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		path, anchor, _ := strings.Cut(m[1], "#")
		if path == "" && !anchors[anchor] {
			t.Errorf("no heading for %s", m[1])
		}
		if path != "" {
			read(t, filepath.Join(filepath.Dir(page), path))
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
