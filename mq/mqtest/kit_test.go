package mqtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/mq/mqtest"
	"github.com/runnel-go/runnel/sim"
)

var numbers = mq.NewTopic[int]("numbers", mq.Groups("sum"))
var squares = mq.NewTopic[int]("squares")

// squarer fails the first attempt at each number and publishes its square in the second.
func squarer(k *mqtest.Kit) *mq.Consumer[int] {
	return &mq.Consumer[int]{
		Topic: numbers, Group: "sum", Workers: 2,
		Retry: mq.Retry{Attempts: 2, First: time.Minute},
		Handler: func(ctx context.Context, m *mq.Message[int]) error {
			if m.Attempt == 1 {
				return errors.New("not yet")
			}
			return squares.Publish(ctx, k.Client, m.Value*m.Value)
		},
	}
}

// TestKitWaits: Settle waits for attempts that follow in a minute, and Published sees what handlers
// have published.
func TestKitWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kit := mqtest.New(t, nil)
		kit.Within = time.Hour
		kit.Run(squarer(kit))
		for i := range 10 {
			if err := numbers.Publish(t.Context(), kit.Client, i); err != nil {
				t.Fatal(err)
			}
		}
		kit.Settle()
		sum := 0
		for _, m := range mqtest.Published(kit, squares) {
			sum += m.Value
		}
		if sum != 285 {
			t.Errorf("the squares sum to %d, want 285", sum)
		}
	})
}

func TestKitInSimulations(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		kit := mqtest.New(t, nil)
		kit.Within = 0
		kit.Run(squarer(kit))
		t.Assert(numbers.Publish(t.Context(), kit.Client, 3) == nil, "publish")
		got := mqtest.Await(kit, squares, 1)
		t.Assert(got[0].Value == 9, "published %v", got[0].Value)
		kit.Settle()
	}, sim.Schedules(300), sim.Punctual()) // with a loose clock a message may lapse until it is dead
}

// report is a test that notes how it fails.
type report struct {
	*testing.T
	lines    []string
	cleanups []func()
}

func (r *report) Errorf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}
func (r *report) Fatalf(format string, args ...any) { r.Errorf(format, args...) }
func (r *report) Cleanup(f func())                  { r.cleanups = append(r.cleanups, f) }

func (r *report) end() string {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
	return strings.Join(r.lines, "\n")
}

// TestKitTellsWhatIsLeft: with no consumer nothing settles, and the failure says what waits.
func TestKitTellsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &report{T: t}
		kit := mqtest.New(r, nil)
		if err := numbers.Publish(t.Context(), kit.Client, 1, mq.Delay(time.Hour)); err != nil {
			t.Fatal(err)
		}
		kit.Settle()
		mqtest.Await(kit, squares, 2)
		got := r.end()
		for _, want := range []string{
			`topic "numbers", group "sum": published 1, acked 0, dead 0, expired 0, dropped 0, in flight 0, waiting 1 (delayed 1, for the next attempt 0)`,
			`topic "squares": want 2 messages published within 10s, got 0`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the report lacks %q:\n%s", want, got)
			}
		}
	})
}

// losing is an engine in whose books a message is missing.
type losing struct{ driver.Engine }

func (l losing) Topics(ctx context.Context) ([]driver.Topic, error) {
	a, _ := driver.As[driver.Admin](l.Engine)
	return a.Topics(ctx)
}

func (l losing) Account(ctx context.Context, topic string) (driver.Account, error) {
	a, _ := driver.As[driver.Admin](l.Engine)
	account, err := a.Account(ctx, topic)
	account.Groups[0].Acked--
	return account, err
}

func (losing) DeleteTopic(context.Context, string) error         { return nil }
func (losing) DeleteGroup(context.Context, string, string) error { return nil }

func TestKitNoticesALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &report{T: t}
		kit := mqtest.On(r, losing{mem.New(nil)}, nil)
		kit.Run(&mq.Consumer[int]{Topic: numbers, Group: "sum", Handler: func(context.Context, *mq.Message[int]) error { return nil }})
		if err := numbers.Publish(t.Context(), kit.Client, 1); err != nil {
			t.Fatal(err)
		}
		kit.Settle()
		if got, want := r.end(), `topic "numbers", group "sum": the account does not balance: published 1, acked 0`; !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestKitReportsAConsumerThatCannotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &report{T: t}
		kit := mqtest.New(r, nil)
		kit.Run(&mq.Consumer[int]{Topic: numbers})
		if got := r.end(); !strings.Contains(got, "Group") {
			t.Errorf("got %q, want the field that is wrong", got)
		}
	})
}

func TestPublishedLeavesOutDuplicatesAndTellsWhatItCannotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &report{T: t}
		kit := mqtest.New(r, nil)
		words := mq.NewTopic[string]("numbers", mq.Groups("sum"))
		for _, err := range []error{
			numbers.Publish(t.Context(), kit.Client, 1, mq.DedupID("a")),
			numbers.Publish(t.Context(), kit.Client, 2, mq.DedupID("a")),
			words.Publish(t.Context(), kit.Client, "three"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		got := mqtest.Published(kit, numbers)
		if len(got) != 1 || got[0].Value != 1 || got[0].Topic != "numbers" {
			t.Errorf("got %v", got)
		}
		if text := r.end(); !strings.Contains(text, `topic "numbers": message 2 cannot be decoded`) {
			t.Errorf("got %q", text)
		}
	})
}
