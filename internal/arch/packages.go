package arch

import (
	"path"
	"slices"
	"strings"
)

var commentRule = Rule{
	Name:  "comment",
	Why:   "the package comment is the first page a user reads; without one the package has no stated purpose, with two nobody knows which one holds",
	Do:    `write one comment above the package clause: in doc.go, or in the only file; it begins "Package <name>", for a command "Command <name>" or its name`,
	check: checkComments,
}

func checkComments(t *Tree, report reporter) {
	for _, p := range t.packages() {
		files := p.files
		if len(files) == 0 {
			files = p.tests
		}
		checkComment(p, files, report)
	}
}

func checkComment(p *pkg, files []*file, report reporter) {
	commented := slices.DeleteFunc(slices.Clone(files), func(f *file) bool { return f.syntax.Doc == nil })
	switch {
	case len(commented) == 0:
		report(p.dir, "package %s has no package comment", p.name)
	case len(commented) > 1:
		report(commented[1].path, "package %s has a package comment here and in %s", p.name, commented[0].path)
	case len(files) > 1 && path.Base(commented[0].path) != "doc.go":
		report(commented[0].path, "package %s has several files, so its comment belongs in doc.go", p.name)
	case !opensWell(p, commented[0].syntax.Doc.Text()):
		report(commented[0].path, "the comment of package %s does not begin with its name", p.name)
	}
}

// opensWell checks the first words. A command is called by its directory.
func opensWell(p *pkg, text string) bool {
	if p.name != "main" {
		return strings.HasPrefix(text, "Package "+p.name+" ")
	}
	command := path.Base(joinPath(p.dir))
	text = strings.TrimPrefix(text, "Command ")
	return len(text) > len(command) && strings.EqualFold(text[:len(command)], command)
}

// vague names say where code was put, not what it is for.
var vague = []string{"util", "utils", "common", "helper", "helpers", "type", "types", "misc"}

var nameRule = Rule{
	Name:  "name",
	Why:   "a newcomer guesses the folder before opening it; such a name fits everything and collects everything",
	Do:    "name the package after the one thing it provides",
	check: checkNames,
}

func checkNames(t *Tree, report reporter) {
	for _, p := range t.packages() {
		if slices.Contains(vague, p.name) || slices.Contains(vague, path.Base(p.dir)) {
			report(p.dir, "package %s has a name that says nothing", p.name)
		}
	}
}
