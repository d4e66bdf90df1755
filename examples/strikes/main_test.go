package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/runnel-go/runnel/flow"
)

var update = flag.Bool("update", false, "write testdata and the picture in the README anew")

const (
	readme     = "../../README.md"
	theFlights = "../data/flights.csv"
	theStrikes = "../data/strikes.csv"
)

// strikesOn runs the program.
func strikesOn(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, &out, &err)
	return code, out.String(), err.String()
}

func TestTable(t *testing.T) {
	code, got, stderr := strikesOn(context.Background(), "-flights", theFlights, "-strikes", theStrikes)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	want := golden(t, "testdata/table.txt", got)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// golden returns what is in a file, after writing it anew if that is wanted.
func golden(t *testing.T, path, got string) string {
	t.Helper()
	if *update {
		write(t, path, got)
	}
	return read(t, path)
}

// The account adds up for any input, with the bad records in it.
func TestAccount(t *testing.T) {
	dir := t.TempDir()
	flights, strikes := filepath.Join(dir, "flights.csv"), filepath.Join(dir, "strikes.csv")
	write(t, flights, `time,delay,distance
08:00,1,100
08:59,3,100
half past nine,1,100
10:00,soon,100
10:01,-5,100
09:59,7,100
10:02,1
10:03,5,"100
`)
	write(t, strikes, `date,time_of_day,operator,damage,cost
2001-01-01,Day,UNKNOWN,Minor,5
2001-01-02,Noon,UNKNOWN,None,0
2001-01-03,Night,UNKNOWN,None,0
`)
	code, got, stderr := strikesOn(context.Background(), "-flights", flights, "-strikes", strikes, "-status")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"08:00        2     2.0 min\n10:00        1    -5.0 min\n",
		"day   07-18        3  100.0 %    -0.3 min        1   50.0 %         1                0.50\n",
		"night 20-05        0    0.0 %     0.0 min        1   50.0 %         0                   -\n",
		`failed: flights.csv:4: time "half past nine": want one from 00:00 to 23:59` + "\n",
		`failed: flights.csv:5: delay "soon": want minutes` + "\n",
		"failed: flights.csv:7: 09:59 comes after the window from 10:00 on\n",
		"failed: flights.csv:8: 2 fields, want 3: time, delay, distance\n",
		`failed: flights.csv:9: no record: extraneous or missing " in quoted-field` + "\n",
		`failed: strikes.csv:3: time of day "Noon": want Dawn, Day, Dusk or Night` + "\n",
		"flights: 8 read = 3 counted + 5 failed\n",
		"strikes: 3 read = 2 counted + 1 failed\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if want := "strikes by the time of day: over"; !strings.Contains(stderr, want) {
		t.Errorf("no %q in %s", want, stderr)
	}
}

// What fails otherwise than on a bad record ends the flow.
func TestPanicIsNoBadRecord(t *testing.T) {
	p := &program{}
	failure := &flow.Failure{Process: "join", Err: errors.New("panic: oops")}
	if err := p.keep(context.Background(), failure); !errors.Is(err, failure.Err) || len(p.bad) > 0 {
		t.Errorf("%v, and kept as a bad record: %v", err, p.bad)
	}
}

// A flow that is told to end before it has read all ends, and its account adds up.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	code, got, stderr := strikesOn(ctx, "-flights", theFlights, "-strikes", theStrikes)
	if want := "strikes: interrupted: this is what was read until then\n"; code != 1 || stderr != want {
		t.Errorf("exit code %d, %q, want 1, %q", code, stderr, want)
	}
	accounts := regexp.MustCompile(`(?m)^\w+: (\d+) read = (\d+) counted \+ (\d+) failed$`).FindAllStringSubmatch(got, -1)
	if len(accounts) != 2 {
		t.Fatalf("no account of both files in\n%s", got)
	}
	for _, a := range accounts {
		if number(t, a[1]) != number(t, a[2])+number(t, a[3]) {
			t.Error(a[0])
		}
	}
}

func TestBadArguments(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.csv")
	write(t, empty, "")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-flights", "nowhere.csv", "-strikes", theStrikes}, 1, "strikes: open nowhere.csv: no such file or directory; -flights and -strikes say where the files are\n"},
		{[]string{"-flights", theFlights, "-strikes", empty}, 1,
			"strikes: " + empty + ": want a file that begins with the line date,time_of_day,operator,damage,cost\n"},
		{[]string{"-flights", theStrikes, "-strikes", theStrikes}, 1,
			"strikes: " + theStrikes + ": want a file that begins with the line time,delay,distance\n"},
		{[]string{"-flights", t.TempDir(), "-strikes", theStrikes}, 1, ": want a file that begins with the line time,delay,distance\n"},
		{[]string{"-quick"}, 2, "flag provided but not defined: -quick\n"},
		{[]string{"more.csv"}, 2, "strikes: unexpected argument \"more.csv\"; files are given by -flights and -strikes\n"},
		{[]string{"-h"}, 0, "-status"},
	} {
		code, stdout, stderr := strikesOn(context.Background(), c.args...)
		if code != c.code || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%q: exit code %d, %q, %q, want %d, %q", c.args, code, stdout, stderr, c.code, c.want)
		}
	}
}

// A table that cannot be written is an error.
func TestFullDisk(t *testing.T) {
	var stderr bytes.Buffer
	code := run(context.Background(), []string{"-flights", theFlights, "-strikes", theStrikes}, full{}, &stderr)
	if want := "strikes: write : no space left on device\n"; code != 1 || stderr.String() != want {
		t.Errorf("exit code %d, %q, want 1, %q", code, stderr.String(), want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, &os.PathError{Op: "write", Err: syscall.ENOSPC} }

// The README has the graph as code and as a picture.
func TestReadme(t *testing.T) {
	code, picture, stderr := strikesOn(context.Background(), "-graph")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	_, source, _ := strings.Cut(read(t, "graph.go"), "func (p *program) graph()")
	source, _, _ = strings.Cut(source, "\n}\n")
	inReadme(t, "<!-- from examples/strikes/graph.go -->\n```go\n", "func (p *program) graph()"+source+"\n}\n")
	inReadme(t, "<!-- go run ./examples/strikes -graph -->\n```mermaid\n", picture)
}

// inReadme compares a block of the README with what it is to be.
func inReadme(t *testing.T, head, want string) {
	t.Helper()
	before, rest, found := strings.Cut(read(t, readme), head)
	got, after, ended := strings.Cut(rest, "```\n")
	switch {
	case !found || !ended:
		t.Errorf("no block after %q", head)
	case got != want && *update:
		write(t, readme, before+head+want+"```\n"+after)
	case got != want:
		t.Errorf("go test ./examples/strikes -update; the README has\n%s\nthe example\n%s", got, want)
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
