package contract_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
)

type base struct {
	Owner string `json:"owner"`
}

type item struct {
	SKU   string  `json:"sku" jsonschema:"minLength=1"`
	Price float64 `json:"price" jsonschema:"minimum=0"`
	Tags  []string
}

type everything struct {
	base
	*Extra
	ID       string            `json:"id"`
	Items    []item            `json:"items"`
	Some     []item            `json:"some" jsonschema:"minItems=1"`
	ByName   map[string]*item  `json:"by_name"`
	ByNumber map[int][]int     `json:"by_number"`
	Parent   *everything       `json:"parent"`
	When     time.Time         `json:"when"`
	Later    *time.Time        `json:"later"`
	Long     time.Duration     `json:"long"`
	Amount   json.Number       `json:"amount"`
	Big      *big.Int          `json:"big"`
	Float    *big.Float        `json:"float"`
	Raw      json.RawMessage   `json:"raw"`
	Bytes    []byte            `json:"bytes"`
	Any      any               `json:"any"`
	IP       net.IP            `json:"ip"`
	URL      url.URL           `json:"url"`
	Quoted   int64             `json:"quoted,string"`
	Pointer  *int              `json:"pointer,string"`
	Array    [2]*bool          `json:"array"`
	Left     map[string]string `json:"left,omitempty"`
	Generic  pair[item, int]   `json:"generic"`
	hidden   int
	Skipped  int `json:"-"`
}

type Extra = extraPointer
type extraPointer struct {
	Why string `json:"why"`
}

type pair[A, B any] struct {
	First  A
	Second B
}

// Whatever encoding/json writes for the zero value fits the schema that was derived of the type,
// except where a tag asks for more.
func TestZeroValueFits(t *testing.T) {
	c := contract.JSON[everything]()
	v := everything{Some: []item{{SKU: "x"}}, Generic: pair[item, int]{First: item{SKU: "y"}}, hidden: 1}
	payload, err := c.Encode(v)
	if err != nil {
		t.Fatalf("%v\n%s", err, c.(mq.Described).Schema())
	}
	if _, err := c.Decode(payload); err != nil {
		t.Fatal(err)
	}
}

func TestNilWhereSomeAreWanted(t *testing.T) {
	_, err := contract.JSON[everything]().Encode(everything{Generic: pair[item, int]{First: item{SKU: "y"}}})
	breach, ok := errors.AsType[*mq.ContractError](err)
	if !ok || len(breach.Fields) != 1 || breach.Fields[0].String() != "some: want array, got null" {
		t.Fatalf("got %v", err)
	}
}

func TestTypesOfTheSameName(t *testing.T) {
	type item struct{ Other bool }
	type both struct {
		A item
		B pair[item, everything]
	}
	v := both{}
	v.B.Second.Some, v.B.Second.Generic.First.SKU = nil, "x"
	_, err := contract.JSON[both]().Encode(v)
	if err == nil || !strings.Contains(err.Error(), "B.Second.some: want array, got null") || strings.Contains(err.Error(), ";") {
		t.Fatalf("got %v", err)
	}
}
