package mq

import (
	"context"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel/mq/driver"
)

// Handle does the work for one message, whatever its type. m may be changed before it is passed on:
// its Payload is decoded behind the last middleware.
type Handle func(ctx context.Context, m *Meta) error

// Middleware wraps the handling of each message: to log, to measure, to add something to ctx, to turn
// one error into another. It is called once for each Run, and what it returns once for each attempt,
// by many goroutines.
//
//	recover → Options.Middleware, the first one outermost → Consumer.Middleware → decode → handler
//
// A panic of any of them is a failed attempt. Retry, dead letters and leases are none of a
// middleware's business: they look at the error that comes out. One that calls next twice calls the
// handler twice within one attempt.
//
// With a BatchHandler each message of a batch goes through the middleware in a goroutine of its own;
// the batch is handled when all of them have come to the end, or have been sent back before. What a
// middleware adds to ctx does not reach a BatchHandler.
type Middleware func(next Handle) Handle

// wrap puts the middleware around h; nil if there is none.
func wrap(h Handle, all ...[]Middleware) Handle {
	wrapped := false
	for i := len(all) - 1; i >= 0; i-- {
		for j := len(all[i]) - 1; j >= 0; j-- {
			h = all[i][j](h)
			wrapped = true
		}
	}
	if !wrapped {
		return nil
	}
	return h
}

// Send gives a message to the engine. r may be changed before it is passed on.
type Send func(ctx context.Context, topic string, r *driver.Record) error

// PublishMiddleware wraps the sending of each message, behind the codec: r has its final payload. It is
// called once, by Open, and what it returns for each message, by many goroutines. ctx must be passed on,
// or one made of it. Calling next again sends the message again; with it unused the message is not
// sent, and what is returned is the result of Publish. PublishAll sends one by one where there is a
// PublishMiddleware.
type PublishMiddleware func(next Send) Send

// sendKey is where the end of the chain, which is the same for all topics, finds the way to the engine.
type sendKey struct{}

func sendEnd(ctx context.Context, topic string, r *driver.Record) error {
	end, ok := ctx.Value(sendKey{}).(Send)
	if !ok {
		return fmt.Errorf("mq: topic %q: a middleware passed on a context that is not made of the one it got", topic)
	}
	return end(ctx, topic, r)
}

// wrapSend puts the middleware around the sending; nil if there is none.
func wrapSend(all []PublishMiddleware) Send {
	if len(all) == 0 {
		return nil
	}
	s := Send(sendEnd)
	for _, m := range slices.Backward(all) {
		s = m(s)
	}
	return s
}
