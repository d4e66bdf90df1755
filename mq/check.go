package mq

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// mistakes collects what is wrong with a Consumer: all of it, not only the first.
type mistakes struct{ all []error }

func (w *mistakes) say(bad bool, format string, args ...any) {
	if bad {
		w.all = append(w.all, fmt.Errorf(format, args...))
	}
}

// negative notes the fields that are.
func negative[N int | float64 | time.Duration](w *mistakes, field string, n N) {
	w.say(n < 0, "%s is %v; want 0 or more", field, n)
}

// check tells everything that is wrong with the fields, each with its value and what would be right.
func (c *Consumer[T]) check(client *Client, pull bool) error {
	if client == nil {
		return fmt.Errorf("mq: consumer of group %q: client is nil; want one made by Open", c.Group)
	}
	if c.Topic.def == nil {
		return fmt.Errorf("mq: consumer of group %q: Topic is not set; want one made by NewTopic", c.Group)
	}
	w := &mistakes{}
	why := checkName(c.Group)
	w.say(why != "", "Group %q %s", c.Group, why)
	if pull {
		c.checkPull(w)
	} else {
		c.checkHandler(w)
	}
	c.checkNumbers(w)
	c.checkChoices(w)
	checkMiddleware(w, "Options.Middleware", client.options.Middleware)
	checkMiddleware(w, "Middleware", c.Middleware)
	if w.all == nil {
		return c.checkFeatures(client.engine)
	}
	return fmt.Errorf("mq: consumer %q of topic %q: %w", c.Group, c.Topic.Name(), errors.Join(w.all...))
}

func (c *Consumer[T]) checkHandler(w *mistakes) {
	both, none := c.Handler != nil && c.Batch != nil, c.Handler == nil && c.Batch == nil
	w.say(both, "Handler and Batch are both set; want one of them")
	w.say(none, "Handler and Batch are both nil; want one of them")
	w.say(c.Batch == nil && c.BatchSize != 0, "BatchSize is %d without Batch; want 0, or a Batch", c.BatchSize)
	w.say(c.Batch == nil && c.BatchWait != 0, "BatchWait is %v without Batch; want 0, or a Batch", c.BatchWait)
}

// checkPull refuses what is about a handler.
func (c *Consumer[T]) checkPull(w *mistakes) {
	const instead = "Open and Messages have no handler; leave it out, or call Run"
	w.say(c.Handler != nil, "Handler is set: %s", instead)
	w.say(c.Batch != nil, "Batch is set: %s", instead)
	w.say(c.BatchSize != 0, "BatchSize is %d: %s", c.BatchSize, instead)
	w.say(c.BatchWait != 0, "BatchWait is %v: %s", c.BatchWait, instead)
	w.say(c.Workers != 0, "Workers is %d: %s", c.Workers, instead)
	w.say(c.Drain != 0, "Drain is %v: %s", c.Drain, instead)
	w.say(c.Grace != 0, "Grace is %v: %s", c.Grace, instead)
	w.say(c.Retry.Timeout != 0, "Retry.Timeout is %v: %s", c.Retry.Timeout, instead)
	w.say(len(c.Middleware) > 0, "Middleware has %d functions: %s", len(c.Middleware), instead)
}

func (c *Consumer[T]) checkNumbers(w *mistakes) {
	negative(w, "BatchSize", c.BatchSize)
	negative(w, "BatchWait", c.BatchWait)
	negative(w, "Workers", c.Workers)
	negative(w, "Lapses", c.Lapses)
	negative(w, "Prefetch", c.Prefetch)
	negative(w, "Burst", c.Burst)
	negative(w, "Drain", c.Drain)
	negative(w, "Grace", c.Grace)
	lease := cmp.Or(c.Lease, defaultLease)
	w.say(lease < time.Millisecond, "Lease is %v; want 0, or at least 1ms", c.Lease)
	w.say(c.BatchWait > lease/3, "BatchWait is %v; want at most a third of the Lease, %v", c.BatchWait, lease/3)
	badRate := c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0)
	w.say(badRate, "Rate is %v; want messages per second, or 0 for no limit", c.Rate)
	w.say(c.Rate == 0 && c.Burst > 0, "Burst is %d without Rate; want 0, or a Rate", c.Burst)
	if !isZero(c.Retry) {
		if err := c.Retry.Check(); err != nil {
			w.all = append(w.all, fmt.Errorf("Retry: %w", err))
		}
	}
}

func (c *Consumer[T]) checkChoices(w *mistakes) {
	w.say(c.Order > Strict, "Order is %v; want Unordered, PerKey or Strict", c.Order)
	w.say(c.Order == PerKey && !c.Topic.def.keyed, "Order is PerKey and the topic has no keys; want Unordered or Strict, or define the topic with Keyed()")
}

func checkMiddleware(w *mistakes, field string, all []Middleware) {
	for i, m := range all {
		w.say(m == nil, "%s[%d] is nil; want a function, or leave it out", field, i)
	}
}

// checkFeatures refuses what the engine cannot give.
func (c *Consumer[T]) checkFeatures(e driver.Engine) error {
	featured, ok := driver.As[driver.Featured](e)
	if !ok {
		return nil
	}
	f, t := featured.Features(), &c.Topic.def.Topic
	w := &mistakes{}
	w.say(!slices.Contains(f.Order, c.Order), "Order is %v; it has %v", c.Order, f.Order)
	w.say(!slices.Contains(f.Overflow, t.Overflow), "the topic's Overflow is %v; it has %v", t.Overflow, f.Overflow)
	w.say(t.Durability != 0 && !slices.Contains(f.Durability, t.Durability), "the topic's Durability is %v; it has %v", t.Durability, f.Durability)
	w.say(t.MaxAge > 0 && !f.Expiry, "the topic's MaxAge is %v; its messages do not expire", t.MaxAge)
	w.say(f.MaxBytes > 0 && t.MaxBytes > f.MaxBytes, "the topic's MaxBytes is %d; it takes at most %d", t.MaxBytes, f.MaxBytes)
	if w.all == nil {
		return nil
	}
	return fmt.Errorf("mq: consumer %q of topic %q: %w: %w", c.Group, c.Topic.Name(), ErrUnsupported, errors.Join(w.all...))
}
