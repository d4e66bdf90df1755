package sim

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// title is what a report calls a task. It has at most maxTitle characters.
func (t *task) title() string {
	if t.id == clockID {
		return "clock"
	}
	name, ordinal := t.ownName(), ""
	n := 1
	for _, u := range t.world.tasks[:t.id] {
		if u.ownName() == name {
			n++
		}
	}
	if n > 1 {
		ordinal = " " + strconv.Itoa(n)
	}
	return cut(name, maxTitle-len(ordinal)) + ordinal
}

// ownName is what tells a task apart from others, but for a number: the name that it was given,
// or that of its function.
func (t *task) ownName() string {
	switch {
	case t.name != "":
		return t.name
	case t.id == 0:
		return "body"
	}
	if name := functionName(t.f); name != "" {
		return name
	}
	return "task " + t.path()
}

// functionName is the name of f as in a stack trace, without its package; it is empty for a
// function literal in a test, and for one that runnel has put around the user's.
func functionName(f func()) string {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn == nil { // f is nil
		return ""
	}
	if file, _ := fn.FileLine(fn.Entry()); isOurs(file) {
		return ""
	}
	_, name, _ := strings.Cut(fn.Name()[strings.LastIndexByte(fn.Name(), '/')+1:], ".")
	for _, prefix := range []string{"Test", "Example", "Benchmark", "Fuzz", "init", "glob."} {
		if strings.HasPrefix(name, prefix) && strings.Contains(name, ".") {
			return ""
		}
	}
	return strings.NewReplacer("(*", "", ")", "", "[...]", "", "-fm", "").Replace(name)
}
