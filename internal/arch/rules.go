package arch

import "fmt"

// A Rule is one thing that must hold for the whole repository.
type Rule struct {
	Name  string // as in testdata/<Name>-*.txtar
	Why   string
	Do    string // what to do when it is broken
	check func(*Tree, reporter)
}

// A Problem is one place where a rule is broken.
type Problem struct {
	Where string // path, or path:line
	What  string
}

// A reporter takes the place and the description of a problem.
type reporter func(where, format string, args ...any)

// Rules are all rules, in the order in which they are worth reading.
var Rules = []Rule{
	importRule, thirdPartyRule, moduleRule, workspaceRule,
	commentRule, nameRule, fileSizeRule, funcSizeRule, medianRule,
	trickRule, sleepRule, markerRule, pathRule,
}

// Check applies the rule to a tree.
func (r Rule) Check(t *Tree) []Problem {
	var found []Problem
	r.check(t, func(where, format string, args ...any) {
		found = append(found, Problem{where, fmt.Sprintf(format, args...)})
	})
	return found
}

// Explain says what a reader needs who has met the problem for the first time.
func (r Rule) Explain(p Problem) string {
	return fmt.Sprintf("%s: %s\n\twhy: %s\n\tdo:  %s", p.Where, p.What, r.Why, r.Do)
}
