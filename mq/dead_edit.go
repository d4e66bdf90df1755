package mq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/runnel-go/runnel/mq/driver"
)

// ErrDraft says that what was edited cannot be sent.
var ErrDraft = errors.New("draft cannot be sent")

// Draft is what Edit may change of a message. Header fields of package mq itself ("Runnel-…") must stay as
// they are.
type Draft struct {
	Key     string
	Header  Header
	Payload []byte
}

// Edit replays a held letter with what f makes of its message, and returns the ID of the new one. f
// gets copies; its error ends Edit, with no effect. What it makes is checked: that a key is there if
// the topic is keyed and only then, that it is not the same as before, and, for access by
// Topic.DeadLetters, that the topic's codec and contract accept the payload; otherwise ErrDraft.
//
// The letter keeps the original, and tells as what it was replayed; the new message tells by
// HeaderEditedFrom where it comes from. All else is as in Replay: an Edit that is broken off by a crash is
// completed by Replay. ErrLetter if there is no such letter, it is not held, or somebody else has acted
// on it while f was at work.
func (d *DeadLetters) Edit(ctx context.Context, seq uint64, f func(*Draft) error) (id string, err error) {
	k, err := d.desk(ctx)
	if err != nil {
		return "", err
	}
	l, err := k.letter(ctx, seq)
	if err != nil {
		return "", err
	}
	if s := noteOf(&l).state(l.State); s != StateHeld {
		return "", d.wrap(fmt.Errorf("letter %d: %w: it is %s, want %s", seq, ErrLetter, s, StateHeld))
	}
	r := &l.Record
	draft := Draft{Key: r.Key, Header: slices.Clone(r.Header), Payload: bytes.Clone(r.Payload)}
	if err := f(&draft); err != nil {
		return "", d.wrap(fmt.Errorf("letter %d: %w", seq, err))
	}
	if err := d.checks.draft(r, &draft); err != nil {
		return "", d.wrap(fmt.Errorf("letter %d: %w: %w", seq, ErrDraft, err))
	}
	sent, _, err := k.send(ctx, &l, &draft)
	if sent == nil {
		return "", err
	}
	return sent.ID, err
}

// draft checks what was made of r, and stamps it with the contract's version.
func (c checks) draft(r *driver.Record, d *Draft) error {
	if r.Key != "" && d.Key == "" {
		return fmt.Errorf("%w: Draft.Key is empty, the message had %q", ErrNoKey, r.Key)
	}
	if r.Key == "" && d.Key != "" {
		return fmt.Errorf("%w: Draft.Key is %q, the message had none", ErrUnkeyed, d.Key)
	}
	if d.Key == r.Key && bytes.Equal(d.Payload, r.Payload) && slices.Equal(d.Header, r.Header) {
		return errors.New("it is the same as before; use Replay")
	}
	if name := reservedChange(r.Header, d.Header); name != "" {
		return fmt.Errorf("Draft.Header: %s was changed; fields whose names begin with %q are not to be", name, reserved)
	}
	if c.payload == nil {
		return nil
	}
	if c.version != "" {
		d.Header = d.Header.With(HeaderVersion, c.version)
	}
	return c.payload(d.Payload)
}

const reserved = "Runnel-"

// reservedChange is the first name of ours that two headers do not have alike, or "".
func reservedChange(a, b Header) string {
	for _, f := range slices.Concat(a, b) {
		if strings.HasPrefix(f.Name, reserved) && count(a, f) != count(b, f) {
			return f.Name
		}
	}
	return ""
}

func count(h Header, f driver.Field) (n int) {
	for _, g := range h {
		if g == f {
			n++
		}
	}
	return n
}

// Letters is access to dead letters whose messages carry a T.
type Letters[T any] struct {
	*DeadLetters
	topic Topic[T]
}

// DeadLetters gives access to the topic's dead letters that one group has given up; "" for those of all
// groups. What is edited by it is checked by the topic's codec and contract.
func (t Topic[T]) DeadLetters(c *Client, group string) *Letters[T] {
	d := c.DeadLetters(t.Name(), group)
	d.checks = checks{def: &t.def.Topic, version: t.def.version, payload: func(p []byte) error {
		_, err := t.def.codec.Decode(p)
		return err
	}}
	return &Letters[T]{d, t}
}

// As is DeadLetters.As.
func (l *Letters[T]) As(by, note string) *Letters[T] {
	return &Letters[T]{l.DeadLetters.As(by, note), l.topic}
}

// Value decodes the message of a letter. The error is ErrDecode, or ErrContract with what breaks it.
func (l *Letters[T]) Value(d DeadLetter) (T, error) {
	v, err := l.decode(d.Message.Payload)
	if err != nil {
		return v, l.wrap(fmt.Errorf("letter %d: %w", d.Seq, err))
	}
	return v, nil
}

func (l *Letters[T]) decode(payload []byte) (T, error) {
	v, err := l.topic.def.codec.Decode(payload)
	if err != nil && !errors.Is(err, ErrContract) {
		err = fmt.Errorf("%w: %w", ErrDecode, err)
	}
	return v, err
}

// EditValue is Edit for the message's value. What cannot be decoded needs Edit itself.
func (l *Letters[T]) EditValue(ctx context.Context, seq uint64, f func(v *T) error) (id string, err error) {
	return l.Edit(ctx, seq, func(d *Draft) error {
		v, err := l.decode(d.Payload)
		if err != nil {
			return fmt.Errorf("%w; change its payload by Edit", err)
		}
		if err := f(&v); err != nil {
			return err
		}
		d.Payload, err = l.topic.def.codec.Encode(v)
		return err
	})
}
