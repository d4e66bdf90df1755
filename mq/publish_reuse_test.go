package mq_test

import (
	"testing"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// Publish uses records again: nothing of one message gets into the next one.
func TestPublishKeepsNothing(t *testing.T) {
	e := mem.New(nil)
	client, topic := mq.Open(e, nil), mq.NewTopic[[]byte]("t", mq.Groups("g"))
	for range 10 {
		all := []mq.PublishOption{
			mq.ID("id"), mq.SetHeader("name", "value"), mq.TTL(time.Hour), mq.At(time.Now().Add(-time.Hour)),
		}
		for _, opts := range [][]mq.PublishOption{all, nil} {
			if err := topic.Publish(t.Context(), client, []byte("x"), opts...); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, err := e.Subscribe(t.Context(), &driver.Topic{Name: "t"}, driver.Subscription{Group: "g", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]driver.Delivery, 20)
	if n, err := s.Fetch(t.Context(), got); n != len(got) || err != nil {
		t.Fatalf("Fetch: %d, %v", n, err)
	}
	for i, d := range got {
		plain := d.ID != "id" && len(d.Header) == 0 && d.Expires.IsZero() && d.NotBefore.IsZero()
		if plain != (i%2 == 1) {
			t.Errorf("message %d: %+v", i, d.Record)
		}
	}
}
