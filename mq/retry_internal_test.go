package mq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
)

// The state machine of retry, told as transcripts: what happens → what follows.
func TestJudge(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	plain, drained := errors.New("no"), outcome{err: context.Canceled, cause: errDrained}
	events := map[string]outcome{
		"done": {}, "fails": {err: plain}, "is dead": {err: Dead(plain)}, "drained": drained,
		"panics": {err: &runnel.PanicError{Value: "oh"}}, "hangs": {err: ErrStuck},
		"not decoded": {err: &undecodable{ErrDecode}}, "breaks contract": {err: &undecodable{&ContractError{}}},
		"cancelled": {err: context.Canceled}, "fails, drained": {err: plain, cause: errDrained},
	}
	p := &policy{retry: Retry{Attempts: 3, First: time.Second}, lapses: 2,
		delay: func(n int, _ error) time.Duration { return time.Duration(n) * time.Second }}
	for _, story := range []string{
		"done → Ack",
		"fails → Retry 1 +1s; fails → Retry 2 +2s; fails → Dead failed 3",
		"fails → Retry 1 +1s; done → Ack",
		"drained → Release; fails → Retry 1 +1s; drained → Release; fails → Retry 2 +2s; panics → Dead panic 3",
		"fails, drained → Retry 1 +1s",
		"cancelled → Retry 1 +1s",
		"is dead → Dead failed 1",
		"hangs → Retry 1 +1s; hangs → Retry 2 +2s; hangs → Dead stuck 3",
		"not decoded → Dead decode 0",
		"fails → Retry 1 +1s; breaks contract → Dead contract 0",
	} {
		var h past
		var told []string
		for step := range strings.SplitSeq(story, "; ") {
			event, _, _ := strings.Cut(step, " → ")
			o, known := events[event]
			if !known {
				t.Fatalf("no event %q", event)
			}
			v := judge(h, o, p, now)
			line := event + " → " + v.verb.String()
			if !v.at.IsZero() {
				h = v.next
				line += fmt.Sprintf(" %d +%v", h.attempts, v.at.Sub(now))
			}
			if v.reason != "" {
				n := 0
				if v.last != nil {
					n = v.last.Number
				}
				line += fmt.Sprintf(" %s %d", v.reason, n)
			}
			told = append(told, line)
		}
		if got := strings.Join(told, "; "); got != story {
			t.Errorf("got  %s\nwant %s", got, story)
		}
	}
}
