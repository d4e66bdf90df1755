package mq_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

var parcels = mq.NewTopic[string]("parcels", mq.Groups("post"))

// deadParcels is a client of a post office that has given up two of three parcels.
func deadParcels(ctx context.Context) *mq.Client {
	client := mq.Open(mem.New(nil), quiet)
	for i, to := range []string{"Rome", "Atlantis", "El Dorado"} {
		parcels.Publish(ctx, client, to, mq.ID(fmt.Sprint("parcel-", i+1)))
	}
	post := &mq.Consumer[string]{Topic: parcels, Group: "post"}
	in, _ := post.Open(ctx, client)
	defer in.Close()
	for range 3 {
		d, _ := in.Recv(ctx)
		if d.Value == "Rome" {
			d.Ack(ctx)
		} else {
			d.Dead(ctx, errors.New("no such place"))
		}
	}
	return client
}

// What is there, one by one and by cause.
func ExampleDeadLetters_Groups() {
	ctx := context.Background()
	client := deadParcels(ctx)
	defer client.Close()
	dead := client.DeadLetters("parcels", "post")

	for l, err := range dead.List(ctx, mq.Filter{}) {
		fmt.Println(l.Seq, l.Message.ID, string(l.Message.Payload), l.Reason, l.Error, err)
	}
	groups, err := dead.Groups(ctx, mq.Filter{})
	for _, g := range groups {
		fmt.Println(g.Count, "times", g.Title, g.Groups, err)
	}
	// Output:
	// 1 parcel-2 "Atlantis" failed no such place <nil>
	// 2 parcel-3 "El Dorado" failed no such place <nil>
	// 2 times failed: no such place [post] <nil>
}

// A dry run tells exactly what the replay then does.
func ExampleDeadLetters_Replay() {
	ctx := context.Background()
	client := deadParcels(ctx)
	defer client.Close()
	dead := client.DeadLetters("parcels", "post").As("ann", "the maps are mended")

	dry, _ := dead.Replay(ctx, mq.Filter{Error: "no such place"}, mq.ReplayOptions{DryRun: true})
	for _, m := range dry.Messages {
		fmt.Println("would send", m.ID, "to", m.Group)
	}
	done, err := dead.Replay(ctx, mq.Filter{Error: "no such place"}, mq.ReplayOptions{Rate: 100})
	fmt.Println("sent", done.Sent, err)
	l, _ := dead.Get(ctx, 1)
	fmt.Println(l.State, l.Replay.ID, l.Events[0].By)
	// Output:
	// would send parcel-2#replay-1 to post
	// would send parcel-3#replay-2 to post
	// sent 2 <nil>
	// replayed parcel-2#replay-1 ann
}

// The letter keeps what it was; the new message tells where it comes from.
func ExampleDeadLetters_Edit() {
	ctx := context.Background()
	client := deadParcels(ctx)
	defer client.Close()
	dead := parcels.DeadLetters(client, "post") // checks the payload

	id, err := dead.EditValue(ctx, 1, func(to *string) error { *to = "Athens"; return nil })
	fmt.Println(id, err)
	l, _ := dead.Get(ctx, 1)
	fmt.Println(l.State, string(l.Message.Payload), l.Replay.Edited)
	// Output:
	// parcel-2#replay-1 <nil>
	// replayed "Atlantis" true
}

// What is deleted can be restored, until it is purged.
func ExampleDeadLetters_Restore() {
	ctx := context.Background()
	client := deadParcels(ctx)
	defer client.Close()
	dead := client.DeadLetters("parcels", "post")

	fmt.Println(dead.Delete(ctx, mq.Filter{}))
	fmt.Println(dead.Restore(ctx, mq.Filter{Seqs: []uint64{1}}))
	fmt.Println(dead.Purge(ctx, mq.Filter{}))
	for l := range dead.List(ctx, mq.Filter{State: mq.StateAny}) {
		fmt.Println(l.Seq, l.State)
	}
	// Output:
	// 2 <nil>
	// 1 <nil>
	// 1 <nil>
	// 1 held
}
