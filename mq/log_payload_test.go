package mq_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// No line holds a payload or a header, whatever goes wrong, at any level.
func TestPayloadsAreNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		log := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		client := mq.Open(mem.New(nil), &mq.Options{Logger: log})
		orders := mq.NewTopic[string]("orders", mq.Groups("billing"))
		c := &mq.Consumer[string]{
			Topic: orders, Group: "billing", Grace: time.Second, Retry: mq.Retry{Attempts: 2, First: time.Second, Timeout: time.Second},
			Handler: func(_ context.Context, m *mq.Message[string]) error {
				switch {
				case strings.HasSuffix(m.Value, "panics"):
					panic("boom")
				case strings.HasSuffix(m.Value, "hangs"):
					time.Sleep(time.Minute)
				}
				return errors.New("no")
			},
		}
		for _, v := range []string{"secret fails", "secret panics", "secret hangs"} {
			if err := orders.Publish(t.Context(), client, v, mq.SetHeader("token", "hidden")); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var run runnel.WaitGroup
		run.Go(func() {
			if err := c.Run(ctx, client); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Hour)
		cancel()
		run.Wait()
		for _, want := range []string{"attempt failed", "dead letter", "handler is stuck", "stuck handler has returned", "consumer ends"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("the life had no line %q", want)
			}
		}
		for _, secret := range []string{"secret", "hidden"} {
			if strings.Contains(text.String(), secret) {
				t.Errorf("%q was logged:\n%s", secret, text.String())
			}
		}
	})
}
