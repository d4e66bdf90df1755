package flow_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

var update = flag.Bool("update", false, "write what happens into the transcripts")

// TestTranscript runs the conversations of testdata: a command, "----", and everything that
// happened until nothing more could happen. They read as documentation of what a flow does.
//
//	go test ./flow -run Transcript -update      rewrites what happened
//
// What happened is told in this order: what the functions of processes did, process after process;
// failures; processes that have ended; commands that have
// returned; the accounts of edges that have changed; the log. A line "at 2s" comes before what happened at
// that time of an advance.
//
//	double: 1 -> 2, 2 -> 4      the function was called with 1 and gave 2, then with 2
//	double: 1 -> 2 …            it has not returned yet
//	double: … 1 -> 3            and goes on later
//	double: 1 failed            an error; or: panicked, exited, said done, gave up
//	sum: told paused, 1         transitions of which a state is told
//
// Where chance decides on the order, as in a process with several inputs or workers, what happened
// at one moment is sorted.
func TestTranscript(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { transcribe(t, file, string(data)) })
		})
	}
}

func transcribe(t *testing.T, file, text string) {
	script, err := parseScript(file, text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := script.play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case got == text:
	case *update:
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s; -update writes what happened:\n%s", firstDifference(file, text, got), got)
	}
}

// firstDifference names the first line that differs.
func firstDifference(file, want, got string) string {
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wants), len(gots)) {
		if wants[i] != gots[i] {
			return fmt.Sprintf("%s:%d: got %q, want %q", file, i+1, gots[i], wants[i])
		}
	}
	return fmt.Sprintf("%s:%d: got %d lines", file, min(len(wants), len(gots)), len(gots))
}

// script is a transcript: a series of blocks.
type script struct {
	file   string
	blocks []block
}

// block is a command and what happened, with the comments and empty lines before it.
type block struct {
	before  []string
	command []string // its lines
	line    int      // of the first of them, from 1
	after   []string // "----" and what happened, as the file has it
}

// parseScript reads a transcript.
func parseScript(file, text string) (*script, error) {
	s := &script{file: file}
	var b block
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case line == "----" && b.command == nil:
			return nil, s.wrong(i+1, "no command before ----")
		case line == "----":
			for ; i < len(lines) && lines[i] != ""; i++ {
				b.after = append(b.after, lines[i])
			}
			s.blocks = append(s.blocks, b)
			b = block{}
			if i < len(lines) {
				b.before = append(b.before, "")
			}
		case b.command != nil:
			b.command = append(b.command, line)
		case line == "" || strings.HasPrefix(line, "#"):
			b.before = append(b.before, line)
		default:
			b.command, b.line = []string{line}, i+1
		}
	}
	if b.command != nil {
		return nil, s.wrong(b.line, "no ---- after the command %q", b.command[0])
	}
	if len(s.blocks) == 0 {
		return nil, s.wrong(len(lines), "no command")
	}
	s.blocks = append(s.blocks, b) // comments at the end
	return s, nil
}

func (s *script) wrong(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", s.file, line, fmt.Sprintf(format, args...))
}

// play carries out the commands, and returns the transcript with what happened.
func (s *script) play(ctx context.Context) (string, error) {
	st := newStage(ctx)
	defer st.clear()
	var text strings.Builder
	for _, b := range s.blocks {
		writeLines(&text, b.before)
		if b.command == nil {
			continue
		}
		happened, at, err := st.command(b.command)
		if err != nil {
			return "", s.wrong(b.line+at, "%v", err)
		}
		writeLines(&text, b.command)
		writeLines(&text, append([]string{"----"}, happened...))
	}
	if wrong := st.close(); wrong != "" {
		return "", s.wrong(strings.Count(text.String(), "\n"), "at the end: %s", wrong)
	}
	return text.String(), nil
}

func writeLines(to *strings.Builder, lines []string) {
	for _, line := range lines {
		to.WriteString(line)
		to.WriteByte('\n')
	}
}

// A transcript that is none is told by file and line.
func TestTranscriptMalformed(t *testing.T) {
	const fine = "graph\na source 1\nb sink\na -> b\n----\n\n"
	for text, want := range map[string]string{
		"":                                      "x.txt:1: no command",
		"# only a comment\n":                    "x.txt:1: no command",
		"----\nok\n":                            "x.txt:1: no command before ----",
		"\n\nstart\n":                           `x.txt:3: no ---- after the command "start"`,
		"start\n----\n":                         "x.txt:1: there is no graph yet",
		fine + "drain\n----\n":                  "x.txt:7: the flow has not been started",
		fine + "strat\n----\n":                  `x.txt:7: there is no command "strat"`,
		fine + "start\n----\n\nadvance\n----\n": `x.txt:10: want a duration after "advance", a multiple of 100ms, not ""`,
		fine + "fail c 1\n----\n":               `x.txt:7: there is no process "c"`,
		fine + "fail a x\n----\n":               `x.txt:7: want a number after "fail", not "x"`,
		fine + "fail a 1 loudly\n----\n":        `x.txt:7: no function fails by "loudly"`,
		fine + "start now\n----\n":              `x.txt:7: "now" is left over`,
		"graph\na source 1\nb sinc\n----\n":     `x.txt:3: "sinc" is no kind of process`,
		"graph\na source x\n----\n":             `x.txt:2: a source has no "x"`,
		"graph\na -> b wide\n----\n":            `x.txt:2: "wide" is no policy of an edge`,
		"graph\na -> b buffer\n----\n":          `x.txt:2: want a number after "buffer", not ""`,
		"graph\na source 1 every 1ms\n----\n":   `x.txt:2: want a duration after "every", a multiple of 100ms, not "1ms"`,
	} {
		synctest.Test(t, func(t *testing.T) {
			script, err := parseScript("x.txt", text)
			if err == nil {
				_, err = script.play(t.Context())
			}
			if err == nil || err.Error() != want {
				t.Errorf("%q: got %v, want %s", text, err, want)
			}
		})
	}
}
