package mqtest_test

import (
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
	"github.com/runnel-go/runnel/mq/mqtest"
)

// Somebody has made the price a text, for the sake of the currency.
func ExampleGolden() {
	type price struct {
		Item  string `json:"item"`
		Euros string `json:"euros"`
	}
	prices := mq.NewTopic[price]("prices", mq.WithCodec(contract.JSON[price]()))
	inTest(func(t *exampleTest) {
		mqtest.Golden(t, prices)
	})
	// Output:
	// mqtest: contract of topic "prices": a breaking change against testdata/contracts/prices.json:
	//   euros: type changed from number to string (breaks both ways: old consumers, and new ones with old messages)
	// if that is meant, run this test once with RUNNEL_UPDATE=1 and commit the file
}
