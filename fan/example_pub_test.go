package fan_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

type parcel struct {
	country string
	weight  int
}

// Values go to those who have subscribed to their key. Nobody has subscribed to France.
func ExamplePub() {
	ctx := context.Background()
	parcels := runnel.New[parcel](runnel.Buffer(8))
	p := fan.NewPub(parcels, func(p parcel) string { return p.country })
	german := p.Sub("de", runnel.Buffer(8))
	heavy := p.Sub("at", runnel.Buffer(8))

	parcels.SendAll(ctx, []parcel{{"de", 3}, {"at", 20}, {"fr", 5}, {"de", 1}})
	parcels.Close()
	if err := p.Run(ctx); err != nil {
		fmt.Println(err)
	}

	for v := range german.All(ctx) {
		fmt.Println("de", v.weight)
	}
	for v := range heavy.All(ctx) {
		fmt.Println("at", v.weight)
	}
	fmt.Println("unheard:", parcels.Stats().Dropped[runnel.Unheard])
	// Output:
	// de 3
	// de 1
	// at 20
	// unheard: 1
}

// A key is forgotten when its last subscriber leaves.
func ExamplePub_Keys() {
	p := fan.NewPub(runnel.New[parcel](), func(p parcel) string { return p.country })
	one, two := p.Sub("de"), p.Sub("de")
	fmt.Println(p.Keys())
	one.Leave()
	fmt.Println(p.Keys())
	two.Cancel(nil)
	fmt.Println(p.Keys())
	// Output:
	// [de]
	// [de]
	// []
}
