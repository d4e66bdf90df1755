package contract_test

import (
	"context"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/mq/mqtest"
)

// One type at three times: a field is added that may be absent, then it is required.
type (
	fare1 struct {
		Cents int `json:"cents"`
	}
	fare2 struct {
		Cents    int    `json:"cents"`
		Currency string `json:"currency,omitempty"`
	}
	fare3 struct {
		Cents    int    `json:"cents"`
		Currency string `json:"currency"`
	}
)

func fares[T any](version string, opts ...contract.Option) mq.Topic[T] {
	c := contract.JSON[T](append(opts, contract.Version(version))...)
	return mq.NewTopic[T]("fares", mq.WithCodec(c), mq.Groups("till"))
}

// passed publishes v with one program and consumes it with another, on the same engine. It returns
// what the handler got, if it got anything, and what died.
func passed[Old, New any](t *testing.T, old mq.Topic[Old], v Old, new mq.Topic[New]) (read []mq.Message[New], dead []mq.DeadLetter) {
	t.Helper()
	engine := mem.New(nil)
	client := mq.Open(engine, nil)
	if err := old.Publish(t.Context(), client, v); err != nil {
		t.Fatal(err)
	}
	kit := mqtest.On(t, engine, nil)
	kit.Run(&mq.Consumer[New]{Topic: new, Group: "till", Handler: func(_ context.Context, m *mq.Message[New]) error {
		read = append(read, *m)
		return nil
	}})
	kit.Settle()
	for l, err := range kit.Client.DeadLetters("fares", "till").List(t.Context(), mq.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		dead = append(dead, l)
	}
	return read, dead
}

// The version of a message decides nothing: what its payload holds does, and the handler sees the
// version it was published under.
func TestChangeUnderWay(t *testing.T) {
	t.Run("new consumer, old message", func(t *testing.T) {
		read, dead := passed(t, fares[fare1]("1"), fare1{250}, fares[fare2]("2"))
		if len(read) != 1 || len(dead) != 0 || read[0].Value != (fare2{Cents: 250}) || read[0].Version != "1" {
			t.Errorf("read %+v, dead %+v", read, dead)
		}
	})
	t.Run("old consumer, newer message", func(t *testing.T) {
		read, dead := passed(t, fares[fare3]("3"), fare3{250, "EUR"}, fares[fare1]("1"))
		if len(read) != 1 || len(dead) != 0 || read[0].Value != (fare1{250}) || read[0].Version != "3" {
			t.Errorf("read %+v, dead %+v", read, dead)
		}
	})
	t.Run("no contract before", func(t *testing.T) {
		read, dead := passed(t, mq.NewTopic[fare2]("fares", mq.Groups("till")), fare2{250, "EUR"}, fares[fare3]("3"))
		if len(read) != 1 || len(dead) != 0 || read[0].Version != "" {
			t.Errorf("read %+v, dead %+v", read, dead)
		}
	})
}

// A breaking change makes dead letters that tell both versions, the field and what would be right.
func TestBreakingChangeUnderWay(t *testing.T) {
	t.Run("new consumer requires a field", func(t *testing.T) {
		read, dead := passed(t, fares[fare1]("1"), fare1{250}, fares[fare3]("3"))
		diesOf(t, len(read), dead, "1", "3", "currency")
	})
	t.Run("old consumer is strict", func(t *testing.T) {
		read, dead := passed(t, fares[fare3]("3"), fare3{250, "EUR"}, fares[fare1]("1", contract.Strict()))
		diesOf(t, len(read), dead, "3", "1", "currency: want no such field")
	})
}

func diesOf(t *testing.T, read int, dead []mq.DeadLetter, published, consumed, why string) {
	t.Helper()
	if read != 0 || len(dead) != 1 {
		t.Fatalf("%d read, %d dead; want one dead letter", read, len(dead))
	}
	l := dead[0]
	if l.Reason != mq.ReasonContract || l.Attempts != 0 || l.Version != consumed {
		t.Errorf("reason %q, %d attempts, handler's version %q", l.Reason, l.Attempts, l.Version)
	}
	if got := l.Message.Header.Get(mq.HeaderVersion); got != published {
		t.Errorf("published under %q, want %q", got, published)
	}
	for _, want := range []string{`topic "fares"`, "breaks contract " + consumed, why} {
		if !strings.Contains(l.Error, want) {
			t.Errorf("%q: want %q in it", l.Error, want)
		}
	}
}
