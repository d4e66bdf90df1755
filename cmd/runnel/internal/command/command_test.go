package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

func one(t *testing.T, f record.Format, in string) *record.Record {
	t.Helper()
	r, err := record.NewReader(strings.NewReader(in), f, 1000)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestTemplate(t *testing.T) {
	csv := one(t, record.CSV, "id,full name\n7,Ada\n")
	object := one(t, record.NDJSON, `{"a":{"b":"x","n":1.0},"a.c":true,"":5}`)
	line := one(t, record.Lines, "text")
	for _, c := range []struct {
		rec     *record.Record
		columns []string
		arg     string
		want    string
		onStdin bool
	}{
		{line, nil, "plain", "plain", true},
		{line, nil, "<{}>", "<text>", false},
		{line, nil, "{}{}", "texttext", false},
		{line, nil, "{{}}", "{}", true},
		{line, nil, "{{name}}", "{name}", true},
		{line, nil, "{print $1}", "{print $1}", true},
		{line, nil, "${x:-1}{ }{,}", "${x:-1}{ }{,}", true},
		{line, nil, "}{", "}{", true},
		{csv, []string{"id", "full name"}, "{id}/{full name}", "7/Ada", false},
		{csv, []string{"id", "full name"}, "{{id}}", "{id}", true},
		{csv, []string{"id", "full name"}, "{other name}", "{other name}", true},
		{object, nil, "{a.b} {a.n} {a.c} {a}", `x 1.0 true {"b":"x","n":1.0}`, false},
	} {
		tpl, err := Parse([]string{"cmd", c.arg}, c.rec.Format, c.columns)
		if err != nil {
			t.Errorf("%s: %v", c.arg, err)
			continue
		}
		got, err := tpl.Fill(c.rec)
		if want := []string{"cmd", c.want}; err != nil || !slices.Equal(got, want) || tpl.OnStdin() != c.onStdin {
			t.Errorf("%s: %q, %v, on stdin %v, want %q, %v", c.arg, got, err, tpl.OnStdin(), want, c.onStdin)
		}
	}
}

func TestFixed(t *testing.T) {
	for arg, want := range map[string]string{"sh": "sh", "{}": "", "bin-{}": "", "{{}}": "{}"} {
		tpl, err := Parse([]string{arg}, record.Lines, nil)
		if err != nil || tpl.Fixed() != want {
			t.Errorf("%s: %q, %v, want %q", arg, tpl.Fixed(), err, want)
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var tail Tail
	for i := range 5000 {
		fmt.Fprintf(&tail, "line %d\n", i)
	}
	s := tail.String()
	first, rest, _ := strings.Cut(s, "\n")
	if !strings.HasSuffix(s, "\nline 4999\n") || len(rest) > tailSize || !strings.HasPrefix(rest, "line ") {
		t.Errorf("the tail is %q", s)
	}
	var lost int
	if _, err := fmt.Sscanf(first, "[%d bytes before this are left out]", &lost); err != nil || lost+len(rest) != 48890 {
		t.Errorf("%q and %d bytes, of 48890", first, len(rest))
	}
	if tail.LastLine() != "line 4999" {
		t.Errorf("last line %q", tail.LastLine())
	}
}

func TestLastLineIsPrintable(t *testing.T) {
	var tail Tail
	_, _ = tail.Write([]byte("x\n \x1b[31mred\xff\t!\n\n"))
	if got := tail.LastLine(); strings.ContainsFunc(got, func(r rune) bool { return r < ' ' }) || !strings.Contains(got, "red") {
		t.Errorf("last line %q", got)
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan Result)
	go func() { done <- Run(ctx, Call{Args: []string{"sleep", "1000"}, MaxOutput: 10}) }()
	cancel(errors.New("enough"))
	if res := <-done; res.Failure == nil || res.Failure.Kind != Stopped {
		t.Fatalf("failure %v", res.Failure)
	}
}

// A process that leaves the group can hold the output open; that must not hold up the job for long, nor pass as success.
func TestRunIsNotHeldUpByAnEscapedProcess(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Fatal(err) // part of every Linux; on other systems install it
	}
	t.Chdir(t.TempDir())
	script := `setsid sh -c 'touch away; exec sleep 30' & until [ -e away ]; do sleep 0.01; done`
	res := Run(t.Context(), Call{Args: []string{"sh", "-c", script}, MaxOutput: 10})
	if res.Failure == nil || res.Failure.Kind != Output || res.Failure.Code != 0 {
		t.Fatalf("failure %v", res.Failure)
	}
}
