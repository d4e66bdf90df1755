package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
)

type order struct {
	ID       string   `json:"id" jsonschema:"minLength=1"`
	Customer customer `json:"customer"`
	Items    []line   `json:"items" jsonschema:"minItems=1"`
	Email    string   `json:"email,omitempty" jsonschema:"format=email"`
	State    string   `json:"state" jsonschema:"enum=new,enum=paid"`
	Weight   *int     `json:"weight"`
}

type customer struct {
	Name string `json:"name"`
}

type line struct {
	SKU   string  `json:"sku"`
	Price float64 `json:"price" jsonschema:"minimum=0"`
	Count int     `json:"count" jsonschema:"minimum=1,maximum=100"`
}

func good() order {
	return order{ID: "o1", Items: []line{{"a", 1.5, 1}}, State: "new"}
}

// breachesOf decodes a payload of the orders' contract and returns its breaches, one a line.
func breachesOf(t *testing.T, payload string, opts ...contract.Option) string {
	t.Helper()
	_, err := contract.JSON[order](opts...).Decode([]byte(payload))
	if err == nil {
		return ""
	}
	breach, ok := errors.AsType[*mq.ContractError](err)
	if !ok {
		return "not a ContractError: " + err.Error()
	}
	var lines []string
	for _, b := range breach.Fields {
		lines = append(lines, b.String())
	}
	return strings.Join(lines, "\n")
}

func TestBreaches(t *testing.T) {
	const start, end = `{"id":"1","customer":{"name":"n"},"weight":null,"state":"new",`, `}`
	for payload, want := range map[string]string{
		`7`:  "the message: want object, got 7",
		`{}`: "customer: want a value, got nothing\nid: want a value, got nothing\nitems: want a value, got nothing\nstate: want a value, got nothing\nweight: want a value, got nothing",
		start + `"items":[{"sku":"a","price":1,"count":1},{"sku":7,"price":-1.5,"count":0}]` + end: "items[1].sku: want string, got 7\nitems[1].price: want at least 0, got -1.5\nitems[1].count: want at least 1, got 0",
		start + `"items":[{"sku":"a","price":1,"count":1.5}]` + end:                                "items[0].count: want integer, got 1.5",
		start + `"items":[{"sku":"a","price":1,"count":101}]` + end:                                "items[0].count: want at most 100, got 101",
		start + `"items":[]` + end: "items: want at least 1 items, got an array with 0 items",
		start + `"items":[{"sku":"a","price":1e99999999999,"count":1}]` + end: "items[0].price: want a number with an exponent of at most three digits, got 1e99999999999",
		start + `"email":"x","items":[{"sku":"a","price":1,"count":1}]` + end: `email: want a string of format email, got "x"`,
		start + `"a.b":1,"items":[{"sku":"a","price":1,"count":1}]` + end:     "",
		`{"id":"","customer":{},"weight":"w","state":"old","items":[null]}`:   "id: want at least 1 characters, got \"\"\ncustomer.name: want a value, got nothing\nweight: want null or integer, got \"w\"\nstate: want one of \"new\", \"paid\", got \"old\"\nitems[0]: want object, got null",
	} {
		for range 20 { // the library goes through maps
			if got := breachesOf(t, payload); got != want {
				t.Fatalf("%s\ngot\n%s\nwant\n%s", payload, got, want)
			}
		}
	}
}

func TestUnknownFields(t *testing.T) {
	const payload = `{"id":"1","customer":{"name":"n","a b":[]},"weight":1,"state":"new","items":[{"sku":"a","price":1,"count":1}],"x":1}`
	if got := breachesOf(t, payload); got != "" {
		t.Error(got)
	}
	want := "customer[\"a b\"]: want no such field, got an array with 0 items\nx: want no such field, got 1"
	if got := breachesOf(t, payload, contract.Strict()); got != want {
		t.Error(got)
	}
}

func TestPublishBreach(t *testing.T) {
	bad := good()
	bad.State, bad.Items[0].Count = "old", 0
	_, err := contract.JSON[order](contract.Version("2")).Encode(bad)
	breach, ok := errors.AsType[*mq.ContractError](err)
	if !ok || breach.Version != "2" || len(breach.Fields) != 2 || !errors.Is(err, mq.ErrContract) {
		t.Fatalf("got %#v", err)
	}
}

func TestBytesAreThoseOfJSON(t *testing.T) {
	got, err := contract.JSON[order]().Encode(good())
	want, _ := mq.JSON[order]().Encode(good())
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %s, %v, want %s", got, err, want)
	}
}

func TestNoJSONIsNoBreach(t *testing.T) {
	for _, payload := range []string{``, `{`, `{} x`, `{"id":1,}`, `nul`} {
		_, err := contract.JSON[order]().Decode([]byte(payload))
		if err == nil || errors.Is(err, mq.ErrContract) {
			t.Errorf("%s: got %v", payload, err)
		}
	}
}

func TestSides(t *testing.T) {
	bad := order{}
	payload, _ := json.Marshal(bad)
	for _, c := range []struct {
		opts    []contract.Option
		out, in bool
	}{
		{nil, true, true},
		{[]contract.Option{contract.PublishOnly()}, true, false},
		{[]contract.Option{contract.ReceiveOnly()}, false, true},
		{[]contract.Option{contract.Sample(0)}, false, false},
	} {
		codec := contract.JSON[order](c.opts...)
		_, out := codec.Encode(bad)
		_, in := codec.Decode(payload)
		if errors.Is(out, mq.ErrContract) != c.out || errors.Is(in, mq.ErrContract) != c.in {
			t.Errorf("got %v, %v", out, in)
		}
	}
}

func TestSample(t *testing.T) {
	payload, _ := json.Marshal(order{})
	for _, share := range []float64{0.1, 0.25, 1. / 3, 0.9} {
		codec := contract.JSON[order](contract.Sample(share))
		var checked []int
		for i := range 1000 {
			if _, err := codec.Decode(payload); err != nil {
				checked = append(checked, i)
			}
		}
		if n, want := len(checked), share*1000; float64(n) < want || float64(n) > want+1 || checked[0] != 0 {
			t.Errorf("share %v: checked %d, first %d", share, n, checked[0])
		}
	}
}

func TestVersion(t *testing.T) {
	version := func(opts ...contract.Option) string {
		_, v := mq.NewTopic[order]("orders", mq.WithCodec(contract.JSON[order](opts...))).Schema()
		return v
	}
	if v := version(); len(v) != 12 || v != version() || v == version(contract.Strict()) {
		t.Errorf("got %q, again %q, another schema %q", v, version(), version(contract.Strict()))
	}
	if v := version(contract.Version("2")); v != "2" {
		t.Errorf("got %q", v)
	}
}

func TestTextIsCanonical(t *testing.T) {
	schema := func(doc string) string {
		return string(contract.JSON[any](contract.Schema([]byte(doc))).(mq.Described).Schema())
	}
	a := schema(`{"type":["string","null","object"],"required":["b","a"],"properties":{"b":{"enum":["z","y"]},"a":true}}`)
	b := schema(`{"required":["a","b"],"properties":{"a":true,"b":{"enum":["z","y"]}},"type":["null","object","string"]}`)
	if a != b || !strings.Contains(a, "\n      \"enum\": [\n        \"z\",\n        \"y\"\n") {
		t.Errorf("got\n%s\nand\n%s", a, b)
	}
}

func TestMistakes(t *testing.T) {
	for want, opts := range map[string][]contract.Option{
		"Sample(1.5): want a share from 0 to 1":              {contract.Sample(1.5)},
		"PublishOnly and ReceiveOnly together":               {contract.PublishOnly(), contract.ReceiveOnly()},
		`Strict with Schema: say "additionalProperties": fa`: {contract.Strict(), contract.Schema([]byte(`{}`))},
		"Schema: unexpected EOF":                             {contract.Schema([]byte(`{"a":`))},
		"Schema: want a JSON object, got true":               {contract.Schema([]byte(`true`))},
		`Schema: $schema: want "https://json-schema.org/dra`: {contract.Schema([]byte(`{"$schema":"http://json-schema.org/draft-07/schema#"}`))},
		"Schema: failing loading":                            {contract.Schema([]byte(`{"$ref":"https://example.com/x"}`))},
		"is not valid against metaschema":                    {contract.Schema([]byte(`{"type":"strin"}`))},
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, want) || !strings.HasPrefix(p, "contract: JSON[contract_test.order]: ") {
					t.Errorf("want %q, got %q", want, p)
				}
			}()
			contract.JSON[order](opts...)
		}()
	}
}

func TestTypesWithoutSchema(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "no schema can be derived: unsupported type chan int; give one by Schema") {
			t.Errorf("got %q", p)
		}
	}()
	contract.JSON[struct{ C chan int }]()
}
