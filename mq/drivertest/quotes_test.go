package drivertest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every case quotes the contract as it is: a quote that the contract does not have any more is found.
func TestQuotes(t *testing.T) {
	contract := contractText(t)
	names := map[string]bool{}
	for _, c := range Cases() {
		if names[c.Name] {
			t.Errorf("two cases are called %s", c.Name)
		}
		names[c.Name] = true
		for _, part := range strings.Split(c.Quote, " … ") {
			if !strings.Contains(contract, plain(part)) {
				t.Errorf("%s quotes what is not in package driver: %q", c.Name, c.Quote)
			}
		}
	}
}

// contractText is the text of package driver in one line, without comment signs.
func contractText(t *testing.T) string {
	files, err := filepath.Glob("../driver/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("package driver is not where it was: %v", err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return plain(all.String())
}

var space = regexp.MustCompile(`(\s|//|=|\biota\b)+`)

func plain(s string) string { return space.ReplaceAllString(s, " ") }
