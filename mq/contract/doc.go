// Package contract makes topics keep their word: the messages of a topic with a contract are what its
// JSON Schema says, for who publishes and for who receives.
//
// # Usage
//
// A contract is the codec of a topic:
//
//	var Orders = mq.NewTopic[Order]("orders", mq.WithCodec(contract.JSON[Order]()))
//
// The schema is derived from the Go type: names and what may be absent from its json tags, limits from
// its jsonschema tags (`jsonschema:"minimum=1,maxLength=40,enum=new,enum=paid"`). Or it is a document
// that somebody else wrote: [Schema].
//
// A value that breaks the contract is not published: Publish returns an [*mq.ContractError], which
// names each field, what the contract wants and what the value has. A message that breaks it when it is
// received, because another program has published it, becomes a dead letter with the reason
// "contract", and no handler sees it.
//
// # What a derived schema says
//
// It accepts all that encoding/json makes of a value of the type, as far as no tag forbids it. So a
// field without omitempty is required, and a pointer, slice or map without it may be null, because that
// is what encoding/json writes for nil (a slice with minItems, or a map with minProperties above 0, may
// not). Types that marshal themselves to text are strings; those that marshal themselves to JSON may be
// anything, unless they have a method JSONSchema.
//
// Fields that the schema does not know are accepted. So a new version of a program can publish a new
// field while old consumers still run; with [Strict] it could not, and would have to wait for the last
// one of them.
//
// # Versions
//
// Each message carries the version of the contract it was published under. It is what [Version] says,
// or otherwise derived from the schema: it changes if and only if the schema's text does. What the
// version of a message is decides nothing; it tells who reads a dead letter what the publisher
// believed in.
//
// # Changing a contract
//
// [Compare] tells for each difference of two schemas whether it breaks old readers of new messages
// (forward), new readers of old messages (backward), or nobody. [mqtest.Golden] keeps the schema of
// each topic in a file beside the tests, so that a change shows in the review and a breaking one
// fails, with the field named.
//
// # Cost
//
// A schema is compiled once, when its topic is defined. To publish, the value is encoded, and the bytes
// are parsed to be checked: what is checked is what is sent. To receive, the bytes are parsed once, and
// both the check and the Go value use the result. That is more than to trust everybody; where it is too
// much, [Sample] checks a part of the messages, and [PublishOnly] and [ReceiveOnly] one side.
//
// # Limits
//
// Schemas are JSON Schema, draft 2020-12, in one document: $ref leads nowhere else. Formats are checked.
// Patterns are Go's regular expressions. Numbers whose exponent has more than three digits break every
// contract, because to check them exactly would take memory without end.
//
// [mqtest.Golden]: https://pkg.go.dev/github.com/runnel-go/runnel/mq/mqtest#Golden
package contract
