package group

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
)

var update = flag.Bool("update", false, "write the transcripts in testdata as they are now")

// Each file of testdata is a story: comments, and lines that begin with "> " and are played. Below each
// stands what the machine answers and what its state is then. The test is that they are still the same.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 11 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { transcript(t, file) })
	}
}

func transcript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := retell(string(text))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != string(text) {
		t.Errorf("the story goes otherwise now; go test -run Transcripts -update writes it:\n%s", got)
	}
}

// retell plays the events of a story, and writes it anew.
func retell(text string) string {
	s := &story{keys: map[uint64]string{}, tokens: map[string]uint64{}}
	s.group = New(driver.Unordered, s.key)
	var out strings.Builder
	for line := range strings.Lines(text) {
		switch event, isEvent := strings.CutPrefix(line, "> "); {
		case isEvent:
			out.WriteString(line)
			fmt.Fprintf(&out, "    %s\n", s.play(strings.Fields(event)))
			fmt.Fprintf(&out, "    %s\n", s.state())
		case !strings.HasPrefix(line, " "):
			out.WriteString(line)
		}
	}
	return out.String()
}

type story struct {
	group  *Group
	keys   map[uint64]string
	owners []string          // by number
	tokens map[string]uint64 // by owner and position
}

func (s *story) key(pos uint64) string { return s.keys[pos] }

// play plays one event, and returns the effect.
func (s *story) play(f []string) string {
	f = append(f, "", "", "", "")
	switch f[0] {
	case "order":
		s.group = s.group.Reordered(orders[f[1]])
		return "-"
	case "add":
		s.keys[num(f[1])] = f[2]
		s.group.Add(num(f[1]), f[2])
		return "-"
	case "restore": // pos attempts at [key]
		s.keys[num(f[1])] = f[4]
		s.group.Restore(num(f[1]), f[4], Kept{Attempts: int(num(f[2])), At: Time(num(f[3]))})
		return "-"
	case "take": // owner until
		return s.take(f[1], Time(num(f[2])))
	case "time":
		return told(s.group.Advance(Time(num(f[1])), nil))
	case "leave": // owner
		return told(s.group.Return(s.owner(f[1]), nil))
	case "remove": // pos why
		return fmt.Sprintf("ended: %v", s.group.Remove(num(f[1]), Why(1+slices.Index(whys, f[2]))))
	case "restart": // tokens
		s.group = New(s.group.order, s.key)
		s.group.TokensAfter(num(f[1]))
		return "-"
	}
	return s.settle(f)
}

// settle is verb pos owner [at [attempts]].
func (s *story) settle(f []string) string {
	verb := slices.Index([]string{"ack", "release", "extend", "retry", "dead"}, f[0])
	if verb < 0 {
		panic(fmt.Sprintf("no event is called %q", f[0]))
	}
	fate, why := s.group.Settle(&Event{Pos: num(f[1]), Token: s.tokens[f[2]+f[1]], Verb: driver.Verb(verb),
		At: Time(num(f[3])), Attempts: int(num(f[4]))})
	if why != 0 {
		return fmt.Sprintf("%s: %s", fates[fate], whys[why-1])
	}
	return fates[fate]
}

func (s *story) take(owner string, until Time) string {
	g, ok := s.group.Take(s.owner(owner), until)
	if !ok {
		return "nothing"
	}
	s.tokens[owner+strconv.FormatUint(g.Pos, 10)] = g.Token
	line := fmt.Sprintf("%s gets %d, token %d", owner, g.Pos, g.Token)
	if g.Again {
		line += fmt.Sprintf(", again: attempts %d, lapses %d", g.Attempts, g.Lapses)
	}
	return line
}

func (s *story) owner(name string) uint64 {
	i := slices.Index(s.owners, name)
	if i < 0 {
		i = len(s.owners)
		s.owners = append(s.owners, name)
	}
	return uint64(i)
}

// state tells where each record is.
func (s *story) state() string {
	g := s.group
	var lines []string
	for _, pos := range g.positions() {
		e := g.out.get(pos)
		switch {
		case e == nil && g.fresh.has(pos):
			lines = append(lines, fmt.Sprintf("%d ready", pos))
		case e == nil:
			lines = append(lines, fmt.Sprintf("%d held by %s", pos, s.keys[pos]))
		default:
			lines = append(lines, s.entry(e))
		}
	}
	if len(lines) == 0 {
		return "[]"
	}
	return "[" + strings.Join(lines, "; ") + "]"
}

func (s *story) entry(e *entry) string {
	line := fmt.Sprintf("%d %s", e.pos, []string{"ready again", "leased", "retrying", "held again"}[e.phase])
	switch e.phase {
	case leased:
		line = fmt.Sprintf("%d with %s until %d", e.pos, s.owners[e.owner], e.rank)
	case retrying:
		line += fmt.Sprintf(" at %d", e.rank)
	}
	if e.lapsed {
		line += ", lapsed"
	}
	if e.doom != 0 {
		line += ", doomed: " + whys[e.doom-1]
	}
	return line
}

var (
	orders = map[string]driver.Order{"Unordered": driver.Unordered, "PerKey": driver.PerKey, "Strict": driver.Strict}
	whys   = []string{"expired", "oldest", "replaced", "deleted"}
	fates  = []string{"lost", "goes on", "acked", "dead", "doomed"}
)

func told(ends []End) string {
	if len(ends) == 0 {
		return "-"
	}
	var lines []string
	for _, e := range ends {
		lines = append(lines, fmt.Sprintf("%d has ended: %s", e.Pos, whys[e.Why-1]))
	}
	return strings.Join(lines, "; ")
}

func num(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}
