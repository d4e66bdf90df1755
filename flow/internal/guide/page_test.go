package guide_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/internal/page"
)

var update = flag.Bool("update", false, "write the page anew")

const graphs = "../../../docs/guide/graphs.md"

func TestPage(t *testing.T) { page.Check(t, graphs, "*_test.go", *update) }

// picture is what GitHub draws: what the example of the picture prints.
var picture = regexp.MustCompile("(?s)<!-- mermaid -->\n```mermaid\n(.*?)```\n")

func TestPicture(t *testing.T) {
	text, err := os.ReadFile(graphs)
	if err != nil {
		t.Fatal(err)
	}
	_, printed, _ := strings.Cut(string(text), "fmt.Print(g.Mermaid())\n// Output:\n")
	printed, _, _ = strings.Cut(printed, "```")
	printed = strings.TrimPrefix(strings.ReplaceAll("\n"+printed, "\n// ", "\n"), "\n")
	if m := picture.FindSubmatch(text); m == nil || string(m[1]) != printed {
		t.Errorf("the picture is not what the example of the picture prints:\n%s", printed)
	}
}
