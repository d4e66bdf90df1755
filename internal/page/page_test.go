package page

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// answer is the answer.
const answer = 42

// twice doubles n.
func twice(n int) int { return 2 * n }

func Example_answer() {
	double := []func(int) int{twice}
	fmt.Println(double[0](answer / 2))
	// Output:
	// 42
}

const whole = "# Twice as much\n\n[above](#twice-as-much)\n\n" +
	"<!-- decl: answer -->\n```go\n// answer is the answer.\nconst answer = 42\n```\n" +
	"<!-- func: twice -->\n```go\n// twice doubles n.\nfunc twice(n int) int { return 2 * n }\n```\n" +
	"<!-- example: answer -->\n```go\ndouble := []func(int) int{twice}\nfmt.Println(double[0](answer / 2))\n// Output:\n// 42\n```\n" +
	"<!-- output: answer -->\n```text\n42\n```\n\n    New[int](n)\n"

// judge remembers what Check says.
type judge struct {
	testing.TB
	said []string
}

func (j *judge) Helper()                   {}
func (j *judge) Errorf(f string, a ...any) { j.said = append(j.said, fmt.Sprintf(f, a...)) }

func TestPages(t *testing.T) {
	for _, c := range []struct{ name, old, new, says string }{
		{name: "as it is"},
		{"changed function", "return 2 * n", "return n + n", "is not what the code is"},
		{"changed output", "```text\n42", "```text\n43", "is not what the code is"},
		{"unknown function", "func: twice", "func: thrice", "there is no thrice"},
		{"forgotten example", "example: answer", "example: other", "there is no Example_other"},
		{"dead heading", "(#twice-as-much)", "(#thrice)", "no heading for #thrice"},
		{"dead link", "(#twice-as-much)", "(gone.md)", "gone.md"},
		{"code from nowhere", "```text\n42\n```\n", "```text\n42\n```\n```go\nx\n```\n", "3 of 4 blocks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "page.md")
			if err := os.WriteFile(path, []byte(strings.Replace(whole, c.old, c.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			j := &judge{TB: t}
			Check(j, path, "page_test.go", false)
			if c.says == "" && len(j.said) != 0 ||
				c.says != "" && !slices.ContainsFunc(j.said, func(s string) bool { return strings.Contains(s, c.says) }) {
				t.Errorf("it says %q, want %q", j.said, c.says)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(whole, "42\n", "?\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	Check(t, path, "page_test.go", true)
	if got := read(t, path); got != whole {
		t.Errorf("the page is now\n%s", got)
	}
}
