package contract

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/runnel-go/runnel/mq"
)

// JSON is the contract of topics that carry a T as JSON. Bytes are those of encoding/json, so a topic
// that gets a contract carries what it has carried before. It panics if an option makes no sense, or
// the schema is none, and names what is wrong.
func JSON[T any](opts ...Option) mq.Codec[T] {
	s := settings{share: 1}
	for _, o := range opts {
		o(&s)
	}
	c, err := newCodec[T](&s)
	if err != nil {
		panic(fmt.Sprintf("contract: JSON[%v]: %v", reflect.TypeFor[T](), err))
	}
	return c
}

func newCodec[T any](s *settings) (*codec[T], error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	doc, err := s.document(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	c := &codec[T]{text: render(doc), version: s.version, assigner: newAssigner(reflect.TypeFor[T]())}
	if c.check, err = newChecker(doc); err != nil {
		return nil, err
	}
	if c.version == "" {
		c.version = digest(c.text)
	}
	c.out, c.in = newSampler(s.share, !s.receiveOnly), newSampler(s.share, !s.publishOnly)
	return c, nil
}

// codec is the contract of one topic. It is an mq.Codec and mq.Described.
type codec[T any] struct {
	text    []byte
	version string
	check   *checker
	out, in sampler
	*assigner
}

// Encode marshals v and checks the bytes.
func (c *codec[T]) Encode(v T) ([]byte, error) {
	payload, err := json.Marshal(v)
	if err != nil || !c.out.next() {
		return payload, err
	}
	if _, err := c.checked(payload); err != nil {
		return nil, err
	}
	return payload, nil
}

// Decode checks the payload and makes a value of it.
func (c *codec[T]) Decode(payload []byte) (v T, err error) {
	if !c.in.next() {
		err = json.Unmarshal(payload, &v)
		return v, err
	}
	t, err := c.checked(payload)
	if err != nil {
		return v, err
	}
	if c.assigner.into(&v, t) {
		return v, nil
	}
	var fresh T
	err = json.Unmarshal(payload, &fresh)
	return fresh, err
}

// checked reads a payload, and refuses one that breaks the contract.
func (c *codec[T]) checked(payload []byte) (text, error) {
	t, err := read(payload)
	if err != nil {
		return t, err
	}
	if breaches := c.check.breaches(t, payload); breaches != nil {
		return t, &mq.ContractError{Version: c.version, Fields: breaches}
	}
	return t, nil
}

func (c *codec[T]) ContentType() string { return "application/json" }
func (c *codec[T]) Version() string     { return c.version }
func (c *codec[T]) Schema() []byte      { return c.text }
