package arch

import (
	"fmt"
	"path"
	"regexp"
)

// The patterns are put together from pieces: this file is under the rules too.
var (
	markers = regexp.MustCompile(`\b(` + "TO" + "DO|FIX" + "ME|XX" + `X)\b`)
	paths   = regexp.MustCompile(`(?:^|[\s"'` + "`" + `(=:<\[])/` + `((?:work|tmp|root|home)/[\w.-]*)`)
)

var markerRule = Rule{
	Name:  "marker",
	Why:   "a marker in the code is a promise that nobody keeps a list of",
	Do:    "do it now, or open an issue and describe the present state in plain words",
	check: func(t *Tree, report reporter) { grep(t, markers, "leftover marker %s", report) },
}

var pathRule = Rule{
	Name:  "path",
	Why:   "a path of one machine means nothing on another",
	Do:    "use a path from the top of the repository, or a temporary directory made for the purpose",
	check: func(t *Tree, report reporter) { grep(t, paths, "path of a machine: /%s", report) },
}

// grep reports the first group of a pattern in every text; checksums are none.
func grep(t *Tree, pattern *regexp.Regexp, format string, report reporter) {
	for _, f := range t.files {
		if f.isBinary() || path.Ext(f.path) == ".sum" {
			continue
		}
		for i, text := range f.lines() {
			if m := pattern.FindStringSubmatch(text); m != nil {
				report(fmt.Sprintf("%s:%d", f.path, i+1), format, m[1])
			}
		}
	}
}
