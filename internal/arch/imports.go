package arch

import (
	"slices"
	"strings"
)

// A row says what one package may import of ours. Its own internal/ packages
// it may always import, and they count as part of it.
type row struct {
	pkg string   // a directory; "dir/..." stands for everything below it too
	may []string // directories; "*" for every package that has users
	why string   // the reason for refusing the rest
}

// table holds a row for every package, also for those that are still to come.
var table = []row{
	{".", []string{"xf", "internal/hook", "internal/step"},
		"everybody builds on the root, so what it imports everybody carries; shapes and graphs use only its exported operations"},
	{"xf", nil,
		"transducers are pure functions that must run on a slice as well as on a channel; they know nothing of channels"},
	{"internal/hook", nil,
		"the seam between the root and sim sits below both of them"},
	{"internal/step", []string{"internal/hook"},
		"what the algorithms of the root share sits below the root; it is the standard library or the seam, and nothing else"},
	{"internal/arch", nil,
		"the rules look at the code from outside and must work when it does not compile"},
	{"internal/marble", []string{".", "pipe", "fan"},
		"it records for the guide what operators do, by what every user can see of them; only its own tests use it"},
	{"internal/page", nil,
		"it compares pages with code and knows neither; only tests of guides use it"},
	{"mq/internal/guide", []string{"*", "internal/page"},
		"the code of the guide to messages is written by users"},
	{"internal/locklaws", []string{"."},
		"it checks what users of a lock may rely on, from outside; nothing but tests may import it"},
	{"internal/conformance", []string{".", "xf"},
		"the laws of channels are checked with the operations that every user has, really and in simulations; only tests use it"},
	{"internal/oracle", []string{".", "xf"},
		"recorded programs are replayed with the operations that every user has, really and in simulations; only tests use it"},
	{"pipe", []string{".", "xf"},
		"a stage is written with the operations that every user has; pipe and fan stay independent of each other"},
	{"fan", []string{".", "xf"},
		"a mult is written with the operations that every user has; fan and pipe stay independent of each other"},
	{"flow", []string{".", "xf", "fan"},
		"a graph wires processes; it knows neither stages nor messages, so that both can run in it"},
	{"sim", []string{".", "internal/hook"},
		"the simulator runs any code that uses channels; importing what it tests would close a cycle"},
	{"mq", []string{".", "mq/driver"},
		"the client gives the same promises on every engine, so it may know none of them"},
	{"mq/driver", nil,
		"the contract is for authors of engines, who must not inherit anything of ours"},
	{"mq/driver/group", []string{"mq/driver"},
		"the state of a group is a pure function of what happened: it waits for nothing, so it needs no channels"},
	{"mq/drivertest", []string{".", "mq/driver", "sim"},
		"the suite judges every engine by the contract alone"},
	{"mq/mem", []string{".", "mq/driver", "mq/driver/group"},
		"an engine implements the contract, and waits by channels so that simulations can run it; knowing the client would let promises leak into one engine"},
	{"mq/jetstream", []string{"mq/driver", "mq/driver/group"},
		"an engine implements the contract; knowing the client would let promises leak into one engine"},
	{"mq/kafka", []string{"mq/driver", "mq/driver/group"},
		"an engine implements the contract; knowing the client would let promises leak into one engine"},
	{"mq/contract", []string{"mq"},
		"a contract is a codec that checks; it works with every engine, and mq works without it"},
	{"mq/mqotel", []string{".", "mq", "mq/driver", "mq/mem"},
		"it exports what the client reports about itself, and middleware of publishing sees records; only its tests run an engine"},
	{"mq/mqtest", []string{".", "mq", "mq/contract", "mq/driver", "mq/mem"},
		"the test kit runs in memory, so that nobody's tests inherit a server"},
	{"mq/internal/proof", []string{".", "mq", "mq/driver", "mq/mem", "mq/mqtest"},
		"it proves the layers together, as their users see them; only its own tests use it"},
	{"mq/internal/watermill", []string{".", "mq", "mq/driver", "mq/mem"},
		"it runs another project's suite over ours; only its own tests use it"},
	{"console", []string{".", "flow", "mq"},
		"the console shows what the layers report about themselves and works with every engine"},
	{"cmd/...", []string{"*"},
		"the command is a user: it gets along with what every user may import"},
	{"examples/...", []string{"*"},
		"an example must work when it is copied out of the repository"},
	{"bench/...", []string{"*"},
		"figures count only for what every user may import"},
	{"tools", nil,
		"the module pins development tools and has no code"},
}

// private packages have no users of ours at all.
var private = []row{
	{pkg: "cmd/...", why: "a command is the end of the line; what others need belongs in a library package"},
	{pkg: "examples/...", why: "an example is there to be copied and changed freely"},
	{pkg: "bench/...", why: "benchmarks carry every rival as a requirement, which no user may inherit"},
	{pkg: "tools/...", why: "the module of development tools has no code"},
	{pkg: "internal/arch", why: "the rules are about the code, never a part of it"},
}

var importRule = Rule{
	Name:  "imports",
	Why:   "the order of the layers is the design; internal/arch/imports.go has the whole table",
	Do:    "use the exported operations of a lower layer, or move the code to the layer that may know both sides",
	check: checkImports,
}

func checkImports(t *Tree, report reporter) {
	for _, p := range t.packages() {
		from := rowOf(p.dir)
		if from == nil {
			report(p.dir, "package %s has no row in the table of imports; give it one, with a reason", p.name)
			continue
		}
		for _, f := range slices.Concat(p.files, p.tests) {
			checkFile(t, f, from, report)
		}
	}
}

// checkFile reports the imports of ours that the row does not allow.
func checkFile(t *Tree, f *file, from *row, report reporter) {
	for _, spec := range f.syntax.Imports {
		dir, ours := directory(pathOf(spec))
		if !ours || from == rowOf(dir) {
			continue
		}
		if why := refuse(t, f, from, dir); why != "" {
			report(f.at(spec), "%s may not import %s: %s", from.pkg, pathOf(spec), why)
		}
	}
}

// refuse returns the reason why a file may not import dir, or "". A test may
// import whatever lives in its own module, and the simulator.
func refuse(t *Tree, f *file, from *row, dir string) string {
	if no := find(private, dir); no != nil {
		return no.why
	}
	if slices.Contains(from.may, dir) || f.isTest() && (dir == "sim" || t.module(f.dir()) == t.module(dir)) {
		return ""
	}
	if slices.Contains(from.may, "*") && !strings.Contains("/"+dir+"/", "/internal/") {
		return ""
	}
	return from.why
}

// rowOf finds the row of a package, or that of the package whose internal/
// directory it is in. Those of the root have rows of their own.
func rowOf(dir string) *row {
	if r := find(table, dir); r != nil {
		return r
	}
	if parent, _, inside := strings.Cut(dir, "/internal/"); inside {
		return rowOf(parent)
	}
	return nil
}

// find returns the row that names dir, or a directory above it with "/...".
func find(rows []row, dir string) *row {
	i := slices.IndexFunc(rows, func(r row) bool {
		top, tree := strings.CutSuffix(r.pkg, "/...")
		return dir == top || tree && strings.HasPrefix(dir, top+"/")
	})
	if i < 0 {
		return nil
	}
	return &rows[i]
}

var thirdPartyRule = Rule{
	Name:  "thirdparty",
	Why:   "whoever imports a channel must not have the version of anything else decided for him; the root module requires nothing, ever, also not in tests",
	Do:    "use the standard library, or put the code in a module of its own",
	check: checkThirdParty,
}

func checkThirdParty(t *Tree, report reporter) {
	for _, f := range t.goFiles() {
		if t.module(f.dir()) != "." {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if isThirdParty(pathOf(spec)) {
				report(f.at(spec), "the root module imports %s", pathOf(spec))
			}
		}
	}
}

// isThirdParty relies on the dot in the host, which standard packages lack.
func isThirdParty(importPath string) bool {
	host, _, _ := strings.Cut(importPath, "/")
	_, ours := directory(importPath)
	return !ours && strings.Contains(host, ".")
}
