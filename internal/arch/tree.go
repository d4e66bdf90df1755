package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// own is the path of the root module; directory d holds package own/d.
const own = "github.com/runnel-go/runnel"

// A Tree is the text of a repository: every file, in the order of their paths.
type Tree struct {
	files []*file
}

// A file is one file of a tree. Only a Go file has syntax.
type file struct {
	path   string // slash-separated, from the top of the tree
	data   []byte
	fset   *token.FileSet
	syntax *ast.File
}

// A pkg is the Go files of one directory.
type pkg struct {
	dir   string // "." for the root
	name  string
	files []*file // not tests
	tests []*file
}

// Load reads a repository. It leaves out what git and tools keep for
// themselves, and the fixtures of this package, which break rules on purpose.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || name == ".git" {
			return skip(name, d, err)
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return t.add(name, data)
	})
	return t, err
}

// skip decides about whatever is not a regular file of ours; in a worktree of
// git, .git is such a file.
func skip(name string, d fs.DirEntry, err error) error {
	if err == nil && d.IsDir() {
		switch name {
		case ".git", ".bin", ".idea", ".vscode", "internal/arch/testdata":
			return fs.SkipDir
		}
	}
	return err
}

// add appends a file. Text that only looks like Go, in testdata, is not parsed.
func (t *Tree) add(name string, data []byte) error {
	f := &file{path: name, data: data}
	t.files = append(t.files, f)
	if path.Ext(name) != ".go" || f.isData() {
		return nil
	}
	f.fset = token.NewFileSet()
	var err error
	f.syntax, err = parser.ParseFile(f.fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
	return err
}

// packages groups the Go files by directory, in order.
func (t *Tree) packages() []*pkg {
	var all []*pkg
	byDir := map[string]*pkg{}
	for _, f := range t.goFiles() {
		p := byDir[f.dir()]
		if p == nil {
			p = &pkg{dir: f.dir()}
			byDir[p.dir] = p
			all = append(all, p)
		}
		p.take(f)
	}
	return all
}

func (p *pkg) take(f *file) {
	name := f.syntax.Name.Name
	if f.isTest() {
		p.tests = append(p.tests, f)
		name = strings.TrimSuffix(name, "_test")
	} else {
		p.files = append(p.files, f)
	}
	p.name = name
}

// filter lists the files for which keep is true.
func (t *Tree) filter(keep func(*file) bool) []*file {
	return slices.DeleteFunc(slices.Clone(t.files), func(f *file) bool { return !keep(f) })
}

// goFiles lists the files that have syntax.
func (t *Tree) goFiles() []*file {
	return t.filter(func(f *file) bool { return f.syntax != nil })
}

// named lists the files with this base name outside testdata.
func (t *Tree) named(base string) []*file {
	return t.filter(func(f *file) bool { return path.Base(f.path) == base && !f.isData() })
}

// modules lists the directories that hold a go.mod.
func (t *Tree) modules() []string {
	var dirs []string
	for _, f := range t.named("go.mod") {
		dirs = append(dirs, f.dir())
	}
	return dirs
}

// module is the directory of the module that dir belongs to.
func (t *Tree) module(dir string) string {
	modules := t.modules()
	for ; dir != "."; dir = path.Dir(dir) {
		if slices.Contains(modules, dir) {
			return dir
		}
	}
	return "."
}

func (f *file) dir() string { return path.Dir(f.path) }

func (f *file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f *file) isBinary() bool { return bytes.IndexByte(f.data, 0) >= 0 }

// isData is true in testdata, where files only look like what they are.
func (f *file) isData() bool { return strings.Contains("/"+f.path, "/testdata/") }

// lines lists the lines of a file without their ends.
func (f *file) lines() []string { return strings.Split(string(f.data), "\n") }

// line is the line on which a node begins.
func (f *file) line(n ast.Node) int { return f.fset.Position(n.Pos()).Line }

// at is the place of a node, for a problem.
func (f *file) at(n ast.Node) string { return fmt.Sprintf("%s:%d", f.path, f.line(n)) }

// imports says whether a file imports a path.
func (f *file) imports(want string) bool {
	return slices.ContainsFunc(f.syntax.Imports, func(spec *ast.ImportSpec) bool { return pathOf(spec) == want })
}

// pathOf is what an import imports. The parser has checked the quotes.
func pathOf(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "\"`") }

// directory turns an import path into a directory of ours.
func directory(importPath string) (dir string, ours bool) {
	if importPath == own {
		return ".", true
	}
	return strings.CutPrefix(importPath, own+"/")
}

// joinPath is the import path of a directory of ours.
func joinPath(dir string) string { return filepath.ToSlash(filepath.Join(own, dir)) }
