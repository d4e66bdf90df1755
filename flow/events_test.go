package flow_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// logTo is a log without times. It is read when the flow has ended.
func logTo(b *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: level, ReplaceAttr: untimed}))
}

func untimed(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func mustLog(t testing.TB, b *bytes.Buffer, want string) {
	t.Helper()
	if got := b.String(); got != want {
		t.Errorf("logged\n%swant\n%s", got, want)
	}
}

// failOn is the function of a sink that takes a second for each message.
func failOn(bad int) func(context.Context, int) error {
	return func(ctx context.Context, v int) error {
		if v == bad {
			return errBad
		}
		return runnel.Sleep(ctx, time.Second)
	}
}

func TestLogTellsALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g := flow.New("life").
			Add("numbers", numbers(4)).
			Add("store", flow.Sink(failOn(2)), flow.Skip()).
			Connect("numbers", "store", runnel.Buffer(4))
		f := must(g.Start(t.Context(), flow.Log(logTo(&log, slog.LevelDebug))))(t)
		synctest.Wait()
		f.Pause("store")
		f.Resume()
		if err := f.Drain(bg); err != nil {
			t.Error(err)
		}
		mustLog(t, &log, `level=INFO msg="flow started" flow=life processes=2 edges=1
level=DEBUG msg="process ended" flow=life process=numbers
level=INFO msg=paused flow=life processes=store
level=INFO msg=resumed flow=life
level=INFO msg="flow drains" flow=life
level=WARN msg="process failed" flow=life process=store edge="numbers.out -> store.in" error=bad message=2
level=DEBUG msg="process ended" flow=life process=store
level=INFO msg="flow ended" flow=life took=3s done=3 failed=1 dropped.failed=1
`)
	})
}

func TestLogTellsWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g := flow.New("lost").
			Add("store", flow.Sink(failOn(1))).
			Open("store", runnel.Buffer(4))
		f := must(g.Start(t.Context(), flow.Log(logTo(&log, slog.LevelInfo))))(t)
		if err := f.Inject(bg, "store", 0, 1, 2, 3); err != nil {
			t.Fatal(err)
		}
		mustFail(t, f.Wait(), "store", 1, errBad)
		mustLog(t, &log, `level=INFO msg="flow started" flow=lost processes=1 edges=1
level=ERROR msg="process failed" flow=lost process=store edge="outside -> store.in" error=bad
level=WARN msg="flow stops" flow=lost cause="flow: process store failed: bad"
level=WARN msg="flow ended" flow=lost took=1s done=1 failed=1 lost.undelivered=2 lost.failed=1 error="flow: process store failed: bad"
`)
	})
}

// A log changes nothing: whatever the order, it begins and ends with the flow, and has every failure.
func TestSimLog(t *testing.T) {
	explore(t, func(t *sim.T) {
		var log bytes.Buffer
		var got []int
		bad := t.Choose(3)
		g := diamond(&got, 2, func(v int) error {
			if v == bad {
				return errBad
			}
			return nil
		})
		f := start(t, g, flow.Log(logTo(&log, slog.LevelInfo)))
		f.Pause("left")
		f.Resume()
		f.Wait()
		over(t, f)
		lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(log.String()), "\n"), func(line string) bool {
			return strings.Contains(line, "msg=paused") || strings.Contains(line, "msg=resumed") // may come at any time
		})
		failed := strings.Count(log.String(), `msg="process failed"`)
		t.Assert(strings.Contains(lines[0], "flow started") && strings.Contains(lines[len(lines)-1], "flow ended"), "%s", &log)
		t.Assert(uint64(failed) == f.Status().Process("right").Failed, "%s", &log)
	})
}
