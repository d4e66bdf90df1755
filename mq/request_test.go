package mq_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/sim"
)

var squares = mq.NewTopic[int]("squares", mq.Groups("machine"))

// machine answers requests for squares, as f does.
func machine(f func(ctx context.Context, n int, attempt int) (int, error)) *mq.Consumer[int] {
	return &mq.Consumer[int]{
		Topic: squares, Group: "machine", Workers: 4, Retry: mq.Retry{Attempts: 2, First: time.Second},
		Handler: mq.Replies(mq.JSON[int](), func(ctx context.Context, m *mq.Message[int]) (int, error) { return f(ctx, m.Value, m.Attempt) }),
	}
}

func square(_ context.Context, n, _ int) (int, error) { return n * n, nil }

// serving runs a consumer until the returned function is called.
func serving(t interface{ Context() context.Context }, client *mq.Client, r mq.Runner) (end func() error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := runnel.NewPromise[error]()
	runnel.Go(func() { ended.TrySend(r.Run(ctx, client)) })
	return func() error {
		stop()
		err, _ := ended.Recv(context.Background())
		return err
	}
}

func ask(ctx context.Context, client *mq.Client, n int) (int, error) {
	return mq.Request(ctx, client, squares, mq.JSON[int](), n)
}

func TestRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), quiet)
		end := serving(t, client, machine(square))
		for n := range 10 {
			if got, err := ask(t.Context(), client, n); got != n*n || err != nil {
				t.Errorf("%d² is %d, %v", n, got, err)
			}
		}
		noError(t, end())
		if s := client.Stats(); s.LateReplies != 0 {
			t.Errorf("%d replies were late", s.LateReplies)
		}
		noError(t, client.Close())
	})
}

func TestManyRequestsAtOnce(t *testing.T) {
	client := mq.Open(mem.New(nil), quiet)
	end := serving(t, client, machine(square))
	var all runnel.WaitGroup
	var wrong atomic.Int64
	for n := range 1000 {
		all.Go(func() {
			if got, err := ask(t.Context(), client, n); got != n*n || err != nil {
				wrong.Add(1)
			}
		})
	}
	all.Wait()
	noError(t, end())
	noError(t, client.Close())
	if wrong.Load() > 0 {
		t.Errorf("%d of 1000 replies are wrong", wrong.Load())
	}
}

func TestRequestInTwoClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.NewStore(nil)
		server, one, two := mq.Open(store.Open(), quiet), mq.Open(store.Open(), quiet), mq.Open(store.Open(), quiet)
		end := serving(t, server, machine(square))
		for i, c := range []*mq.Client{one, two} {
			if got, err := ask(t.Context(), c, i+5); got != (i+5)*(i+5) || err != nil {
				t.Errorf("client %d: %d, %v", i, got, err)
			}
		}
		noError(t, one.Close())
		noError(t, two.Close())
		a, err := server.Account(t.Context(), "runnel-replies")
		if err != nil || len(a.Groups) != 0 {
			t.Errorf("groups of closed clients are left: %+v, %v", a.Groups, err)
		}
		noError(t, end())
		noError(t, server.Close())
	})
}

// The first failure is repeated; the last one is told, and is a dead letter, too.
func TestReplyIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), quiet)
		end := serving(t, client, machine(func(_ context.Context, n, attempt int) (int, error) {
			switch {
			case n == 1 && attempt == 1:
				return 0, errors.New("not yet")
			case n == 2:
				return 0, errors.New("never")
			case n == 3:
				return 0, mq.Dead(errors.New("no such number"))
			case n == 4:
				panic("oh")
			}
			return n * n, nil
		}))
		if got, err := ask(t.Context(), client, 1); got != 1 || err != nil {
			t.Errorf("after a failure: %d, %v", got, err)
		}
		for n, want := range map[int]string{2: "never", 3: "no such number", 4: "oh"} {
			_, err := ask(t.Context(), client, n)
			reply, ok := errors.AsType[*mq.ReplyError](err)
			if !ok || !strings.Contains(reply.Text, want) || !strings.Contains(err.Error(), `topic "squares"`) {
				t.Errorf("the error is %v, want a ReplyError with %q", err, want)
			}
		}
		noError(t, end())
		a, err := client.Account(t.Context(), "squares")
		if err != nil || a.Groups[0].Dead != 3 || a.Groups[0].Acked != 1 || !a.Groups[0].Balanced() {
			t.Errorf("the account is %+v, %v", a.Groups[0], err)
		}
		noError(t, client.Close())
	})
}

func TestRequestsTimeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), quiet)
		var ended atomic.Bool
		end := serving(t, client, machine(func(ctx context.Context, n, _ int) (int, error) {
			time.Sleep(time.Minute)
			ended.Store(ctx.Err() != nil)
			return n, nil
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := ask(ctx, client, 1)
		wantError(t, err, mq.ErrTimeout)
		wantError(t, err, context.DeadlineExceeded)
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
		time.Sleep(2 * time.Minute)
		if !ended.Load() {
			t.Error("the handler's context went on")
		}
		if n := client.Stats().LateReplies; n != 1 {
			t.Errorf("%d late replies", n)
		}
		noError(t, end())
		noError(t, client.Close())
	})
}

// A request whose time is over before somebody consumes is not worked on.
func TestOldRequestsAreNotWorkedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), quiet)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := ask(ctx, client, 1)
		wantError(t, err, mq.ErrTimeout)
		end := serving(t, client, machine(func(context.Context, int, int) (int, error) {
			t.Error("called")
			return 0, nil
		}))
		time.Sleep(time.Minute)
		noError(t, end())
		a, err := client.Account(t.Context(), "squares")
		if err != nil || a.Groups[0].Expired != 1 {
			t.Errorf("the account is %+v, %v", a.Groups[0], err)
		}
		noError(t, client.Close())
	})
}

func TestRequestTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), quiet)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		alone := mq.NewTopic[int]("alone")
		_, err := mq.Request(ctx, client, alone, mq.JSON[int](), 1)
		if !errors.Is(err, mq.ErrTimeout) || !strings.Contains(err.Error(), "nobody consumes the topic") {
			t.Errorf("without a consumer: %v", err)
		}
		if _, err := mq.Request[int, int](t.Context(), client, alone, nil, 1); err == nil || !strings.Contains(err.Error(), "JSON[int]()") {
			t.Errorf("without a codec: %v", err)
		}
		end := serving(t, client, machine(square))
		_, err = mq.Request(t.Context(), client, squares, mq.JSON[string](), 7)
		wantError(t, err, mq.ErrDecode)
		noError(t, end())
		noError(t, client.Close())
		_, err = ask(t.Context(), client, 1)
		wantError(t, err, mq.ErrClosed)
	})
}

// Close ends who waits.
func TestCloseEndsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), quiet)
		got := runnel.NewPromise[error]()
		runnel.Go(func() { _, err := ask(context.Background(), client, 1); got.TrySend(err) })
		synctest.Wait()
		noError(t, client.Close())
		err, _ := got.Recv(t.Context())
		wantError(t, err, mq.ErrClosed)
	})
}

func TestRepliesWithoutRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), &mq.Options{Declared: true, Logger: quiet.Logger})
		noError(t, client.Declare(t.Context(), squares))
		noError(t, squares.Publish(t.Context(), client, 3))
		end := serving(t, client, machine(square))
		if got, err := ask(t.Context(), client, 4); got != 16 || err != nil {
			t.Errorf("with Options.Declared: %d, %v", got, err)
		}
		noError(t, end())
		a, err := client.Account(t.Context(), "squares")
		if err != nil || a.Groups[0].Acked != 2 {
			t.Errorf("the account is %+v, %v", a.Groups[0], err)
		}
		noError(t, client.Close())
	})
}

// Requests against the end of the client: each has its reply or is told why not, and all ends.
func TestSimRequestAgainstClose(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		client := mq.Open(mem.New(nil), quiet)
		c := machine(square)
		c.Workers, c.Lease = 1, 10000*time.Hour
		end := serving(t, client, c)
		var all runnel.WaitGroup
		for n := range 2 {
			all.Go(func() {
				got, err := ask(context.Background(), client, n+2)
				t.Assert(err == nil && got == (n+2)*(n+2) || errors.Is(err, mq.ErrClosed), "%d, %v", got, err)
			})
		}
		if t.Choose(2) == 0 {
			all.Wait()
		}
		t.Assert(client.Close() == nil, "Close")
		all.Wait()
		end()
	}, sim.Schedules(200), sim.Punctual())
}
