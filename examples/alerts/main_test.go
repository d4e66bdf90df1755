package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

const feed = "../data/earthquakes.csv"

func alerts(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, &out, &err)
	return code, out.String(), err.String()
}

// The story is the same each time, whatever the order of retries.
func TestStory(t *testing.T) {
	code, got, stderr := alerts(t.Context(), "-feed", feed)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	const path = "testdata/story.txt"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("got\n%s\nwant (%v)\n%s", got, err, want)
	}
}

// The README shows the story as it is.
func TestReadme(t *testing.T) {
	story, err := os.ReadFile("testdata/story.txt")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil || !strings.Contains(string(readme), "<!-- go run ./examples/alerts -->\n```text\n"+string(story)+"```\n") {
		t.Errorf("the README has another story (%v)", err)
	}
}

func TestEachLetter(t *testing.T) {
	_, got, _ := alerts(t.Context(), "-feed", feed, "-dead")
	if n := strings.Count(got, "\n  letter "); n != 31 || !strings.Contains(got, "key ") || !strings.Contains(got, "depth of -") {
		t.Errorf("%d letters are printed:\n%s", n, got)
	}
}

func TestTrouble(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.csv")
	text := "id,time,mag,place,lon,lat,depth,type,net\na,yesterday,1,here,0,0,5,earthquake,us\n"
	if err := os.WriteFile(bad, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, want string
		ctx        context.Context
		args       []string
		code       int
	}{
		{"help", "-feed file", t.Context(), []string{"-h"}, 0},
		{"flag", "flag provided but not defined: -dread", t.Context(), []string{"-dread"}, 2},
		{"file", "alerts: open none.csv", t.Context(), []string{"-feed", "none.csv"}, 1},
		{"record", `bad.csv: record 1: parsing time "yesterday"`, t.Context(), []string{"-feed", bad}, 1},
		{"interrupt", "alerts: ", ended, []string{"-feed", feed}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, stderr := alerts(c.ctx, c.args...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, %q; want %d and %q", code, stderr, c.code, c.want)
			}
		})
	}
}
