package guide_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// parcels are sent by two groups, of which one fails now and then.
var parcels = mq.NewTopic[string]("parcels", mq.Groups("labels", "trucks"))

// afternoon publishes three parcels, and works until all are dealt with.
func afternoon(client *mq.Client) {
	for _, to := range []string{"Rome", "Atlantis", "Oslo"} {
		parcels.Publish(context.Background(), client, to)
	}
	labels := func(context.Context, *mq.Message[string]) error { return nil }
	trucks := func(_ context.Context, m *mq.Message[string]) error {
		if m.Value == "Atlantis" {
			return errors.New("no road")
		}
		return nil
	}
	work(client, "parcels",
		&mq.Consumer[string]{Topic: parcels, Group: "labels", Handler: labels},
		&mq.Consumer[string]{Topic: parcels, Group: "trucks", Handler: trucks, Retry: mq.Retry{Attempts: 3, First: time.Millisecond}})
}

func Example_ledger() {
	client := open()
	defer client.Close()
	afternoon(client)
	a, err := client.Account(context.Background(), "parcels")
	fmt.Println("stored", a.Stored, "published", a.Published, "adds up:", a.Check() == nil, err)
	// Output:
	// labels: published 3 = acked 3 + dead 0 + expired 0 + dropped 0
	// trucks: published 3 = acked 2 + dead 1 + expired 0 + dropped 0
	// stored 0 published 3 adds up: true <nil>
}

func Example_stats() {
	client := open()
	defer client.Close()
	afternoon(client)
	for _, g := range client.Stats().Groups {
		fmt.Printf("%s: %d attempts, %.0f%% failed, acked %d, retried %d, dead %d\n",
			g.Group, g.Attempts(), 100*g.ErrorRate, g.Acked, g.Retried, g.DeadTotal())
		fmt.Println("half of the handlers took less than a second:", g.Handling.Quantile(0.5) < int64(time.Second))
	}
	// Output:
	// labels: published 3 = acked 3 + dead 0 + expired 0 + dropped 0
	// trucks: published 3 = acked 2 + dead 1 + expired 0 + dropped 0
	// labels: 3 attempts, 0% failed, acked 3, retried 0, dead 0
	// half of the handlers took less than a second: true
	// trucks: 5 attempts, 60% failed, acked 2, retried 2, dead 1
	// half of the handlers took less than a second: true
}

// plain leaves the time out of the lines, for this page.
func plain(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func Example_log() {
	warnings := &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: plain}
	client := mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.NewTextHandler(os.Stdout, warnings))})
	defer client.Close()
	afternoon(client)
	// Output:
	// level=WARN msg="mq: dead letter" topic=parcels group=trucks consumer=trucks id=2 seq=2 reason=failed attempts=3 error="no road"
	// labels: published 3 = acked 3 + dead 0 + expired 0 + dropped 0
	// trucks: published 3 = acked 2 + dead 1 + expired 0 + dropped 0
}
