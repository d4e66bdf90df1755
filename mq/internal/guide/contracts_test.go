package guide_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
	"github.com/runnel-go/runnel/mq/mem"
)

// Payment is what is agreed on. Names and what may be absent are in the json tags, limits in the others.
type Payment struct {
	Account string `json:"account" jsonschema:"minLength=4"`
	Cents   int    `json:"cents" jsonschema:"minimum=1"`
	Purpose string `json:"purpose,omitempty"`
}

// Payments has a contract: its codec checks.
var Payments = mq.NewTopic[Payment]("payments", mq.Groups("bank"),
	mq.WithCodec(contract.JSON[Payment](contract.Version("1"))))

func Example_schema() {
	schema, version := Payments.Schema()
	fmt.Printf("version %s\n%s\n", version, schema)
	// Output:
	// version 1
	// {
	//   "$schema": "https://json-schema.org/draft/2020-12/schema",
	//   "properties": {
	//     "account": {
	//       "minLength": 4,
	//       "type": "string"
	//     },
	//     "cents": {
	//       "minimum": 1,
	//       "type": "integer"
	//     },
	//     "purpose": {
	//       "type": "string"
	//     }
	//   },
	//   "required": [
	//     "account",
	//     "cents"
	//   ],
	//   "type": "object"
	// }
}

func Example_breach() {
	client := open()
	defer client.Close()
	err := Payments.Publish(context.Background(), client, Payment{Account: "DE", Cents: -5})
	fmt.Println(errors.Is(err, mq.ErrContract), err)

	breach, _ := errors.AsType[*mq.ContractError](err)
	for _, f := range breach.Fields {
		fmt.Printf("field %s: want %s, got %s\n", f.Field, f.Want, f.Got)
	}
	// Output:
	// true mq: topic "payments": message breaks contract 1: account: want at least 4 characters, got "DE"; cents: want at least 1, got -5
	// field account: want at least 4 characters, got "DE"
	// field cents: want at least 1, got -5
}

func Example_received() {
	ctx := context.Background()
	store := mem.NewStore(nil)
	other := mq.Open(store.Open(), nil) // another program, which knows of no contract
	mq.NewTopic[map[string]any]("payments", mq.Groups("bank")).
		Publish(ctx, other, map[string]any{"account": "DE89", "cents": "a lot"})
	other.Close()

	client := mq.Open(store.Open(), &mq.Options{Logger: quietly})
	defer client.Close()
	work(client, "payments", &mq.Consumer[Payment]{
		Topic: Payments, Group: "bank",
		Handler: func(context.Context, *mq.Message[Payment]) error { fmt.Println("not called"); return nil },
	})
	for l, err := range client.DeadLetters("payments", "bank").List(ctx, mq.Filter{}) {
		fmt.Println(l.Reason, l.Error, err)
	}
	// Output:
	// bank: published 1 = acked 0 + dead 1 + expired 0 + dropped 0
	// contract mq: topic "payments": message breaks contract 1: cents: want integer, got "a lot" <nil>
}

func Example_compare() {
	type NewPayment struct {
		Account  string  `json:"account" jsonschema:"minLength=4"`
		Cents    float64 `json:"cents" jsonschema:"minimum=1"`
		Currency string  `json:"currency,omitempty"`
	}
	changed := mq.NewTopic[NewPayment]("payments", mq.WithCodec(contract.JSON[NewPayment]()))
	old, _ := Payments.Schema()
	new, _ := changed.Schema()
	changes, err := contract.Compare(old, new)
	for _, c := range changes {
		fmt.Println(c)
	}
	fmt.Println(err)
	// Output:
	// cents: type changed from integer to number (breaks old consumers with new messages)
	// currency: added, in the place of purpose
	// purpose: removed, perhaps renamed to currency
	// <nil>
}

// Rates are agreed on with others, by a document of theirs; one in ten is checked, and only where they are
// received.
var Rates = mq.NewTopic[float64]("rates", mq.WithCodec(contract.JSON[float64](
	contract.Schema([]byte(`{"type": "number", "exclusiveMinimum": 0}`)),
	contract.Sample(0.1),
	contract.ReceiveOnly(),
)))

func Example_rates() {
	client := open()
	defer client.Close()
	fmt.Println(Rates.Publish(context.Background(), client, -1))
	// Output:
	// <nil>
}
