package main

import (
	"fmt"

	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
	"github.com/runnel-go/runnel/bench/report"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
)

// waiting is how many messages there are where those that wait are counted: Watermill has 290,000
// goroutines then, for which a test has no room.
var waiting = 100_000

const (
	messageFamily = "messages"
	payloadSize   = 100
	keyCount      = 64 // of the rows with keys
	manyWorkers   = 64

	messageAllocs = 3.5 // the payload going in and coming out, the Message; blocks of the engine while a backlog grows

	jsonAllocs = 11 // 9 are those of encoding/json

	noIDNote    = "its messages have no id, so that nobody can tell one from another; ours have"
	boundNote   = "MaxMessages(1024): the publisher waits for the consumer, as it would where it is the faster one for long"
	strictNote  = "Watermill has no order; this is one publisher that waits for each ack"
	fewNote     = "measured with a tenth of ours, as each takes so much; with stacks"
	backlogNote = "two for each message that waits"
)

// The rows about messages count the way of a message from Publish over a handler that does next to
// nothing to its ack, in process. One goroutine publishes. Watermill's Router has no workers, so its
// figures are the same in all rows.
func messageRows() []row {
	rows := wayRows()
	rows = append(rows, orderRows()...)
	rows = append(rows, valueRows()...)
	rows = append(rows, partRows()...)
	return append(rows, waitingRows()...)
}

func wayRows() (rows []row) {
	for _, workers := range []int{1, 4, manyWorkers} {
		rows = append(rows, row{
			family: messageFamily, name: fmt.Sprintf("message of 100 B, workers: %d", workers),
			goals: goals{firm(0.1), firm(0.1)}, allocs: messageAllocs,
			impls: append(watermills(),
				ours("mq", mqBytes(workers, mq.Unordered)),
				floor("mq, bounded", boundNote, mqBytes(workers, mq.Unordered, mq.MaxMessages(1024)))),
		})
	}
	return rows
}

// watermills are the forms of Watermill that a figure of ours has to stand beside; the fastest
// counts.
func watermills() []impl {
	blocking := gochannel.Config{BlockPublishUntilSubscriberAck: true}
	return []impl{
		peer("Watermill", waterBytes(gochannel.Config{}, newID)),
		peer("Watermill, waits", waterBytes(blocking, newID)),
		floor("Watermill, waits, no ids", noIDNote, waterBytes(blocking, noID)),
	}
}

func orderRows() []row {
	waits := impl{name: "Watermill, waits", role: report.Peer, note: strictNote,
		run: waterBytes(gochannel.Config{BlockPublishUntilSubscriberAck: true}, newID)}
	return []row{
		{family: messageFamily, name: "message, PerKey, 64 keys, workers: 4", goals: guides(0.2, 0.2), allocs: messageAllocs + 1, impls: []impl{
			ours("mq", mqKeyed(4)), waits, {name: "mq, Unordered", role: report.Floor, run: mqBytes(4, mq.Unordered)},
		}},
		{family: messageFamily, name: "message, Strict", goals: guides(0.5, 0.5), allocs: messageAllocs + 1, impls: []impl{
			ours("mq", mqBytes(1, mq.Strict)), waits,
		}},
	}
}

func valueRows() []row {
	return []row{
		{family: messageFamily, name: "message, JSON of 120 B, workers: 4", goals: guides(0.3, 0.3), allocs: jsonAllocs, impls: []impl{
			ours("mq", mqJSON(nil)), peer("Watermill", waterJSON(gochannel.Config{})),
			peer("Watermill, waits", waterJSON(gochannel.Config{BlockPublishUntilSubscriberAck: true})),
			floor("encoding/json", "no message at all: Marshal and Unmarshal", plainJSON),
		}},
		{family: messageFamily, name: "message, JSON under a contract", allocs: 100, impls: []impl{
			ours("mq, contract", mqJSON(contract.JSON[benchOrder]())),
			{name: "mq", role: report.Peer, run: mqJSON(nil)},
		}},
		{family: messageFamily, name: "message, JSON under a contract, 1 in 100 checked", goals: guides(1.1, 1.1), allocs: jsonAllocs + 2, impls: []impl{
			ours("mq, contract", mqJSON(contract.JSON[benchOrder](contract.Sample(0.01)))),
			{name: "mq", role: report.Peer, run: mqJSON(nil)},
		}},
	}
}

func partRows() []row {
	return []row{
		{family: messageFamily, name: "publish alone", goals: guides(0.3, 0.3), allocs: 1.1, impls: []impl{
			ours("mq", mqPublish), peer("Watermill, kept", waterPublish),
		}},
		{family: messageFamily, name: "the engine alone, 64 at once", goals: guides(0.3, 0.3), allocs: 0.1, impls: []impl{
			ours("mem", memAlone), {name: "mq, the whole way", role: report.Peer, run: mqBytes(1, mq.Unordered)},
		}},
	}
}

// waitingRows are about messages that nobody has handled yet.
func waitingRows() []row {
	size := &report.Target{Limit: payloadSize + 200, Firm: true, Absolute: true}
	few := &report.Target{Limit: manyWorkers + 16, Firm: true, Absolute: true}
	return []row{
		{family: messageFamily, name: "memory of a message that waits", kind: heapEach, goals: goals{size, size}, impls: []impl{
			ours("mq", mqWaiting), {name: "Watermill", role: report.Peer, run: waterWaiting, note: fewNote},
		}},
		{family: messageFamily, name: "goroutines, 64 workers, 100,000 wait", kind: number, goals: goals{few, few}, impls: []impl{
			ours("mq", mqGoroutines), {name: "Watermill", role: report.Peer, run: waterGoroutines, note: backlogNote},
		}},
	}
}

// benchOrder is a value of about 120 bytes in JSON.
type benchOrder struct {
	Number   int     `json:"number"`
	Customer string  `json:"customer"`
	Item     string  `json:"item"`
	Count    int     `json:"count"`
	Price    float64 `json:"price"`
	Express  bool    `json:"express"`
}

func orderNumbered(i int) benchOrder {
	return benchOrder{Number: i, Customer: "customer 4711", Item: "a bucket of green paint", Count: 3, Price: 12.5}
}
