package main

import (
	"encoding/json"
	"sync"

	"github.com/runnel-go/runnel/cmd/runnel/internal/job"
	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// notes tells on standard error what happens to records while the job runs.
type notes struct {
	console *screen.Console
	json    bool
	dead    string // the file of dead letters, "" if there is none

	mu   sync.Mutex
	told int
}

// mostTold is how many dead letters are told of if all of them are in a file.
const mostTold = 10

func newNotes(c *screen.Console, f *workFlags) *notes {
	return &notes{console: c, json: f.json, dead: f.dead}
}

// Dead tells of a record that was given up. Without a file this is the only trace of it, so that none is left out.
func (n *notes) Dead(l *job.Letter) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told++
	switch {
	case n.json && n.dead == "":
		n.object("dead", l)
	case n.json, n.dead != "" && n.told > mostTold+1:
	case n.dead != "" && n.told > mostTold:
		n.console.Printf("runnel: more records failed; all are in %s", n.dead)
	default:
		n.console.Printf("runnel: %s", l)
	}
}

// Stderr passes on what a successful command wrote to its standard error.
func (n *notes) Stderr(s string) { n.console.Text(s) }

// Stopping tells how to stop harder.
func (n *notes) Stopping() {
	if !n.json {
		n.console.Printf("runnel: stopping: running commands finish; Ctrl-C again kills them")
	}
}

// object writes a line of JSON with one member, whose name tells what it is.
func (n *notes) object(name string, v any) { writeObject(n.console, name, v) }

func writeObject(c *screen.Console, name string, v any) {
	line, err := json.Marshal(map[string]any{name: v})
	if err != nil {
		c.Printf("runnel: %v", err)
		return
	}
	c.Text(string(line))
}
