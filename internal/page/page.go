package page

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is code or output on a page, under a comment that says where it comes from.
var block = regexp.MustCompile("(?s)<!-- (func|decl|example|output): (\\w+) -->\n```(go|text)\n(.*?)```\n")

// Check compares every block of the page, a file, with the code in the test files of this package that
// match the pattern, and every link with what it points to. Each example in these files has to be on
// the page. With update the page is written anew.
func Check(t testing.TB, page, pattern string, update bool) {
	t.Helper()
	p := &filler{t: t, code: declarations(t, pattern), used: map[string]bool{}}
	text := read(t, page)
	fresh := p.fill(text)
	switch {
	case update:
		write(t, page, fresh)
	case fresh != text:
		t.Errorf("%s is not what the code is; look, then run this test with -update", page)
	}
	if n, m := strings.Count(text, "```go\n"), strings.Count(text, " -->\n```go\n"); n != m {
		t.Errorf("%d of %d blocks of Go say where they come from", m, n)
	}
	links(t, page, text)
}

// filler puts into each block what belongs there.
type filler struct {
	t    testing.TB
	code map[string]string // by name
	used map[string]bool   // blocks and functions
}

func (p *filler) fill(text string) string {
	defer p.forgotten()
	return block.ReplaceAllStringFunc(text, p.block)
}

// forgotten tells of examples that are on no page.
func (p *filler) forgotten() {
	for name := range p.code {
		if strings.HasPrefix(name, "Example_") && !p.used[name] {
			p.t.Errorf("%s is not on the page", name)
		}
	}
}

func (p *filler) block(old string) string {
	m := block.FindStringSubmatch(old)
	kind, name := m[1], m[2]
	code, from := p.find(kind, name)
	if code == "" || p.used[kind+" "+name] {
		p.t.Errorf("there is no %s, or it is on the page twice", from)
	}
	p.used[kind+" "+name], p.used[from] = true, true
	return "<!-- " + kind + ": " + name + " -->\n```" + m[3] + "\n" + code + "```\n"
}

// find returns what a block shows, and the function that it is from.
func (p *filler) find(kind, name string) (code, from string) {
	switch kind {
	case "func", "decl":
		return p.code[name], name
	case "example":
		return body(p.code["Example_"+name]), "Example_" + name
	}
	return output(body(p.code["Example_"+name])), "Example_" + name
}

// declarations returns functions, types and variables of the tests by name, with their comments.
func declarations(t testing.TB, pattern string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s (%v)", pattern, err)
	}
	all := map[string]string{}
	for _, path := range files {
		maps.Copy(all, declarationsOf(t, path))
	}
	return all
}

func declarationsOf(t testing.TB, path string) map[string]string {
	t.Helper()
	text, set := read(t, path), token.NewFileSet()
	file, err := parser.ParseFile(set, path, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, d := range file.Decls {
		name, from := describe(d)
		all[name] = text[set.Position(from).Offset:set.Position(d.End()).Offset] + "\n"
	}
	return all
}

// describe returns the name of a declaration, the first one of several, and where it begins.
func describe(d ast.Decl) (name string, from token.Pos) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Name.Name, begin(d, d.Doc)
	case *ast.GenDecl:
		return nameOf(d.Specs[0]), begin(d, d.Doc)
	}
	return "", d.Pos()
}

// begin is where the comment of d begins, or d.
func begin(d ast.Decl, doc *ast.CommentGroup) token.Pos {
	if doc != nil {
		return doc.Pos()
	}
	return d.Pos()
}

func nameOf(s ast.Spec) string {
	switch s := s.(type) {
	case *ast.TypeSpec:
		return s.Name.Name
	case *ast.ValueSpec:
		return s.Names[0].Name
	}
	return ""
}

// body is what is between the braces of a function.
func body(function string) string {
	_, text, _ := strings.Cut(function, "{\n")
	return unindent(strings.TrimSuffix(text, "}\n"), "\t")
}

// output is what follows the comment Output: of an example's body.
func output(code string) string {
	_, text, _ := strings.Cut(code, "// Output:\n")
	return unindent(strings.ReplaceAll(text, "//\n", "\n"), "// ")
}

func unindent(text, by string) string {
	return strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n"+by, "\n"), "\n")
}

var (
	link    = regexp.MustCompile(`\]\(([^)]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	signs   = regexp.MustCompile("[`,.:?!()/]")
	code    = regexp.MustCompile("(?ms)^```.*?^```$|^ {4}.*?$")
)

// links looks for the files and the headings to which the page links.
func links(t testing.TB, page, text string) {
	t.Helper()
	here := anchors(text)
	text = code.ReplaceAllString(text, "") // where brackets are types
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		path, anchor, _ := strings.Cut(m[1], "#")
		switch {
		case path == "" && !here[anchor]:
			t.Errorf("no heading for %s", m[1])
		case path != "" && !strings.Contains(path, "://") && !exists(filepath.Join(filepath.Dir(page), path)):
			t.Errorf("no file for %s", m[1])
		}
	}
}

// anchors are the headings as links name them.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all[strings.ReplaceAll(signs.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
