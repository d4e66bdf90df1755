package mq

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
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
	send    Send // through Options.Publish; nil if there is none
	replies replyDesk

	mu       sync.RWMutex
	declared map[string]bool
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
	for i, m := range c.options.Publish {
		if m == nil {
			panic(fmt.Sprintf("mq: Open: Options.Publish[%d] is nil; want a function, or leave it out", i))
		}
	}
	c.send = wrapSend(c.options.Publish)
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
	c.replies.shut(fmt.Errorf("mq: client: %w", ErrClosed))
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
	if c.options.Declared && !c.isDeclared(topic) && topic != repliesName {
		return fmt.Errorf("mq: topic %q: %w: it was not declared; call Client.Declare first%s", topic, ErrUnknownTopic, c.meantDeclared(topic))
	}
	return nil
}

// meantDeclared suggests the declared topic that is nearest by name, if one is near.
func (c *Client) meantDeclared(topic string) string {
	c.mu.RLock()
	names := slices.Sorted(maps.Keys(c.declared))
	c.mu.RUnlock()
	return nearest(topic, names, func(name string) string { return name })
}

// Declaration is a Topic, of any type.
type Declaration interface{ declaration() *driver.Topic }

func (t Topic[T]) declaration() *driver.Topic {
	if t.def == nil {
		return nil
	}
	return &t.def.Topic
}

// Declare makes topics as they are defined, with their Groups, unless they exist; those that are there
// stay. The error is ErrConflict if one exists with another definition, and names it. With
// Options.Declared other topics than these are refused from then on.
func (c *Client) Declare(ctx context.Context, topics ...Declaration) error {
	for i, t := range topics {
		def := t.declaration()
		if def == nil {
			return fmt.Errorf("mq: Declare: topic %d is not set; want one made by NewTopic", i)
		}
		if c.closed.Load() {
			return fmt.Errorf("mq: topic %q: client: %w", def.Name, ErrClosed)
		}
		if _, err := c.engine.Publish(ctx, def, nil); err != nil {
			return fmt.Errorf("mq: Declare: topic %q: %w", def.Name, err)
		}
		c.mu.Lock()
		if c.declared == nil {
			c.declared = map[string]bool{}
		}
		c.declared[def.Name] = true
		c.mu.Unlock()
	}
	return nil
}

func (c *Client) isDeclared(topic string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.declared[topic]
}
