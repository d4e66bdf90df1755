package drivertest

import (
	"strings"
	"testing"
)

// Where time is real the suite works, too: here by cases that a slow machine cannot make fail.
func TestRealTime(t *testing.T) {
	h := Harness{New: brokenBroker(&fault{})}
	for _, c := range Cases() {
		if strings.HasPrefix(c.Name, "Publish/") || strings.HasPrefix(c.Name, "Dedup/Race") || c.Name == "Delay/NotBefore" {
			t.Run(c.Name, func(t *testing.T) { c.test(t, h) })
		}
	}
}
