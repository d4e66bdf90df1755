package runnel

import "fmt"

// Option is a property of a channel, given when it is made. It prints as the call that made
// it: Buffer(64).
type Option interface {
	fmt.Stringer
	apply(*config)
}

// config is what the options of a new channel add up to.
type config struct {
	maker  string // the constructor, for messages
	kind   kind
	cap    int
	buffer bufferOption // the one that was given, if one was
	name   string
	id     uint64 // 0 to be given when needed
	onDrop any    // func(T, Reason) for some T, or nil
}

// Buffer gives a channel a buffer of n values; a sender waits while it is full. It panics
// unless n ≥ 1; without a buffer option a channel is a rendezvous.
func Buffer(n int) Option { return bounded("Buffer", fixed, n) }

// Dropping gives a channel a buffer of n values that drops the newest: a value sent while
// the buffer is full is dropped and counted as [DroppedNewest]. Senders never wait.
func Dropping(n int) Option { return bounded("Dropping", dropping, n) }

// Sliding gives a channel a buffer of n values that drops the oldest: a value sent while the
// buffer is full takes the place of the oldest one, which is counted as [DroppedOldest].
// Senders never wait.
func Sliding(n int) Option { return bounded("Sliding", sliding, n) }

// Unbounded gives a channel a buffer that grows as needed: senders never wait and nothing is
// dropped, so memory is the only limit. The memory of a burst is given back when the channel
// has been emptied.
func Unbounded() Option { return bufferOption{"Unbounded", unbounded, 0} }

// bufferOption is the buffer of a channel, by the function that made the option.
type bufferOption struct {
	call string
	kind kind
	cap  int
}

func (o bufferOption) apply(c *config) { c.setBuffer(o) }

func (o bufferOption) String() string {
	if o.kind == unbounded {
		return o.call + "()"
	}
	return fmt.Sprintf("%s(%d)", o.call, o.cap)
}

// Name gives a channel a short name by which people will know it: it is listed by
// [Channels], its [Stats] carry the name, and its waits are timed, which costs two readings
// of the clock for every operation that has to park. "orders" is a good name, "ch2" is not.
func Name(s string) Option {
	if s == "" {
		panic(`runnel: Name(""): the name must not be empty`)
	}
	return nameOption(s)
}

type nameOption string

func (o nameOption) apply(c *config) { c.name = string(o) }
func (o nameOption) String() string  { return fmt.Sprintf("Name(%q)", string(o)) }

// OnDrop gives a channel the function that [Chan.OnDrop] sets, from the start, so that it
// misses no drop: of the output of a stage, say, which begins before anybody else can reach it.
// The type of f must be that of the channel's values, else making the channel panics. On the
// channel of a transducer it is for the values that come out.
func OnDrop[T any](f func(v T, why Reason)) Option { return dropOption[T](f) }

type dropOption[T any] func(T, Reason)

func (o dropOption[T]) apply(c *config) { c.onDrop = (func(T, Reason))(o) }
func (o dropOption[T]) String() string  { return fmt.Sprintf("OnDrop(%T)", (func(T, Reason))(o)) }

// numbered gives a channel its number from the start.
type numbered uint64

func (o numbered) apply(c *config) { c.id = uint64(o) }
func (o numbered) String() string  { return fmt.Sprintf("numbered(%d)", uint64(o)) }

func bounded(option string, k kind, n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("runnel: %s(%d): the capacity must be at least 1", option, n))
	}
	return bufferOption{option, k, n}
}

func (c *config) setBuffer(o bufferOption) {
	if c.buffer.call != "" {
		panic(fmt.Sprintf("runnel: %s: %v after %v: a channel has one buffer", c.maker, o, c.buffer))
	}
	c.buffer, c.kind, c.cap = o, o.kind, o.cap
}

func newConfig(maker string, opts []Option) config {
	cfg := config{maker: maker}
	for _, o := range opts {
		if o == nil {
			panic(fmt.Sprintf("runnel: %s: nil Option", maker))
		}
		o.apply(&cfg)
	}
	return cfg
}

// noBuffer refuses a buffer option where the channel has its own policy.
func (c *config) noBuffer() {
	if c.buffer.call != "" {
		panic(fmt.Sprintf("runnel: %s: %v given, but this channel brings its own policy", c.maker, c.buffer))
	}
}

// apply makes the new channel c what cfg says.
func (c *Chan[T]) apply(cfg config) {
	c.kind, c.cap = cfg.kind, cfg.cap
	switch cfg.kind {
	case dropping:
		c.standing = neverFull | discards
	case sliding, unbounded:
		c.standing = neverFull
	}
	if cfg.id != 0 {
		c.more().id = cfg.id
	}
	if cfg.name != "" {
		c.more().name = cfg.name
		c.timed = true
	}
	c.simulate(cfg.name)
	c.state.lock()
	c.unlock()
	if cfg.onDrop != nil {
		f, ok := cfg.onDrop.(func(T, Reason))
		if !ok {
			panic(fmt.Sprintf("runnel: %s: OnDrop is a %T, want a %T", cfg.maker, cfg.onDrop, f))
		}
		c.OnDrop(f)
	}
	if cfg.name != "" {
		list(c)
	}
}
