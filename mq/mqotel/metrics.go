package mqotel

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/runnel-go/runnel/mq"
)

// Producer turns what a client counts into OpenTelemetry metrics, when they are collected: nothing of
// OpenTelemetry runs while messages do. It is a metric.Producer of the SDK; give it to a reader by
// metric.WithProducer. All sums and histograms are cumulative since the client was opened.
type Producer struct {
	client *mq.Client
	ledger bool
}

// NewProducer makes a producer of a client's metrics, with the ledger of its engine if that keeps one.
func NewProducer(c *mq.Client) *Producer { return &Producer{c, true} }

// WithoutLedger leaves out what the engine is asked for: runnel.topic and runnel.group. One process of
// many is enough to report it.
func (p *Producer) WithoutLedger() *Producer { return &Producer{client: p.client} }

// Produce returns the metrics of now. The error is that of the ledger; what the client itself counts
// is returned all the same.
func (p *Producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	s := p.client.Stats()
	b := &builder{opened: s.Opened, now: s.Time, index: map[string]int{}}
	b.stats(s)
	var err error
	if p.ledger {
		err = b.ledger(ctx, p.client)
	}
	if len(b.metrics) == 0 {
		return nil, err
	}
	return []metricdata.ScopeMetrics{{Scope: scope, Metrics: b.metrics}}, err
}

// builder collects data points by metric.
type builder struct {
	opened, now time.Time
	metrics     []metricdata.Metrics
	index       map[string]int // of metrics, by name
}

func (b *builder) stats(s mq.Stats) {
	for i := range s.Topics {
		b.topic(&s.Topics[i])
	}
	for i := range s.Groups {
		b.group(&s.Groups[i])
	}
}

func (b *builder) topic(t *mq.TopicStats) {
	on := with(system, semconv.MessagingDestinationName(t.Topic), semconv.MessagingOperationName(opSend))
	b.count(sentMessages, on, t.Stored+t.Duplicates+t.Dropped)
	for _, kind := range slices.Sorted(maps.Keys(t.Failed)) {
		b.count(sentMessages, on.and(failedBy(kind)), t.Failed[kind])
	}
	b.count(sentOutcomes, on.and(keyOutcome.String("stored")), t.Stored)
	b.count(sentOutcomes, on.and(keyOutcome.String("duplicate")), t.Duplicates)
	b.count(sentOutcomes, on.and(keyOutcome.String("dropped")), t.Dropped)
	b.durations(operationDuration, on.and(semconv.MessagingOperationTypeSend), t.Publishing)
	b.sizes(sentSize, on, t.Sizes)
}

func (b *builder) group(g *mq.GroupStats) {
	of := with(system, semconv.MessagingDestinationName(g.Topic), semconv.MessagingConsumerGroupName(g.Group))
	on := of.and(semconv.MessagingOperationName(opProcess))
	b.count(consumedMessages, on, g.Succeeded)
	b.count(consumedMessages, on.and(failedBy(kindOther)), g.Failed)
	b.count(consumedMessages, on.and(failedBy("panic")), g.Panicked)
	b.count(consumedMessages, on.and(failedBy("timeout")), g.TimedOut)
	b.durations(processDuration, on, g.Handling)
	b.durations(waitingDuration, of, g.Waiting)
	b.durations(criticalDuration, of, g.Critical)
	b.count(settledMessages, of.and(keyOutcome.String("acked")), g.Acked)
	b.count(settledMessages, of.and(keyOutcome.String("retried")), g.Retried)
	b.count(settledMessages, of.and(keyOutcome.String("released")), g.Released)
	b.count(settledMessages, of.and(keyOutcome.String("lease_lost")), g.LeaseLost)
	for _, reason := range slices.Sorted(maps.Keys(g.Dead)) {
		b.count(settledMessages, of.and(keyOutcome.String("dead"), keyReason.String(reason)), g.Dead[reason])
	}
	b.consumers(of, g.Consumers)
}

// consumers sums those of one name, since two points with the same attributes would be one too many.
func (b *builder) consumers(of attributes, all []mq.ConsumerStats) {
	byName := map[string][]mq.ConsumerStats{}
	for _, c := range all {
		byName[c.Name] = append(byName[c.Name], c)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		var workers, busy, stuck, atHand, paused int
		var longest time.Duration
		for _, c := range byName[name] {
			workers, busy, stuck, atHand = workers+c.Workers, busy+c.Busy, stuck+c.Stuck, atHand+c.Prefetched
			if c.Paused {
				paused++
			}
			for _, r := range c.Running {
				longest = max(longest, r.For)
			}
		}
		at := of.and(keyConsumer.String(name))
		b.gauge(consumerWorkers, at, int64(workers))
		b.gauge(consumerBusy, at, int64(busy))
		b.gauge(consumerStuck, at, int64(stuck))
		b.gauge(consumerAtHand, at, int64(atHand))
		b.gauge(consumerPaused, at, int64(paused))
		b.seconds(consumerLongest, at, longest)
	}
}

// ledger adds the accounts of the engine. One that keeps none is no error.
func (b *builder) ledger(ctx context.Context, c *mq.Client) error {
	accounts, err := c.Accounts(ctx)
	if errors.Is(err, mq.ErrUnsupported) {
		return nil
	}
	b.opened = time.Time{} // of counts that are older than the client
	for i := range accounts {
		b.account(&accounts[i])
	}
	return err
}

func (b *builder) account(a *mq.Account) {
	of := with(system, semconv.MessagingDestinationName(a.Topic))
	b.gauge(topicStored, of, a.Stored)
	b.count(topicPublished, of, uint64(a.Published))
	b.count(topicDuplicates, of, uint64(a.Duplicates))
	for i := range a.Groups {
		g := &a.Groups[i]
		at := of.and(semconv.MessagingConsumerGroupName(g.Group))
		b.count(groupPublished, at, uint64(g.Published))
		b.count(groupSettled, at.and(keyOutcome.String("acked")), uint64(g.Acked))
		b.count(groupSettled, at.and(keyOutcome.String("dead")), uint64(g.Dead))
		b.count(groupSettled, at.and(keyOutcome.String("expired")), uint64(g.Expired))
		dropped := at.and(keyOutcome.String("dropped"))
		b.count(groupSettled, dropped.and(keyReason.String("newest")), uint64(g.Dropped.Newest))
		b.count(groupSettled, dropped.and(keyReason.String("oldest")), uint64(g.Dropped.Oldest))
		b.count(groupSettled, dropped.and(keyReason.String("replaced")), uint64(g.Dropped.Replaced))
		b.count(groupSettled, dropped.and(keyReason.String("deleted")), uint64(g.Dropped.Deleted))
		b.gauge(groupInFlight, at, g.InFlight)
		b.gauge(groupWaiting, at, g.Waiting)
		b.gauge(groupDelayed, at, g.Delayed)
		b.gauge(groupRetrying, at, g.Retrying)
		b.gauge(groupImbalance, at, g.Published-g.Acked-g.Dead-g.Expired-g.Dropped.Total()-g.InFlight-g.Waiting)
		var age time.Duration
		if !g.Oldest.IsZero() {
			age = max(b.now.Sub(g.Oldest), 0)
		}
		b.seconds(groupOldest, at, age)
	}
}

// failedBy says of a count that it is of failures.
func failedBy(kind string) attribute.KeyValue {
	if kind == kindOther {
		kind = errorOther
	}
	return semconv.ErrorTypeKey.String(kind)
}

// attributes of a data point.
type attributes []attribute.KeyValue

func with(all ...attribute.KeyValue) attributes { return all }

func (a attributes) and(more ...attribute.KeyValue) attributes {
	return append(a[:len(a):len(a)], more...)
}
