package driver_test

import (
	"context"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
)

type bare struct{}

func (bare) Publish(context.Context, *driver.Topic, []driver.Record) (int, error) { return 0, nil }
func (bare) Subscribe(context.Context, *driver.Topic, driver.Subscription) (driver.Source, error) {
	return nil, nil
}
func (bare) Close() error { return nil }

type featured struct{ bare }

func (featured) Features() driver.Features { return driver.Features{MaxBytes: 7} }

type wrapped struct {
	bare
	inner driver.Engine
}

func (w wrapped) Unwrap() driver.Engine { return w.inner }

func TestAs(t *testing.T) {
	f, ok := driver.As[driver.Featured](wrapped{inner: wrapped{inner: featured{}}})
	if !ok || f.Features().MaxBytes != 7 {
		t.Errorf("As finds %v, %v", f, ok)
	}
	for _, e := range []driver.Engine{bare{}, wrapped{inner: bare{}}, wrapped{}, nil} {
		if f, ok := driver.As[driver.Featured](e); ok {
			t.Errorf("As finds %v in %#v", f, e)
		}
	}
}

func TestHeader(t *testing.T) {
	h := driver.Header{{"a", "1"}, {"b", "2"}}
	with := h.With("a", "3")
	if with.Get("a") != "3" || with.Get("b") != "2" || h.Get("a") != "1" {
		t.Errorf("With makes %v of %v", with, h)
	}
	if v, ok := h.Lookup("c"); v != "" || ok {
		t.Errorf("Lookup of what is not there: %q, %v", v, ok)
	}
	if out := with.Without("a"); !slices.Equal(out, driver.Header{{"b", "2"}}) {
		t.Errorf("Without leaves %v", out)
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		driver.LatestPerKey.String(): "LatestPerKey", driver.Strict.String(): "Strict",
		driver.Fsync.String(): "Fsync", driver.Retry.String(): "Retry", driver.Dropped.String(): "Dropped",
		driver.Purged.String(): "Purged", driver.Verb(9).String(): "driver.Verb(9)",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
