package mq

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// Replies makes a Handler of a function whose result goes back to who called Request. A message that is
// no request, or whose time is over, is handled, too: the first as a request whose result nobody wants,
// the second not at all.
//
// An error of f is a failed attempt, which is repeated as Consumer.Retry says; the last one goes back as a
// *ReplyError, and the message is a dead letter as it would be otherwise. So does a panic. If each request
// shall have its answer at once, set Consumer.Retry to one attempt.
func Replies[Q, R any](codec Codec[R], f func(ctx context.Context, m *Message[Q]) (R, error)) Handler[Q] {
	return func(ctx context.Context, m *Message[Q]) error {
		ctx, cancel, late := until(ctx, m.Header.Get(HeaderDeadline))
		defer cancel()
		if late {
			return nil // who asked has been told so
		}
		a := answerOf(ctx, &m.Meta)
		defer a.panicked()
		r, err := f(ctx, m)
		if err != nil {
			return a.failed(err)
		}
		payload, err := codec.Encode(r)
		if err != nil {
			return a.failed(fmt.Errorf("mq: reply: %w: %w", ErrEncode, err))
		}
		return a.send(payload)
	}
}

// until limits ctx by the deadline of a request, if there is one. late: it has passed.
func until(ctx context.Context, deadline string) (limited context.Context, cancel func(), late bool) {
	at, err := time.Parse(time.RFC3339Nano, deadline)
	if err != nil {
		return ctx, func() {}, false
	}
	limited, end := context.WithDeadline(ctx, at)
	return limited, end, !time.Now().Before(at)
}

// service is what a handler that replies must know of its consumer. It travels in the context.
type service struct {
	client *Client
	policy *policy
}

type serviceKey struct{}

// answer is what goes back for one attempt.
type answer struct {
	*service
	ctx context.Context
	m   *Meta
}

func answerOf(ctx context.Context, m *Meta) *answer {
	s, _ := ctx.Value(serviceKey{}).(*service)
	return &answer{service: s, ctx: context.WithoutCancel(ctx), m: m}
}

// send sends a reply, if one is wanted. It is not held up by the end of the request's time, since nobody
// waits for it then.
func (a *answer) send(payload []byte, opts ...PublishOption) error {
	to := a.m.Header.Get(HeaderReplyTo)
	if to == "" || a.service == nil {
		return nil
	}
	opts = append(opts, forGroup(to), SetHeader(HeaderCorrelation, a.m.Header.Get(HeaderCorrelation)))
	if a.client.expires() {
		opts = append(opts, TTL(replyLife))
	}
	return replies.Publish(a.ctx, a.client, payload, opts...)
}

// replyLife is how long a reply waits for a client that is gone.
const replyLife = time.Minute

// forGroup sends a message to one group alone.
func forGroup(name string) PublishOption {
	return func(r *driver.Record) { r.Group = name }
}

// failed tells of a failure that is final, and returns it, or what went wrong with that.
func (a *answer) failed(err error) error {
	if a.service == nil || again(a.policy.retry, a.m.Attempt, err) {
		return err
	}
	if lost := a.send(nil, SetHeader(HeaderError, tame(err).Error())); lost != nil {
		return lost
	}
	return err
}

// panicked tells of a panic, and goes on with it.
func (a *answer) panicked() {
	p := recover()
	if p == nil {
		return
	}
	a.failed(&runnel.PanicError{Value: p})
	panic(p)
}
