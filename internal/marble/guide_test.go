package marble_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const page = guide + "operators.md"

// fragment is a piece of code in the guide: the body of an example that runs.
var fragment = regexp.MustCompile("(?s)<!-- fragment: (\\w+) -->\n```go\n(.*?)```\n")

// TestFragments compares the code in the guide with the examples that it is taken from.
func TestFragments(t *testing.T) {
	examples := examplesOf(t)
	text := read(t, page)
	fresh := fragment.ReplaceAllStringFunc(text, func(old string) string {
		name := fragment.FindStringSubmatch(old)[1]
		body, known := examples[name]
		if !known {
			t.Errorf("fragment %s: there is no Example_%[1]s, or it is used twice", name)
			return old
		}
		delete(examples, name)
		return "<!-- fragment: " + name + " -->\n```go\n" + body + "```\n"
	})
	compare(t, page, []byte(fresh))
	for name := range examples {
		t.Errorf("Example_%s is not in the guide", name)
	}
	blocks := len(fragment.FindAllString(text, -1)) + len(signatures.FindAllString(text, -1))
	if n, m := strings.Count(text, "```go"), blocks; n != m {
		t.Errorf("%d of %d fragments say which example they are", m, n)
	}
}

// examplesOf returns the bodies of the examples for the guide, with what they print.
func examplesOf(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, body := range bodiesIn(t, "example_*test.go") {
		name, ok := strings.CutPrefix(name, "Example_")
		if ok {
			text := strings.TrimSpace(strings.Join(body, "\n")) + "\n"
			all[name] = strings.ReplaceAll(text, "\n\t", "\n")
		}
	}
	return all
}

// bodiesIn returns the lines between the braces of the functions in some files.
func bodiesIn(t *testing.T, pattern string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, path := range glob(t, pattern) {
		text := read(t, path)
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text, "\n")
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				all[f.Name.Name] = lines[fset.Position(f.Body.Pos()).Line : fset.Position(f.Body.End()).Line-1]
			}
		}
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPicturesAreOnThePage(t *testing.T) {
	text := read(t, page)
	for _, p := range pictures {
		if !regexp.MustCompile(`!\[[^\]]+\]\(img/` + p.file + `\.svg\)`).MatchString(text) {
			t.Errorf("img/%s.svg is not on the page, or has no text for those who cannot see it", p.file)
		}
	}
}

var qualified = regexp.MustCompile(`\b(pipe|fan|xf|runnel)\.([A-Z]\w*)`)

// TestNamesOnThePage expects every operator on the page, and no name that does not exist.
func TestNamesOnThePage(t *testing.T) {
	text := read(t, page)
	exist := map[string]map[string]bool{}
	for name, dir := range map[string]string{"pipe": "../../pipe", "fan": "../../fan", "xf": "../../xf", "runnel": "../.."} {
		exist[name] = exported(t, dir)
	}
	for _, m := range qualified.FindAllStringSubmatch(text, -1) {
		if !exist[m[1]][m[2]] {
			t.Errorf("there is no %s", m[0])
		}
	}
	for _, pkg := range []string{"pipe", "fan"} {
		for _, name := range slices.Sorted(maps.Keys(exist[pkg])) {
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(text) {
				t.Errorf("%s.%s is not on the page", pkg, name)
			}
		}
	}
}

// exported are the names that a package declares at the top.
func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, path := range glob(t, filepath.Join(dir, "*.go")) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			for _, name := range declared(d) {
				all[name.Name] = name.IsExported()
			}
		}
	}
	maps.DeleteFunc(all, func(_ string, public bool) bool { return !public })
	return all
}

func declared(d ast.Decl) (names []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name)
			case *ast.ValueSpec:
				names = append(names, s.Names...)
			}
		}
	}
	return names
}
