package mq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// recorder keeps what is logged, as "LEVEL text key=value …".
type recorder struct {
	mu    *sync.Mutex
	lines *[]string
	with  []slog.Attr
	level slog.Level
}

func newRecorder(level slog.Level) recorder {
	return recorder{mu: new(sync.Mutex), lines: new([]string), level: level}
}

func (r recorder) Enabled(_ context.Context, l slog.Level) bool { return l >= r.level }

func (r recorder) Handle(_ context.Context, record slog.Record) error {
	line := record.Level.String() + " " + record.Message
	add := func(a slog.Attr) bool { line += " " + a.String(); return true }
	for _, a := range r.with {
		add(a)
	}
	record.Attrs(add)
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.lines = append(*r.lines, line)
	return nil
}

func (r recorder) WithAttrs(with []slog.Attr) slog.Handler {
	r.with = append(r.with[:len(r.with):len(r.with)], with...)
	return r
}

func (r recorder) WithGroup(string) slog.Handler { return r }

// of returns the lines, without what they have in common.
func (r recorder) of(t *testing.T, common string) (lines []string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range *r.lines {
		if !strings.Contains(line, common) {
			t.Errorf("line %q lacks %q", line, common)
		}
		lines = append(lines, strings.Replace(line, common, "", 1))
	}
	return lines
}

func checkLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("logged:\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// Every line there is, with its level and its keys.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(slog.LevelDebug)
		d := newDiary(slog.New(r), "orders", "billing", "bill")
		m := &driver.Record{ID: "o-17", Seq: 17, Key: "ann"}
		no := errors.New("no")
		d.begins(8, driver.PerKey)
		d.paused()
		d.resumed()
		d.retries(m, 2, time.Now().UTC().Add(time.Second), no)
		d.buries(&driver.Record{ID: "o-18", Seq: 18}, "failed", 5, no)
		d.buries(m, "panic", 5, no)
		d.stuck(m, 3, time.Minute)
		d.unstuck(m, time.Hour)
		d.loses(3, time.Now())
		d.trouble(time.Now(), "fetch", ErrFull)
		d.works()
		d.drains(4)
		d.ends(nil)
		d.ends(ErrClosed)
		checkLines(t, r.of(t, " topic=orders group=billing consumer=bill"),
			"INFO mq: consumer begins workers=8 order=PerKey",
			"INFO mq: consumer paused",
			"INFO mq: consumer resumed",
			"DEBUG mq: attempt failed id=o-17 seq=17 key=ann attempt=2 next=2000-01-01 00:00:01 +0000 UTC error=no",
			"WARN mq: dead letter id=o-18 seq=18 reason=failed attempts=5 error=no",
			"ERROR mq: dead letter id=o-17 seq=17 key=ann reason=panic attempts=5 error=no",
			"ERROR mq: handler is stuck id=o-17 seq=17 key=ann attempt=3 for=1m0s",
			"INFO mq: stuck handler has returned id=o-17 seq=17 key=ann took=1h0m0s",
			"WARN mq: leases lost, messages are handled again by others count=3",
			"ERROR mq: engine in trouble, tries again to=fetch error=topic is full kind=full count=1",
			"INFO mq: engine works again count=1 for=0s",
			"INFO mq: consumer drains running=4",
			"INFO mq: consumer ends",
			"ERROR mq: consumer failed error=closed kind=closed",
		)
	})
}

// A row of failures is one line, then one in ten seconds, which counts the others; then its end is told.
func TestTroubleIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(slog.LevelInfo)
		d := newDiary(slog.New(r), "orders", "billing", "bill")
		d.works()
		for range 250 {
			d.trouble(time.Now(), "fetch", errors.New("disk"))
			time.Sleep(100 * time.Millisecond)
		}
		d.works()
		d.works()
		for range 40 { // it flaps within the ten seconds since the last line
			d.trouble(time.Now(), "fetch", errors.New("disk"))
			d.works()
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		d.trouble(time.Now(), "settle", errors.New("disk"))
		trouble := "ERROR mq: engine in trouble, tries again to=%s error=disk kind=other count=%d"
		checkLines(t, r.of(t, " topic=orders group=billing consumer=bill"),
			fmt.Sprintf(trouble, "fetch", 1),
			fmt.Sprintf(trouble, "fetch", 100),
			fmt.Sprintf(trouble, "fetch", 100),
			"INFO mq: engine works again count=250 for=25s",
			fmt.Sprintf(trouble, "settle", 41),
		)
	})
}

// What is logged of a consumer's life, as it happens.
func TestConsumerLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(slog.LevelDebug)
		client := Open(newStub(), &Options{Logger: slog.New(r)})
		orders := NewTopic[string]("orders")
		failures := 0
		c := &Consumer[string]{Topic: orders, Group: "billing", Name: "bill", Retry: Retry{Attempts: 2},
			Handler: func(context.Context, *Message[string]) error { failures++; return fmt.Errorf("failure %d", failures) }}
		if err := orders.Publish(t.Context(), client, "v", ID("o-1")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var run runnel.WaitGroup
		run.Go(func() {
			if err := c.Run(ctx, client); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		run.Wait()
		lines := r.of(t, " topic=orders group=billing consumer=bill")
		for i, line := range lines {
			lines[i], _, _ = strings.Cut(line, " next=")
		}
		checkLines(t, lines,
			"INFO mq: consumer begins workers=1 order=Unordered",
			"DEBUG mq: attempt failed id=o-1 seq=1 attempt=1",
			"WARN mq: dead letter id=o-1 seq=1 reason=failed attempts=2 error=failure 2",
			"INFO mq: consumer ends",
		)
		g := client.Stats().Groups[0]
		if g.Failed != 2 || g.Retried != 1 || g.DeadTotal() != 1 || g.Dead["failed"] != 1 || len(g.Consumers) != 0 {
			t.Errorf("counted: %+v", g)
		}
	})
}
