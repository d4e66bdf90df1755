package mem_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// A record without an ID is named by its Seq, one that has an ID keeps it, however many are fetched
// at once.
func TestNames(t *testing.T) {
	const n = 150
	e, topic := mem.New(nil), &driver.Topic{Name: "t", Groups: []string{"g"}}
	records := make([]driver.Record, n)
	for i := range records {
		if i%7 == 3 {
			records[i].ID = "own " + strconv.Itoa(i)
		}
	}
	if _, err := e.Publish(t.Context(), topic, records); err != nil {
		t.Fatal(err)
	}
	s, err := e.Subscribe(t.Context(), topic, driver.Subscription{Group: "g", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]driver.Delivery, n)
	if k, err := s.Fetch(t.Context(), got); k != n || err != nil {
		t.Fatalf("Fetch: %d, %v; want %d", k, err, n)
	}
	for i, d := range got {
		want := records[i].ID
		if want == "" {
			want = strconv.FormatUint(records[i].Seq, 10)
		}
		if d.ID != want {
			t.Errorf("record %d is called %q, want %q", i, d.ID, want)
		}
	}
}
