package arch

import (
	"bytes"
	"go/ast"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
)

// The ratchet. These numbers only ever go down.
const (
	maxFile   = 500 // lines, all of them
	maxFunc   = 70  // lines of code
	maxMedian = 8   // lines of code, over the functions of a package
	medianOf  = 5   // functions; with fewer a median says nothing
)

var fileSizeRule = Rule{
	Name:  "filesize",
	Why:   "a file that nobody reads to its end is where design goes to hide",
	Do:    "split it by the nouns it defines",
	check: checkFileSizes,
}

func checkFileSizes(t *Tree, report reporter) {
	for _, f := range t.sized() {
		if n := bytes.Count(f.data, []byte("\n")); n > maxFile {
			report(f.path, "file has %d lines, the limit is %d", n, maxFile)
		}
	}
}

var funcSizeRule = Rule{
	Name:  "funcsize",
	Why:   "a function must be understood at once; blank lines and comments are not counted, so explaining is free",
	Do:    "give a step of it a name of its own",
	check: checkFuncSizes,
}

func checkFuncSizes(t *Tree, report reporter) {
	for _, f := range t.sized() {
		for _, fn := range f.functions() {
			if fn.lines > maxFunc {
				report(f.at(fn.decl), "function %s has %d lines of code, the limit is %d", fn.decl.Name.Name, fn.lines, maxFunc)
			}
		}
	}
}

var medianRule = Rule{
	Name:  "median",
	Why:   "the typical function shows whether a package is made of named steps or of procedures",
	Do:    "split the functions in the middle of the list, not only the longest",
	check: checkMedians,
}

func checkMedians(t *Tree, report reporter) {
	sizes := map[string][]int{}
	for _, f := range t.sized() {
		for _, fn := range f.functions() {
			sizes[f.dir()] = append(sizes[f.dir()], fn.lines)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(sizes)) {
		checkMedian(dir, sizes[dir], report)
	}
}

func checkMedian(dir string, sizes []int, report reporter) {
	slices.Sort(sizes)
	n := len(sizes)
	if m := sizes[n/2]; n >= medianOf && m > maxMedian {
		report(dir, "the median of %d functions is %d lines of code, the limit is %d", n, m, maxMedian)
	}
}

// sized lists the files that the ratchet holds: no tests, nothing generated.
func (t *Tree) sized() []*file {
	return t.filter(func(f *file) bool {
		return f.syntax != nil && !f.isTest() && !ast.IsGenerated(f.syntax)
	})
}

// A function is a declaration with a body and its lines of code.
type function struct {
	decl  *ast.FuncDecl
	lines int
}

// functions measures the functions of a file.
func (f *file) functions() []function {
	var all []function
	code := f.codeLines()
	for _, d := range f.syntax.Decls {
		if decl, ok := d.(*ast.FuncDecl); ok && decl.Body != nil {
			last := f.fset.Position(decl.End()).Line
			all = append(all, function{decl, count(code, f.line(decl), last)})
		}
	}
	return all
}

// count counts the lines of code from first to last.
func count(code map[int]bool, first, last int) int {
	n := 0
	for line := first; line <= last; line++ {
		if code[line] {
			n++
		}
	}
	return n
}

// codeLines is the set of lines that hold more than space and comments.
func (f *file) codeLines() map[int]bool {
	lines := map[int]bool{}
	fset := token.NewFileSet()
	in := fset.AddFile(f.path, -1, len(f.data))
	var s scanner.Scanner
	s.Init(in, f.data, nil, 0)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return lines
		}
		first := in.Line(pos)
		for i := range 1 + bytes.Count([]byte(lit), []byte("\n")) {
			if tok != token.SEMICOLON {
				lines[first+i] = true
			}
		}
	}
}
