package mq

import (
	"errors"
	"fmt"
	"strings"

	"github.com/runnel-go/runnel/mq/driver"
)

// The errors of publishing and consuming, for errors.Is. What is returned names the topic too, and
// says what would be right.
var (
	ErrClosed       = driver.ErrClosed       // the client or its engine has been closed
	ErrFull         = driver.ErrFull         // a topic with Overflow(Reject) has no room
	ErrTooLarge     = driver.ErrTooLarge     // a message is over MaxBytes, or over what the engine can hold
	ErrUnknownTopic = driver.ErrUnknownTopic // Options.Declared, and the topic was not declared
	ErrConflict     = driver.ErrConflict     // a topic or group exists with another definition
	ErrUnsupported  = driver.ErrUnsupported  // the engine cannot give what was asked for
	ErrLeaseLost    = driver.ErrLeaseLost    // a delivery was settled too late: somebody else has it

	ErrContract = errors.New("message breaks its contract")
	ErrUnkeyed  = errors.New("a key on an unkeyed topic")
	ErrNoKey    = errors.New("no key on a keyed topic")
	ErrEncode   = errors.New("message cannot be encoded")
	ErrDecode   = errors.New("message cannot be decoded")
	ErrStuck    = errors.New("handler did not return in time")
	ErrTimeout  = errors.New("no reply in time")
)

// ContractError tells how a message breaks its contract. It is ErrContract.
type ContractError struct {
	Topic   string
	Version string   // of the contract
	Fields  []Breach // at least one, in the order of the document
}

// Breach is one violation of a contract.
type Breach struct {
	Field string // a path: "customer.id", "items[2].price"; "" for the whole message
	Want  string // what the contract says
	Got   string // what the message has
}

func (e *ContractError) Error() string {
	var lines []string
	for _, b := range e.Fields {
		lines = append(lines, b.String())
	}
	return fmt.Sprintf("mq: topic %q: message breaks contract %s: %s", e.Topic, e.Version, strings.Join(lines, "; "))
}

// Is makes a ContractError an ErrContract.
func (e *ContractError) Is(target error) bool { return target == ErrContract }

func (b Breach) String() string {
	field := b.Field
	if field == "" {
		field = "the message"
	}
	return fmt.Sprintf("%s: want %s, got %s", field, b.Want, b.Got)
}
