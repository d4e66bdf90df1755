package mq

import (
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// Topic is the definition of a topic whose messages carry a T. It is declared once, as a variable,
// and shared by who publishes and who consumes; it can be used with any client,
// also with several.
type Topic[T any] struct{ def *definition[T] }

type definition[T any] struct {
	driver.Topic
	keyed   bool
	codec   Codec[T]
	version string // of the contract, or ""
	meter   lastMeter
}

// NewTopic defines a topic. The name is one to 200 letters, digits, '.', '-' or '_', not beginning
// with one of the signs. It panics if an option makes no sense, naming it.
func NewTopic[T any](name string, opts ...TopicOption) Topic[T] {
	t := &definition[T]{Topic: driver.Topic{Name: name}}
	if wrong := checkName(name); wrong != "" {
		panic(fmt.Sprintf("mq: NewTopic(%q): the name %s", name, wrong))
	}
	s := settings{Topic: &t.Topic, keyed: &t.keyed}
	for _, o := range opts {
		if err := o(&s); err != nil {
			panic(fmt.Sprintf("mq: NewTopic(%q): %v", name, err))
		}
	}
	t.setCodec(s.codec)
	if t.Overflow == driver.LatestPerKey && !t.keyed {
		panic(fmt.Sprintf("mq: NewTopic(%q): Overflow(LatestPerKey) needs Keyed()", name))
	}
	return Topic[T]{t}
}

func (t *definition[T]) setCodec(c any) {
	switch c := c.(type) {
	case nil:
		t.codec = defaultCodec[T]()
	case Codec[T]:
		t.codec = c
	default:
		panic(fmt.Sprintf("mq: NewTopic(%q): %T does not carry %T", t.Name, c, *new(T)))
	}
	if d, ok := t.codec.(Described); ok {
		t.version = d.Version()
	}
}

func defaultCodec[T any]() Codec[T] {
	if c, ok := any(Bytes()).(Codec[T]); ok {
		return c
	}
	return JSON[T]()
}

// Name returns the topic's name.
func (t Topic[T]) Name() string { return t.def.Name }

// Schema returns the contract's JSON Schema and version; nil and "" if the topic has none.
func (t Topic[T]) Schema() (schema []byte, version string) {
	if d, ok := t.def.codec.(Described); ok {
		return d.Schema(), d.Version()
	}
	return nil, ""
}

// Decode turns a payload of this topic into its value: for tools and tests, which meet messages
// outside of a consumer.
func (t Topic[T]) Decode(payload []byte) (T, error) { return t.def.codec.Decode(payload) }

// TopicOption is a part of the definition of a topic.
type TopicOption func(*settings) error

type settings struct {
	*driver.Topic
	keyed *bool
	codec any
}

// The policies of a topic that is full, as those of channels.
const (
	Block        = driver.Block        // Publish waits until there is room: the default
	Reject       = driver.Reject       // Publish returns ErrFull
	DropNewest   = driver.DropNewest   // the message is dropped, and counted
	DropOldest   = driver.DropOldest   // the oldest message is dropped, and counted
	LatestPerKey = driver.LatestPerKey // a message takes the place of an older one with its key, which is counted as dropped
)

// What an accepted message outlives. An engine refuses what it cannot give.
const (
	Memory  = driver.Memory  // nothing
	OSFlush = driver.OSFlush // the process
	Fsync   = driver.Fsync   // the machine
)

// Overflow says what happens when the topic holds MaxMessages.
func Overflow(o driver.Overflow) TopicOption {
	return func(s *settings) error {
		s.Overflow = o
		if o > LatestPerKey {
			return fmt.Errorf("Overflow(%v): want Block, Reject, DropNewest, DropOldest or LatestPerKey", o)
		}
		return nil
	}
}

// MaxMessages limits how many messages are stored at once. Without it there is no limit.
func MaxMessages(n int64) TopicOption {
	return func(s *settings) error {
		s.MaxMessages = n
		if n < 1 {
			return fmt.Errorf("MaxMessages(%d): want at least 1", n)
		}
		return nil
	}
}

// MaxBytes limits the size of one message: key, header and payload together.
func MaxBytes(n int64) TopicOption {
	return func(s *settings) error {
		s.MaxBytes = n
		if n < 1 {
			return fmt.Errorf("MaxBytes(%d): want at least 1", n)
		}
		return nil
	}
}

// MaxAge makes messages expire that long after they were published. They are counted as expired.
func MaxAge(d time.Duration) TopicOption {
	return func(s *settings) error {
		s.MaxAge = d
		if d <= 0 {
			return fmt.Errorf("MaxAge(%v): want more than 0", d)
		}
		return nil
	}
}

// DedupWindow says how long a DedupID is remembered. Without it that is 2 minutes.
func DedupWindow(d time.Duration) TopicOption {
	return func(s *settings) error {
		s.Topic.DedupWindow = d
		if d <= 0 {
			return fmt.Errorf("DedupWindow(%v): want more than 0", d)
		}
		return nil
	}
}

// Durability says what an accepted message outlives. Without it the engine decides: Fsync for one
// that has a disk.
func Durability(d driver.Durability) TopicOption {
	return func(s *settings) error {
		s.Topic.Durability = d
		if d > Fsync {
			return fmt.Errorf("Durability(%v): want Memory, OSFlush or Fsync", d)
		}
		return nil
	}
}

// Keyed says that each message has a key. Messages of unkeyed topics have none.
func Keyed() TopicOption {
	return func(s *settings) error { *s.keyed = true; return nil }
}

// Groups makes these groups with the topic, so that messages are kept for them from the start on,
// also before they consume. Other groups begin with what is still stored then.
func Groups(names ...string) TopicOption {
	return func(s *settings) error {
		for _, g := range names {
			if wrong := checkName(g); wrong != "" {
				return fmt.Errorf("Groups(%q): the name %s", g, wrong)
			}
		}
		s.Topic.Groups = append(s.Topic.Groups, names...)
		return nil
	}
}

// WithCodec says how values become bytes. Without it that is JSON, and Bytes for a Topic[[]byte].
func WithCodec[T any](c Codec[T]) TopicOption {
	return func(s *settings) error { s.codec = c; return nil }
}
