package arch

import (
	"go/ast"
	"path"
	"strings"
)

var trickRule = Rule{
	Name:  "tricks",
	Why:   "what reaches below the language breaks with the next Go release, hides from the race detector and from the simulator",
	Do:    "use the language; a figure that cannot be had without the trick is not worth it",
	check: checkTricks,
}

func checkTricks(t *Tree, report reporter) {
	for _, f := range t.files {
		switch {
		case f.syntax != nil:
			if t.module(f.dir()) == "." && !f.isTest() {
				checkUnsafe(f, report)
			}
			checkLinknames(f, report)
		case path.Ext(f.path) == ".s":
			report(f.path, "assembly")
		}
	}
}

func checkLinknames(f *file, report reporter) {
	for _, group := range f.syntax.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:"+"linkname") {
				report(f.at(c), "linkname")
			}
		}
	}
}

// raceFiles tell the race detector what package runtime would have them tell by an unsafe.Pointer;
// they are built only where it is.
var raceFiles = map[string]bool{"sim/race_on.go": true}

// checkUnsafe is for the root module. Tests may look at sizes with unsafe.
func checkUnsafe(f *file, report reporter) {
	for _, spec := range f.syntax.Imports {
		if p := pathOf(spec); (p == "unsafe" && !raceFiles[f.path]) || p == "C" {
			report(f.at(spec), "import of %s", p)
		}
	}
}

var sleepRule = Rule{
	Name:  "sleep",
	Why:   "a test that sleeps is slow on a fast machine and wrong on a slow one",
	Do:    "wait for the event itself, or run the test in a synctest bubble, where sleeping takes no time; a test of another process may be listed in internal/arch/code.go",
	check: checkSleeps,
}

// pollers are the files of tests that may sleep, with the reason.
var pollers = map[string]string{
	"sim/hybrid_test.go":        "its bodies run in the bubble of an exploration",
	"cmd/runnel/script_test.go": "polls for what another process does, which sends no event, and gives up after a limit",
}

// checkSleeps asks file by file: which function runs in a bubble cannot be
// seen from its text, but a file that never makes one has no excuse.
func checkSleeps(t *Tree, report reporter) {
	for _, f := range t.goFiles() {
		if f.isTest() && pollers[f.path] == "" && f.imports("time") && !f.imports("testing/synctest") {
			checkSleep(f, report)
		}
	}
}

func checkSleep(f *file, report reporter) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if call, ok := n.(*ast.SelectorExpr); ok && call.Sel.Name == "Sleep" {
			if x, ok := call.X.(*ast.Ident); ok && x.Name == "time" {
				report(f.at(n), "time.Sleep in a test that has no bubble")
			}
		}
		return true
	})
}
