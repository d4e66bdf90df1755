package guide_test

import (
	"flag"
	"testing"

	"github.com/runnel-go/runnel/internal/page"
)

var update = flag.Bool("update", false, "write the pages anew")

func TestPages(t *testing.T) {
	for _, name := range []string{
		"messages",
		"deadletters",
		"contracts",
		"observing",
	} {
		t.Run(name, func(t *testing.T) {
			page.Check(t, "../../../docs/guide/"+name+".md", name+"*_test.go", *update)
		})
	}
}
