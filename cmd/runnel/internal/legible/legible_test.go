package legible

import (
	"slices"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	long := strings.Repeat("ä", 61)
	for in, want := range map[string]string{
		"plain text, ä": "plain text, ä",
		"a\x1b[31mred":  `"a\x1b[31mred"`,
		"\xff":          `"\xff"`,
		"a\nb":          `"a\nb"`,
		long:            long[:120] + "…",
		long + "\n":     `"` + long[:120] + `"…`,
		"":              "",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	if got := Quoted("a"); got != `"a"` {
		t.Error(got)
	}
}

func TestList(t *testing.T) {
	if got := List([]string{"a", "b c", "\x00"}); got != `a, b c, "\x00"` {
		t.Error(got)
	}
	for _, long := range [][]string{slices.Repeat([]string{"name"}, 30), slices.Repeat([]string{""}, 1000)} {
		if got := List(long); got != "" {
			t.Errorf("%d names are listed: %s", len(long), got)
		}
	}
}
