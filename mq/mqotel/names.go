package mqotel

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// All names that this package gives are in this file: those of the semantic conventions for
// messaging 1.43.0, and under "runnel." what these have no name for.

var scope = instrumentation.Scope{Name: "github.com/runnel-go/runnel/mq/mqotel", SchemaURL: semconv.SchemaURL}

var system = semconv.MessagingSystemKey.String("runnel")

// The operations.
const (
	opSend    = "send"
	opProcess = "process"
)

// kindOther is what mq.Kind says of errors that are not its own; errorOther is what the conventions do.
const (
	kindOther  = "other"
	errorOther = "_OTHER"
)

// Attributes.
const (
	keyKey      = attribute.Key("runnel.message.key")
	keyAttempt  = attribute.Key("runnel.message.attempt") // 1 for the first
	keyLast     = attribute.Key("runnel.message.last")    // no attempt follows this one if it fails
	keyConsumer = attribute.Key("runnel.consumer.name")
	keyOutcome  = attribute.Key("runnel.outcome")
	keyReason   = attribute.Key("runnel.reason")
)

// A metric has a name, a unit as in UCUM, and a description.
type metric struct{ name, unit, text string }

// The metrics of the conventions.
var (
	sentMessages      = metric{"messaging.client.sent.messages", "{message}", "Number of messages producer attempted to send to the broker."}
	consumedMessages  = metric{"messaging.client.consumed.messages", "{message}", "Number of messages that were delivered to the application."}
	operationDuration = metric{"messaging.client.operation.duration", "s", "Duration of messaging operation initiated by a producer or consumer client."}
	processDuration   = metric{"messaging.process.duration", "s", "Duration of processing operation."}
)

// The metrics of this process besides.
var (
	sentSize         = metric{"runnel.client.sent.size", "By", "Size of messages sent: key, header and payload."}
	sentOutcomes     = metric{"runnel.client.sent.outcomes", "{message}", "Messages sent, by runnel.outcome: stored, duplicate or dropped."}
	settledMessages  = metric{"runnel.client.settled.messages", "{message}", "Messages settled, by runnel.outcome: acked, retried, released, dead (with runnel.reason) or lease_lost."}
	waitingDuration  = metric{"runnel.client.waiting.duration", "s", "Time from published to the first attempt."}
	criticalDuration = metric{"runnel.client.critical.duration", "s", "Time from published to success or dead, retries included."}
	consumerWorkers  = metric{"runnel.consumer.workers", "{worker}", "How many handlers may run at once."}
	consumerBusy     = metric{"runnel.consumer.busy", "{worker}", "Handlers that run now."}
	consumerStuck    = metric{"runnel.consumer.stuck", "{worker}", "Handlers that go on beyond their grace."}
	consumerAtHand   = metric{"runnel.consumer.prefetched", "{message}", "Messages at hand that no handler has begun."}
	consumerPaused   = metric{"runnel.consumer.paused", "{consumer}", "Consumers that are paused."}
	consumerLongest  = metric{"runnel.consumer.longest", "s", "How long the handler has been running that has been so the longest."}
)

// The metrics of the ledger, of all processes: from the engine, if it keeps one.
var (
	topicStored     = metric{"runnel.topic.stored", "{message}", "Messages held now."}
	topicPublished  = metric{"runnel.topic.published", "{message}", "Messages accepted ever: stored, or dropped on arrival."}
	topicDuplicates = metric{"runnel.topic.duplicates", "{message}", "Messages recognised as duplicates, and not stored."}
	groupPublished  = metric{"runnel.group.published", "{message}", "Messages published for the group."}
	groupSettled    = metric{"runnel.group.settled", "{message}", "Messages of the group settled for good, by runnel.outcome: acked, dead, expired or dropped (with runnel.reason)."}
	groupInFlight   = metric{"runnel.group.in_flight", "{message}", "Messages leased to consumers."}
	groupWaiting    = metric{"runnel.group.waiting", "{message}", "Messages that are due, delayed, or behind another one."}
	groupDelayed    = metric{"runnel.group.delayed", "{message}", "Of those waiting: not yet due."}
	groupRetrying   = metric{"runnel.group.retrying", "{message}", "Of those waiting: before their next attempt."}
	groupOldest     = metric{"runnel.group.oldest", "s", "Age of the oldest message that is not settled; 0 if there is none."}
	groupImbalance  = metric{"runnel.group.imbalance", "{message}", "Published less all that became of it: anything but 0 is a fault of runnel or of its engine."}
)
