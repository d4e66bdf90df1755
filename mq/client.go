package mq

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// Client publishes to and consumes from the topics of an engine. It is used by many goroutines at
// once, and closed once.
type Client struct {
	engine  driver.Engine
	options Options
	closed  atomic.Bool
	meters  meters
	opened  time.Time
}

// Options of a client. The zero value is ready to use.
type Options struct {
	// Logger gets what goes wrong, and what begins and ends; nil for slog.Default().
	Logger *slog.Logger

	// Declared refuses topics that were not declared by Client.Declare: ErrUnknownTopic. Without it
	// a topic is made when it is first used.
	Declared bool

	// Middleware wraps the handlers of all consumers, outside of that of the consumer.
	Middleware []Middleware

	// Publish wraps the sending of each message. The first one is outermost.
	Publish []PublishMiddleware
}

// Open makes a client of an engine, which belongs to the client from then on.
func Open(e driver.Engine, o *Options) *Client {
	if e == nil {
		panic("mq: Open: engine is nil")
	}
	c := &Client{engine: e, opened: time.Now()}
	if o != nil {
		c.options = *o
	}
	if c.options.Logger == nil {
		c.options.Logger = slog.Default()
	}
	return c
}

// Close closes the client and its engine. Consumers that still run end with ErrClosed; end them first
// by their contexts to have them drained. A second call does nothing.
func (c *Client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.engine.Close()
}

// check is nil if the client can be used.
func (c *Client) check(ctx context.Context, topic string) error {
	if c.closed.Load() {
		return fmt.Errorf("mq: topic %q: client: %w", topic, ErrClosed)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
