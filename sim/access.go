package sim

import (
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/runnel-go/runnel/internal/hook"
)

// steps is the directory of package step.
var steps = filepath.Join(filepath.Dir(here), "internal", "step")

// siteOf is where in the program an operation is. That of an access to a word is in the root
// package, and the line of the user's code that led to it follows.
func (w *world) siteOf(o *op) string {
	if o.kind < hook.Load {
		return w.callSite()
	}
	return accessSite() + " < " + w.callSite()
}

// accessSite is the line of the root package that led to an access.
func accessSite() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if filepath.Dir(f.File) == filepath.Dir(here) {
			return filepath.Base(f.File) + ":" + strconv.Itoa(f.Line)
		}
		if !more {
			return ""
		}
	}
}
