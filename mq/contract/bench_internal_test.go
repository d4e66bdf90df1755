package contract

import (
	"encoding/json"
	"testing"
)

type benchLine struct {
	SKU   string  `json:"sku"`
	Price float64 `json:"price" jsonschema:"minimum=0"`
	Count int     `json:"count" jsonschema:"minimum=1,maximum=100"`
}

// The parts of Decode.
func BenchmarkParts(b *testing.B) {
	type lines struct{ Items []benchLine }
	payload, _ := json.Marshal(lines{[]benchLine{{"anvil", 12.5, 3}, {"bellows", 12.5, 3}, {"chisel", 12.5, 3}}})
	c := JSON[lines]().(*codec[lines])
	t, _ := read(payload)
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			_, _ = read(payload)
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			c.check.breaches(t, payload)
		}
	})
	b.Run("assign", func(b *testing.B) {
		for b.Loop() {
			var v lines
			c.into(&v, t)
		}
	})
	b.Run("json", func(b *testing.B) {
		for b.Loop() {
			var v lines
			_ = json.Unmarshal(payload, &v)
		}
	})
}
