package watermill

import (
	"fmt"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// handles are what the suite takes for processes: publishers and subscribers that have nothing in
// common but the store.
type handles struct {
	store *mem.Store
	order driver.Order
	key   func(*message.Message) string
	keep  []string // groups
}

func (h handles) of(_ *testing.T, group string) (message.Publisher, message.Subscriber) {
	return &Publisher{h.store.Open(), h.key, h.keep}, NewSubscriber(h.store.Open(), group, h.order)
}

func (h handles) member(t *testing.T) (message.Publisher, message.Subscriber) {
	return h.of(t, "group")
}

// run has the suite judge handles. What it skips by itself:
//
//	TestReconnect                         no command can restart what is in this process
//	TestNewSubscriberReceivesOldMessages  it wants each subscriber to be a group of its own, all
//	                                      others want groups; see TestOldMessages
//
// ContextPreserved stays false: a context cannot be stored.
func (h handles) run(t *testing.T, f tests.Features) {
	f.ConsumerGroups = true
	f.Persistent = true
	tests.TestPubSub(t, f, h.member, h.of)
}

// Strict is one after the other however many subscribe, so GuaranteedOrderWithSingleSubscriber,
// which asks for less, is not set.
func TestStrict(t *testing.T) {
	handles{store: mem.NewStore(nil), order: driver.Strict}.run(t, tests.Features{GuaranteedOrder: true})
}

// Per key, too: the suite looks at the order of the messages with equal payloads.
func TestPerKey(t *testing.T) {
	byPayload := func(m *message.Message) string { return string(m.Payload) }
	handles{store: mem.NewStore(nil), order: driver.PerKey, key: byPayload}.run(t, tests.Features{GuaranteedOrder: true})
}

func TestUnordered(t *testing.T) {
	handles{store: mem.NewStore(nil)}.run(t, tests.Features{})
}

// No message comes twice as long as all goes well. What the suite calls by this name skips the tests
// in which subscribers end early; they are in the tests above.
func TestNoDuplicates(t *testing.T) {
	handles{store: mem.NewStore(nil), order: driver.Strict}.run(t, tests.Features{GuaranteedOrder: true, ExactlyOnceDelivery: true})
}

// Whoever comes later gets what others have settled, as long as some group still wants it: here one
// that has no subscriber.
func TestOldMessages(t *testing.T) {
	h, n := handles{store: mem.NewStore(nil), keep: []string{"archive"}}, 0
	f := tests.Features{Persistent: true, NewSubscriberReceivesOldMessages: true}
	tests.TestNewSubscriberReceivesOldMessages(t, tests.TestContext{TestID: tests.NewTestID(), Features: f},
		func(t *testing.T) (message.Publisher, message.Subscriber) {
			n++
			return h.of(t, fmt.Sprint("group ", n))
		})
}

// Ten times all at once, with fewer messages.
func TestStress(t *testing.T) {
	h := handles{store: mem.NewStore(nil), order: driver.Strict}
	f := tests.Features{ConsumerGroups: true, Persistent: true, GuaranteedOrder: true, ForceShort: true}
	tests.TestPubSubStressTest(t, f, h.member, h.of)
}
