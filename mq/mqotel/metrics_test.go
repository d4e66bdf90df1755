package mqotel_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/mq/mqotel"
)

var orders = mq.NewTopic[string]("orders", mq.Groups("billing", "audit"))

var quiet = slog.New(slog.DiscardHandler)

// worked is a client whose group billing has acked three messages, one of them at its second attempt
// after a minute, buried one, and has one that runs. Group audit has done nothing.
func worked(t *testing.T) *mq.Client {
	client := mq.Open(mem.New(nil), &mq.Options{Logger: quiet})
	ctx, cancel := context.WithCancel(t.Context())
	hold := runnel.New[struct{}]()
	consumer := &mq.Consumer[string]{
		Topic: orders, Group: "billing", Name: "bill", Workers: 2,
		Retry: mq.Retry{Attempts: 2, First: time.Minute},
		Handler: func(_ context.Context, m *mq.Message[string]) error {
			time.Sleep(20 * time.Millisecond)
			switch {
			case m.Value == "again" && m.Attempt == 1:
				return errors.New("not yet")
			case m.Value == "never":
				return mq.Dead(errors.New("never"))
			case m.Value == "hang":
				hold.Recv(context.Background())
			}
			return nil
		},
	}
	var run runnel.WaitGroup
	run.Go(func() {
		if err := consumer.Run(ctx, client); err != nil {
			t.Error(err)
		}
	})
	for _, v := range []string{"a", "b", "again", "never"} {
		if err := orders.Publish(ctx, client, v); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * time.Minute)
	if err := orders.Publish(ctx, client, "hang"); err != nil {
		t.Fatal(err)
	}
	if err := orders.Publish(ctx, client, "x", mq.Key("k")); !errors.Is(err, mq.ErrUnkeyed) {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	t.Cleanup(func() { hold.Close(); cancel(); run.Wait() })
	return client
}

// flat writes the points of a metric as "{attributes} value", sorted.
func flat(t *testing.T, all []metricdata.Metrics, name string) (lines []string) {
	t.Helper()
	i := slices.IndexFunc(all, func(m metricdata.Metrics) bool { return m.Name == name })
	if i < 0 {
		t.Fatalf("no metric %s", name)
	}
	add := func(set attribute.Set, value string) {
		var parts []string
		for _, kv := range set.ToSlice() {
			if kv.Key != "messaging.system" {
				parts = append(parts, string(kv.Key)[strings.LastIndexByte(string(kv.Key), '.')+1:]+"="+kv.Value.AsString())
			}
		}
		lines = append(lines, strings.Join(parts, " ")+": "+value)
	}
	switch data := all[i].Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, fmt.Sprint(p.Value))
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, fmt.Sprint(p.Value))
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, fmt.Sprint(p.Value))
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, fmt.Sprintf("%d of %.4g", p.Count, p.Sum))
		}
	}
	slices.Sort(lines)
	return lines
}

func collect(t *testing.T, p metric.Producer) []metricdata.Metrics {
	t.Helper()
	reader := metric.NewManualReader(metric.WithProducer(p))
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	defer provider.Shutdown(context.Background())
	var got metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.ScopeMetrics) == 0 {
		return nil
	}
	return got.ScopeMetrics[0].Metrics
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := collect(t, mqotel.NewProducer(worked(t)))
		for name, want := range map[string][]string{
			"messaging.client.sent.messages": {"name=orders name=send: 5", "type=unkeyed name=orders name=send: 1"},
			"messaging.client.consumed.messages": {
				"name=billing name=orders name=process: 3", "type=_OTHER name=billing name=orders name=process: 2",
				"type=panic name=billing name=orders name=process: 0", "type=timeout name=billing name=orders name=process: 0",
			},
			"messaging.process.duration": {"name=billing name=orders name=process: 5 of 0.1"},
			"runnel.client.sent.size":    {"name=orders name=send: 5 of 26"},
			"runnel.client.settled.messages": {
				"name=billing name=orders outcome=acked: 3", "name=billing name=orders outcome=dead reason=failed: 1",
				"name=billing name=orders outcome=lease_lost: 0", "name=billing name=orders outcome=released: 0",
				"name=billing name=orders outcome=retried: 1",
			},
			"runnel.consumer.busy":    {"name=billing name=orders name=bill: 1"},
			"runnel.consumer.longest": {"name=billing name=orders name=bill: 5"},
			"runnel.group.waiting":    {"name=audit name=orders: 5", "name=billing name=orders: 0"},
			"runnel.group.in_flight":  {"name=audit name=orders: 0", "name=billing name=orders: 1"},
			"runnel.group.imbalance":  {"name=audit name=orders: 0", "name=billing name=orders: 0"},
			"runnel.group.oldest":     {"name=audit name=orders: 125", "name=billing name=orders: 5"},
		} {
			if got := flat(t, all, name); !slices.Equal(got, want) {
				t.Errorf("%s:\n\t%s\nwant\n\t%s", name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		}
	})
}

// No metric has two points with the same attributes, and none is without unit and description.
func TestPointsAreUnique(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, m := range collect(t, mqotel.NewProducer(worked(t))) {
			if m.Unit == "" || m.Description == "" {
				t.Errorf("%s has unit %q, description %q", m.Name, m.Unit, m.Description)
			}
			seen := map[string]bool{}
			for _, line := range flat(t, []metricdata.Metrics{m}, m.Name) {
				key, _, _ := strings.Cut(line, ": ")
				if seen[key] {
					t.Errorf("%s has two points {%s}", m.Name, key)
				}
				seen[key] = true
			}
		}
	})
}

// The buckets hold all values, each under its bound.
func TestBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := collect(t, mqotel.NewProducer(worked(t)))
		i := slices.IndexFunc(all, func(m metricdata.Metrics) bool { return m.Name == "messaging.process.duration" })
		p := all[i].Data.(metricdata.Histogram[float64]).DataPoints[0]
		if len(p.BucketCounts) != len(p.Bounds)+1 || !slices.IsSorted(p.Bounds) {
			t.Fatalf("%d counts for bounds %v", len(p.BucketCounts), p.Bounds)
		}
		at, _ := slices.BinarySearch(p.Bounds, 0.02)
		if p.BucketCounts[at] != 5 || p.Count != 5 {
			t.Errorf("5 values of 20 ms: buckets %v, bounds %v", p.BucketCounts, p.Bounds)
		}
		if first, last := p.Bounds[0], p.Bounds[len(p.Bounds)-1]; first != 1.023e-6 || last < 7200 {
			t.Errorf("bounds from %v to %v seconds", first, last)
		}
	})
}

func TestWithoutLedger(t *testing.T) {
	client := mq.Open(mem.New(nil), nil)
	if err := orders.Publish(t.Context(), client, "v"); err != nil {
		t.Fatal(err)
	}
	has := func(all []metricdata.Metrics) bool {
		return slices.ContainsFunc(all, func(m metricdata.Metrics) bool { return strings.HasPrefix(m.Name, "runnel.topic") })
	}
	p := mqotel.NewProducer(client)
	if !has(collect(t, p)) || has(collect(t, p.WithoutLedger())) {
		t.Error("the ledger is there without being wanted, or the other way round")
	}
}

// plain hides that the engine keeps ledgers; broken is one whose ledger cannot be read.
type plain struct{ driver.Engine }

type broken struct {
	driver.Engine
	driver.Admin
}

func (broken) Topics(context.Context) ([]driver.Topic, error) { return nil, errors.New("disk") }

func TestLedgerErrors(t *testing.T) {
	client := mq.Open(plain{mem.New(nil)}, nil)
	if err := orders.Publish(t.Context(), client, "v"); err != nil {
		t.Fatal(err)
	}
	if all, err := mqotel.NewProducer(client).Produce(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("an engine without ledger: %d scopes, error %v", len(all), err)
	}
	client = mq.Open(broken{Engine: mem.New(nil)}, nil)
	if err := orders.Publish(t.Context(), client, "v"); err != nil {
		t.Fatal(err)
	}
	all, err := mqotel.NewProducer(client).Produce(t.Context())
	if err == nil || !strings.Contains(err.Error(), "disk") || len(all) != 1 {
		t.Errorf("a ledger that cannot be read: %d scopes, error %v; want the client's own and the error", len(all), err)
	}
	if all, err := mqotel.NewProducer(mq.Open(plain{mem.New(nil)}, nil)).Produce(t.Context()); err != nil || all != nil {
		t.Errorf("a client that has done nothing: %v, %v", all, err)
	}
}
