package guide_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq"
)

// invoice is sent to a customer.
type invoice struct {
	Customer int
	Lines    []string
}

var invoices = mq.NewTopic[invoice]("invoices", mq.Groups("mail"))

// mailer sends invoices, but not those of customers that it does not know.
func mailer(known func(customer int) bool) *mq.Consumer[invoice] {
	return &mq.Consumer[invoice]{
		Topic: invoices, Group: "mail", Order: mq.Strict,
		Retry: mq.Retry{Attempts: 2, First: time.Millisecond},
		Handler: func(_ context.Context, m *mq.Message[invoice]) error {
			if !known(m.Value.Customer) {
				return fmt.Errorf("customer %d has no address", m.Value.Customer)
			}
			fmt.Println("mailed", m.Value.Customer, m.Value.Lines[0])
			return nil
		},
	}
}

func evenOnes(customer int) bool { return customer%2 == 0 }
func all(int) bool               { return true }

// night is what you are called for: of four invoices one was mailed.
func night(ctx context.Context) *mq.Client {
	client := open()
	invoices.PublishAll(ctx, client, []invoice{{1, []string{"a kettle"}}, {2, []string{"a lamp"}}, {3, []string{"a chair"}}, {4, nil}}, nil)
	work(client, "invoices", mailer(evenOnes))
	return client
}

func Example_night() {
	ctx := context.Background()
	client := night(ctx)
	defer client.Close()

	dead := invoices.DeadLetters(client, "mail")
	groups, err := dead.Groups(ctx, mq.Filter{})
	for _, g := range groups {
		fmt.Printf("%d × %s (letter %d, for one) %v\n", g.Count, g.Title, g.Example, err)
	}
	// Output:
	// mailed 2 a lamp
	// mail: published 4 = acked 1 + dead 3 + expired 0 + dropped 0
	// 2 × failed: customer # has no address (letter 2, for one) <nil>
	// 1 × panic: runtime error: index out of range [#] with length # (letter 3, for one) <nil>
}

func Example_letter() {
	ctx := context.Background()
	client := night(ctx)
	defer client.Close()

	dead := invoices.DeadLetters(client, "mail")
	l, err := dead.Get(ctx, 2)
	fmt.Println(l.State, l.Reason, l.Error, err)
	fmt.Println(l.Attempts, "attempts:", l.History[0].Error)
	v, err := dead.Value(l)
	fmt.Println(v.Customer, v.Lines, err)
	// Output:
	// mailed 2 a lamp
	// mail: published 4 = acked 1 + dead 3 + expired 0 + dropped 0
	// held failed customer 3 has no address <nil>
	// 2 attempts: customer 3 has no address
	// 3 [a chair] <nil>
}

func Example_replay() {
	ctx := context.Background()
	client := night(ctx)
	defer client.Close()

	dead := invoices.DeadLetters(client, "mail").As("ann", "addresses are in")
	failed := mq.Filter{Reason: mq.ReasonFailed}
	dry, err := dead.Replay(ctx, failed, mq.ReplayOptions{DryRun: true})
	fmt.Println("would send", len(dry.Messages), err)

	done, err := dead.Replay(ctx, failed, mq.ReplayOptions{Rate: 1000, StopAfter: 1})
	fmt.Println("sent", done.Sent, err)
	work(client, "invoices", mailer(all))
	// Output:
	// mailed 2 a lamp
	// mail: published 4 = acked 1 + dead 3 + expired 0 + dropped 0
	// would send 2 <nil>
	// sent 2 <nil>
	// mailed 1 a kettle
	// mailed 3 a chair
	// mail: published 6 = acked 3 + dead 3 + expired 0 + dropped 0
}

func Example_edit() {
	ctx := context.Background()
	client := night(ctx)
	defer client.Close()

	dead := invoices.DeadLetters(client, "mail")
	_, err := dead.EditValue(ctx, 3, func(v *invoice) error {
		if len(v.Lines) > 0 {
			return errors.New("it is not what I think")
		}
		v.Lines = []string{"nothing"}
		return nil
	})
	fmt.Println(err)
	work(client, "invoices", mailer(all))
	l, _ := dead.Get(ctx, 3)
	fmt.Println(l.State, string(l.Message.Payload))
	// Output:
	// mailed 2 a lamp
	// mail: published 4 = acked 1 + dead 3 + expired 0 + dropped 0
	// <nil>
	// mailed 4 nothing
	// mail: published 5 = acked 2 + dead 3 + expired 0 + dropped 0
	// replayed {"Customer":4,"Lines":null}
}

func Example_delete() {
	ctx := context.Background()
	client := night(ctx)
	defer client.Close()

	dead := client.DeadLetters("invoices", "mail").As("bob", "test customers")
	fmt.Println(dead.Delete(ctx, mq.Filter{Error: "no address"}))
	fmt.Println(dead.Restore(ctx, mq.Filter{Seqs: []uint64{1}})) // that one was real
	fmt.Println(dead.Purge(ctx, mq.Filter{}))                    // what is still deleted is gone
	for l, err := range dead.List(ctx, mq.Filter{State: mq.StateAny}) {
		fmt.Println(l.Seq, l.State, len(l.Events), err)
	}
	// Output:
	// mailed 2 a lamp
	// mail: published 4 = acked 1 + dead 3 + expired 0 + dropped 0
	// 2 <nil>
	// 1 <nil>
	// 1 <nil>
	// 1 held 2 <nil>
	// 3 held 0 <nil>
}
