package mq

import "strings"

// Functions that are no part of an application: they stand between it and the panic, or below it.
var foreign = []string{
	"runtime.", "runtime/", "panic(", "testing.", "reflect.", "internal/", "sync.",
	"github.com/runnel-go/runnel.", "github.com/runnel-go/runnel/mq.", "github.com/runnel-go/runnel/sim.",
}

// frames are the application's functions on the top of a stack as runtime/debug.Stack tells it, from
// where the panic began, at most most of them. Functions alone: lines move with every edit.
func frames(stack string, most int) []string {
	var found []string
	for line := range strings.Lines(fromPanic(stack)) {
		name, ok := function(line)
		if ok && len(found) < most {
			found = append(found, name)
		}
	}
	return found
}

// fromPanic is the part of a stack below the last call of panic, that is, of the first one in time;
// the whole if there is none.
func fromPanic(stack string) string {
	if i := strings.LastIndex(stack, "\npanic("); i >= 0 {
		return stack[i+1:]
	}
	return stack
}

// function is the name in a line of a stack, if that tells a function of the application.
func function(line string) (name string, ok bool) {
	call := strings.TrimSpace(line)
	i := strings.LastIndex(call, "(")
	if i <= 0 || line[0] == '\t' || strings.HasPrefix(line, "created by ") {
		return "", false
	}
	for _, f := range foreign {
		if strings.HasPrefix(call, f) {
			return "", false
		}
	}
	return strings.TrimSuffix(call[:i], "[...]"), true
}
