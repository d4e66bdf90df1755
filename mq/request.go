package mq

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// Request publishes q, and waits for the reply of a consumer whose Handler was made by Replies. It blocks
// until the reply is there or ctx ends. The end of ctx travels with q: after it q is not worked on any
// more, and the context of the handler ends with it, as far as the clocks of the machines agree.
//
// The error is that of Publish; a *ReplyError that tells what went wrong there; ErrTimeout, and the cause
// of ctx, if no reply came in time; ErrDecode or ErrContract for a reply that r does not carry; ErrClosed
// if the client was closed meanwhile. After an error of waiting it is unknown whether q was worked on.
//
// A consumer may be called more than once for one request, as for every message; the first reply counts.
func Request[Q, R any](ctx context.Context, client *Client, topic Topic[Q], reply Codec[R], q Q, opts ...PublishOption) (r R, err error) {
	if _, err := topic.ready(ctx, client); err != nil {
		return r, err
	}
	if reply == nil {
		return r, fmt.Errorf("mq: topic %q: Request: the codec of the reply is nil; want one, as JSON[%T]()", topic.Name(), r)
	}
	await, to, err := client.replies.open(ctx, client)
	if err != nil {
		return r, err
	}
	defer await.forget()
	opts = append(opts, SetHeader(HeaderReplyTo, to), SetHeader(HeaderCorrelation, await.id), client.deadline(ctx))
	if err := topic.Publish(ctx, client, q, opts...); err != nil {
		return r, err
	}
	m, err := await.reply.Recv(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return r, fmt.Errorf("mq: topic %q: %w: %w%s", topic.Name(), ErrTimeout, err, client.nobody(topic.Name()))
	case err != nil:
		return r, fmt.Errorf("mq: topic %q: reply: %w", topic.Name(), err)
	}
	return decodeReply(topic.Name(), reply, m)
}

// decodeReply makes a value, or an error, of what came back.
func decodeReply[R any](topic string, codec Codec[R], m *Message[[]byte]) (r R, err error) {
	if text, failed := m.Header.Lookup(HeaderError); failed {
		return r, &ReplyError{Topic: topic, Text: text}
	}
	if r, err = codec.Decode(m.Value); err == nil {
		return r, nil
	}
	if breach, ok := errors.AsType[*ContractError](err); ok {
		breach.Topic = topic + " (reply)"
		return r, breach
	}
	return r, fmt.Errorf("mq: topic %q: reply: %w: %w", topic, ErrDecode, err)
}

// deadline lets a request end with its context.
func (c *Client) deadline(ctx context.Context) PublishOption {
	return func(r *driver.Record) {
		if at, limited := ctx.Deadline(); limited {
			r.Header = r.Header.With(HeaderDeadline, at.UTC().Format(time.RFC3339Nano))
			if c.expires() {
				r.Expires = at
			}
		}
	}
}

// expires tells whether messages of the engine do.
func (c *Client) expires() bool {
	f, ok := driver.As[driver.Featured](c.engine)
	return !ok || f.Features().Expiry
}

// ReplyError is an error of the function behind Replies, as it was told to who made the request.
type ReplyError struct {
	Topic string // of the request
	Text  string
}

func (e *ReplyError) Error() string {
	return fmt.Sprintf("mq: topic %q: the reply is an error: %s", e.Topic, e.Text)
}

// nobody tells that a topic has no group, which is why nobody replies.
func (c *Client) nobody(topic string) string {
	a, err := c.Account(context.Background(), topic)
	if err != nil || len(a.Groups) > 0 {
		return ""
	}
	return "; nobody consumes the topic: run a Consumer with a Handler made by Replies"
}

// The topic of all replies. Each client has a group of its own in it, which ends with the client; a
// reply is for one group alone.
const repliesName = "runnel-replies"

var replies = NewTopic[[]byte](repliesName)

// replyDesk hands replies to who waits for them.
//
//	a request waits ⇒ it is in waiting, under its id
//	a reply without one is late: it is counted, and acked
type replyDesk struct {
	last atomic.Uint64 // request
	late atomic.Uint64 // replies

	mu      runnel.Mutex
	group   string // "" until it is open
	inbox   *Inbox[[]byte]
	waiting map[string]*awaited
	closed  error
}

// awaited is the reply to one request.
type awaited struct {
	desk  *replyDesk
	id    string
	reply *runnel.Chan[*Message[[]byte]]
}

// open begins to wait for a reply. The first call makes the client's group.
func (d *replyDesk) open(ctx context.Context, c *Client) (a *awaited, to string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed != nil {
		return nil, "", d.closed
	}
	if d.inbox == nil {
		if err := d.subscribe(ctx, c); err != nil {
			return nil, "", err
		}
	}
	a = &awaited{desk: d, id: strconv.FormatUint(d.last.Add(1), 36), reply: runnel.New[*Message[[]byte]](runnel.Buffer(1))}
	d.waiting[a.id] = a
	return a, d.group, nil
}

// subscribe makes the group, and somebody who hands out what comes. The caller holds mu.
func (d *replyDesk) subscribe(ctx context.Context, c *Client) error {
	group := rand.Text()
	consumer := &Consumer[[]byte]{Topic: replies, Group: group, Latest: true, Ephemeral: true}
	in, err := consumer.Open(context.WithoutCancel(ctx), c)
	if err != nil {
		return err
	}
	d.group, d.inbox, d.waiting = group, in, map[string]*awaited{}
	runnel.Go(func() { d.deliver(in) })
	return nil
}

// deliver hands out replies until the inbox ends.
func (d *replyDesk) deliver(in *Inbox[[]byte]) {
	for reply := range in.All(context.Background()) {
		d.mu.Lock()
		a := d.waiting[reply.Header.Get(HeaderCorrelation)]
		if a == nil || a.reply.TrySend(&reply.Message) != nil {
			d.late.Add(1)
		}
		d.mu.Unlock()
		reply.Ack(context.Background()) // what is not acked comes again, and is late
	}
	d.fail(in)
}

// fail ends all requests that wait, with what has ended the inbox; the next one opens another.
func (d *replyDesk) fail(in *Inbox[[]byte]) {
	err := in.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inbox == in {
		d.end(err)
		d.inbox = nil
	}
}

// end ends all requests that wait. The caller holds mu.
func (d *replyDesk) end(err error) {
	for _, a := range d.waiting {
		a.reply.CloseWith(err)
	}
	d.waiting = nil
}

// shut ends the desk for good, with err, and waits until its group has ended.
func (d *replyDesk) shut(err error) {
	d.mu.Lock()
	d.closed = err
	d.end(err)
	in := d.inbox
	d.inbox = nil
	d.mu.Unlock()
	if in != nil {
		in.Close()
	}
}

// forget says that nobody waits any more.
func (a *awaited) forget() {
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	delete(a.desk.waiting, a.id)
}
