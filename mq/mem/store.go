package mem

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// Options of a store. The zero value is ready to use.
type Options struct {
	Faults *Faults // what goes wrong; nil: nothing does
}

// Store holds topics in memory. It outlives the engines that are opened on it, as a server
// outlives its clients.
type Store struct {
	options Options
	epoch   time.Time // the times of groups count from here
	owners  atomic.Uint64
	faults  atomic.Int64 // so many have happened

	mu     sync.RWMutex
	topics map[string]*topic
}

// NewStore makes an empty store. A nil opts stands for the zero value.
func NewStore(opts *Options) *Store {
	s := &Store{epoch: time.Now(), topics: map[string]*topic{}}
	if opts != nil {
		s.options = *opts
	}
	if s.options.Faults != nil {
		s.options.Faults.check()
	}
	return s
}

// New opens an engine on a store of its own.
func New(opts *Options) *Engine { return NewStore(opts).Open() }

// Open opens an engine on the store. There may be several, each standing for a process.
func (s *Store) Open() *Engine {
	return &Engine{store: s, sources: map[*source]bool{}}
}

func (s *Store) now() time.Duration { return time.Since(s.epoch) }

func (s *Store) lookup(name string) *topic {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.topics[name]
}

// topic returns the topic that def defines, and makes it if need be.
func (s *Store) topic(def *driver.Topic) (*topic, error) {
	if t := s.lookup(def.Name); t != nil {
		return t, t.agrees(def)
	}
	if def.MustExist {
		return nil, driver.ErrUnknownTopic
	}
	if err := check(def); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[def.Name]; t != nil {
		return t, t.agrees(def)
	}
	t := newTopic(s, def)
	s.topics[def.Name] = t
	return t, nil
}

// all returns the topics by name.
func (s *Store) all() []*topic {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []*topic
	for _, name := range slices.Sorted(maps.Keys(s.topics)) {
		all = append(all, s.topics[name])
	}
	return all
}

const (
	defaultWindow = 2 * time.Minute
)

// normal fills in what def leaves to the engine.
func normal(def driver.Topic) driver.Topic {
	def.DedupWindow = cmp.Or(def.DedupWindow, defaultWindow)
	def.Durability = cmp.Or(def.Durability, driver.Memory)
	return def
}

// check tells why def cannot be had.
func check(def *driver.Topic) error {
	switch {
	case def.Name == "":
		return errors.New("the definition's Name is empty")
	case def.Durability > driver.Memory:
		return fmt.Errorf("its Durability is %v: %w; it has Memory", def.Durability, driver.ErrUnsupported)
	case def.Overflow > driver.LatestPerKey:
		return fmt.Errorf("its Overflow is %v: %w", def.Overflow, driver.ErrUnsupported)
	case def.MaxMessages < 0:
		return fmt.Errorf("its MaxMessages is %d: want 0 or more", def.MaxMessages)
	case def.MaxBytes < 0:
		return fmt.Errorf("its MaxBytes is %d: want 0 or more", def.MaxBytes)
	case def.MaxAge < 0:
		return fmt.Errorf("its MaxAge is %v: want 0 or more", def.MaxAge)
	case def.DedupWindow < 0:
		return fmt.Errorf("its DedupWindow is %v: want 0 or more", def.DedupWindow)
	}
	return nil
}

// agrees tells in which field def differs from the topic's definition.
func (t *topic) agrees(def *driver.Topic) error {
	d := &t.def
	if d.Overflow == def.Overflow && d.MaxMessages == def.MaxMessages && d.MaxBytes == def.MaxBytes && d.MaxAge == def.MaxAge &&
		d.DedupWindow == cmp.Or(def.DedupWindow, defaultWindow) && d.Durability == cmp.Or(def.Durability, driver.Memory) {
		return nil
	}
	return t.conflict(normal(*def))
}

func (t *topic) conflict(def driver.Topic) error {
	for _, f := range []struct {
		name      string
		has, want any
	}{
		{"Overflow", t.def.Overflow, def.Overflow},
		{"MaxMessages", t.def.MaxMessages, def.MaxMessages},
		{"MaxBytes", t.def.MaxBytes, def.MaxBytes},
		{"MaxAge", t.def.MaxAge, def.MaxAge},
		{"DedupWindow", t.def.DedupWindow, def.DedupWindow},
		{"Durability", t.def.Durability, def.Durability},
	} {
		if f.has != f.want {
			return fmt.Errorf("%w: %s is %v, not %v", driver.ErrConflict, f.name, f.has, f.want)
		}
	}
	return nil
}
