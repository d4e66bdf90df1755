package contract_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
	"github.com/runnel-go/runnel/mq/mem"
)

type Payment struct {
	Account string `json:"account" jsonschema:"minLength=4"`
	Cents   int    `json:"cents" jsonschema:"minimum=1"`
	Note    string `json:"note,omitempty"`
}

var Payments = mq.NewTopic[Payment]("payments", mq.WithCodec(contract.JSON[Payment](contract.Version("1"))))

// A value that breaks its contract is not published.
func Example() {
	client := mq.Open(mem.New(nil), nil)
	defer client.Close()
	ctx := context.Background()

	fmt.Println(Payments.Publish(ctx, client, Payment{Account: "DE89", Cents: 1250}))
	fmt.Println(Payments.Publish(ctx, client, Payment{Account: "DE", Cents: -5}))

	// Output:
	// <nil>
	// mq: topic "payments": message breaks contract 1: account: want at least 4 characters, got "DE"; cents: want at least 1, got -5
}

// A field that is added breaks nobody; one that is required breaks who reads what is stored.
func ExampleCompare() {
	type NewPayment struct {
		Payment
		Currency string `json:"currency"`
		Purpose  string `json:"purpose,omitempty"`
	}
	payments := mq.NewTopic[NewPayment]("payments", mq.WithCodec(contract.JSON[NewPayment]()))

	old, _ := Payments.Schema()
	new, _ := payments.Schema()
	changes, err := contract.Compare(old, new)
	for _, c := range changes {
		fmt.Println(c)
	}
	fmt.Println(err)

	// Output:
	// currency: added, and required (breaks new consumers with old messages)
	// purpose: added
	// <nil>
}
