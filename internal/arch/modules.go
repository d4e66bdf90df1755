package arch

import (
	"fmt"
	"slices"
	"strings"
)

// toolModule is the one module outside go.work: its tools are built apart from
// the code, so that their requirements never meet.
const toolModule = "tools"

var moduleRule = Rule{
	Name:  "modules",
	Why:   "a replace works only in our own checkout and makes go install refuse the command; a requirement of the root would reach every user",
	Do:    "put development arrangements in go.work, and requirements in the module that needs them",
	check: checkModules,
}

func checkModules(t *Tree, report reporter) {
	for _, f := range t.named("go.mod") {
		for _, d := range directives(f) {
			checkDirective(f, d, report)
		}
	}
}

func checkDirective(f *file, d directive, report reporter) {
	switch d.verb {
	case "module":
		if want := joinPath(f.dir()); d.rest != want {
			report(d.at(f), "module %s should be named after its directory: %s", d.rest, want)
		}
	case "replace", "exclude":
		report(d.at(f), "%s %s", d.verb, d.rest)
	case "require", "tool":
		if f.dir() == "." {
			report(d.at(f), "the root module has a %s: %s", d.verb, d.rest)
		}
	}
}

var workspaceRule = Rule{
	Name:  "workspace",
	Why:   "the test script runs over the modules of go.work: one that is missing there is never tested",
	Do:    "add a use directive for the module's directory; a replace there may only give a module of ours, not yet tagged, at v0.0.0",
	check: checkWorkspace,
}

func checkWorkspace(t *Tree, report reporter) {
	used := []string{toolModule}
	for _, f := range t.named("go.work") {
		for _, d := range directives(f) {
			switch {
			case d.verb == "use":
				used = append(used, strings.TrimPrefix(d.rest, "./"))
			case d.verb == "replace" && !isOwnReplace(d.rest):
				report(d.at(f), "replace %s", d.rest)
			}
		}
	}
	for _, dir := range t.modules() {
		if !slices.Contains(used, dir) {
			report(dir+"/go.mod", "module is not used by go.work")
		}
	}
}

// isOwnReplace accepts "own/dir v0.0.0 => ./dir".
func isOwnReplace(s string) bool {
	from, to, _ := strings.Cut(s, " => ")
	importPath, tagless := strings.CutSuffix(from, " v0.0.0")
	dir, ours := directory(importPath)
	return tagless && ours && (to == "./"+dir || to == "./" && dir == ".")
}

// A directive is one line of a go.mod or go.work, its block undone.
type directive struct {
	line       int
	verb, rest string
}

func (d directive) at(f *file) string { return fmt.Sprintf("%s:%d", f.path, d.line) }

// directives parses a go.mod or go.work as far as the rules need it.
func directives(f *file) []directive {
	var all []directive
	block := ""
	for i, text := range f.lines() {
		text, _, _ = strings.Cut(text, "//")
		verb, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		switch {
		case verb == "":
		case rest == "(":
			block = verb
		case verb == ")":
			block = ""
		case block != "":
			all = append(all, directive{i + 1, block, strings.TrimSpace(verb + " " + rest)})
		default:
			all = append(all, directive{i + 1, verb, rest})
		}
	}
	return all
}
