package mq

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

func TestConsumerBasics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub()
		client := Open(s, nil)
		topic := NewTopic[string]("t")
		for _, v := range []string{"a", "bad", "c", "panics", "worst"} {
			if err := topic.Publish(t.Context(), client, v); err != nil {
				t.Fatal(err)
			}
		}
		got := runnel.New[string](runnel.Unbounded())
		c := Consumer[string]{Topic: topic, Group: "g", Workers: 2, Retry: Retry{Attempts: 3, First: time.Second},
			Handler: func(_ context.Context, m *Message[string]) error {
				got.TrySend(m.Value)
				switch {
				case m.Value == "bad" && m.Attempt == 1:
					return errors.New("bad")
				case m.Value == "panics":
					panic("oh")
				case m.Value == "worst":
					return Dead(errors.New("worst"))
				}
				return nil
			}}
		ctx, cancel := context.WithCancel(t.Context())
		done := runnel.NewPromise[error]()
		runnel.Go(func() { done.TrySend(c.Run(ctx, client)) })
		time.Sleep(time.Minute)
		cancel()
		if err, _ := done.Recv(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s.settled[driver.Ack] != 3 || s.settled[driver.Dead] != 2 || s.settled[driver.Retry] != 3 || len(s.leased) > 0 {
			t.Fatalf("settled %v, leased %v", s.settled, s.leased)
		}
		if got.Len() != 5+1+2 {
			t.Fatalf("%d calls", got.Len())
		}
	})
}
