package contract_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// An order of 600 bytes with five lines.
func sample() (order, []byte) {
	o := good()
	o.Customer.Name, o.Email, o.Items = "Ada Lovelace", "ada@example.com", nil
	for _, sku := range []string{"anvil", "bellows", "chisel", "drill", "easel"} {
		o.Items = append(o.Items, line{sku + "-0123456789", 12.5, 3})
	}
	payload, _ := json.Marshal(o)
	return o, payload
}

// library is what a user would write with the schema library alone.
type library struct{ schema *jsonschema.Schema }

func newLibrary() library {
	doc, _ := jsonschema.UnmarshalJSON(bytes.NewReader(contract.JSON[order]().(mq.Described).Schema()))
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("https://example.com/order", doc); err != nil {
		panic(err)
	}
	return library{c.MustCompile("https://example.com/order")}
}

func (l library) check(payload []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
	if err != nil {
		return err
	}
	return l.schema.Validate(doc)
}

func BenchmarkDecode(b *testing.B) {
	_, payload := sample()
	l, with, without, some := newLibrary(), contract.JSON[order](), mq.JSON[order](), contract.JSON[order](contract.Sample(0.1))
	decode := func(b *testing.B, c mq.Codec[order]) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Decode(payload); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("without", func(b *testing.B) { decode(b, without) })
	b.Run("contract", func(b *testing.B) { decode(b, with) })
	b.Run("sample=0.1", func(b *testing.B) { decode(b, some) })
	b.Run("library/check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := l.check(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library/check+decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := l.check(payload); err != nil {
				b.Fatal(err)
			}
			if _, err := without.Decode(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	o, _ := sample()
	l, with, without := newLibrary(), contract.JSON[order](), mq.JSON[order]()
	encode := func(b *testing.B, c mq.Codec[order]) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Encode(o); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("without", func(b *testing.B) { encode(b, without) })
	b.Run("contract", func(b *testing.B) { encode(b, with) })
	b.Run("library/encode+check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			payload, err := without.Encode(o)
			if err == nil {
				err = l.check(payload)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
