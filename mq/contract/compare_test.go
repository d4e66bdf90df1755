package contract_test

import (
	"strings"
	"testing"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
)

// changes compares two schemas of a struct's fields, and returns the changes, one a line.
func changes(t *testing.T, old, new string) string {
	t.Helper()
	all, err := contract.Compare([]byte(old), []byte(new))
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, c := range all {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "\n")
}

const (
	breaksOld  = " (breaks old consumers with new messages)"
	breaksNew  = " (breaks new consumers with old messages)"
	breaksBoth = " (breaks both ways: old consumers, and new ones with old messages)"
)

func TestCompareKeywords(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`{}`, `{}`, ""},
		{`{"title":"a","description":"b"}`, `{"title":"c","default":1,"examples":[1]}`, ""},
		{`{"type":"string"}`, `{"type":"integer"}`, "f: type changed from string to integer" + breaksBoth},
		{`{"type":"integer"}`, `{"type":"number"}`, "f: type changed from integer to number" + breaksOld},
		{`{"type":"number"}`, `{"type":"integer"}`, "f: type changed from number to integer" + breaksNew},
		{`{"type":"string"}`, `{"type":["null","string"]}`, "f: type changed from string to null or string" + breaksOld},
		{`{"type":"string"}`, `{}`, "f: type changed from string to any" + breaksOld},
		{`{"enum":["a","b"]}`, `{"enum":["b","c"]}`, "f: no longer allowed: \"a\"" + breaksNew + "\nf: newly allowed: \"c\"" + breaksOld},
		{`{"enum":["a","b"]}`, `{"enum":["b","a"]}`, ""},
		{`{"enum":[1]}`, `{"const":1.0}`, ""},
		{`{"const":1}`, `{}`, "f: not limited any more to 1" + breaksOld},
		{`{}`, `{"enum":[1,{"a":2}]}`, `f: limited to 1, {"a":2}` + breaksNew},
		{`{"minimum":1}`, `{"minimum":2}`, "f: minimum tightened from 1 to 2" + breaksNew},
		{`{"minimum":2}`, `{"minimum":1.5}`, "f: minimum loosened from 2 to 1.5" + breaksOld},
		{`{"minimum":2}`, `{"minimum":2.0}`, ""},
		{`{"maxLength":2}`, `{"maxLength":1}`, "f: maxLength tightened from 2 to 1" + breaksNew},
		{`{"maxItems":2}`, `{"maxItems":3}`, "f: maxItems loosened from 2 to 3" + breaksOld},
		{`{"maximum":2}`, `{}`, "f: maximum 2 removed" + breaksOld},
		{`{}`, `{"minProperties":2}`, "f: minProperties 2 added" + breaksNew},
		{`{"multipleOf":4}`, `{"multipleOf":2}`, "f: multipleOf changed from 4 to 2" + breaksOld},
		{`{"multipleOf":2}`, `{"multipleOf":3}`, "f: multipleOf changed from 2 to 3" + breaksBoth},
		{`{"pattern":"a"}`, `{"pattern":"b"}`, `f: pattern changed from "a" to "b"` + breaksBoth},
		{`{}`, `{"format":"email"}`, `f: format "email" added` + breaksNew},
		{`{"uniqueItems":true}`, `{}`, "f: items need not be unique any more" + breaksOld},
		{`{"items":{"type":"string"}}`, `{"items":{"type":"string","minLength":1}}`, "f[]: minLength 1 added" + breaksNew},
		{`{"prefixItems":[{"type":"string"}]}`, `{"prefixItems":[{"type":"boolean"}]}`, "f[0]: type changed from string to boolean" + breaksBoth},
		{`{"additionalProperties":{"minimum":1}}`, `{"additionalProperties":{"minimum":0}}`, "f[*]: minimum loosened from 1 to 0" + breaksOld},
		{`{}`, `{"contains":{"type":"string"}}`, "f: contains added" + breaksBoth},
		{`{"not":{"const":1}}`, `{"not":{"const":2}}`, "f: not changed" + breaksBoth},
		{`{"x-unknown":1}`, `{"x-unknown":2}`, "f: x-unknown changed" + breaksBoth},
		{`{"x-unknown":{"a":1}}`, `{"x-unknown":{"a":1}}`, ""},
		{`{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"anyOf":[{"type":"null"},{"type":"string"},{"type":"integer"}]}`, "f: 1 alternatives added" + breaksOld},
		{`{"type":"integer","minimum":1}`, `{"oneOf":[{"type":"integer","minimum":2},{"type":"null"}]}`, "f: minimum tightened from 1 to 2" + breaksNew + "\nf: 1 alternatives added" + breaksOld},
		{`{"oneOf":[{"minimum":1},{"maximum":5}]}`, `{"oneOf":[{"minimum":1},{"maximum":6}]}`, "f: oneOf changed" + breaksBoth},
		{`{"allOf":[{"minimum":1}]}`, `{"allOf":[{"minimum":1},{"maximum":5}]}`, "f: 1 conditions of allOf added" + breaksNew},
		{`{"type":"string","anyOf":[{"minLength":1}]}`, `{"type":"string"}`, "f: anyOf removed" + breaksBoth},
		{`true`, `false`, "f: not allowed any more" + breaksNew},
		{`false`, `{"type":"string"}`, "f: allowed now" + breaksOld},
		{`{"properties":{"a":true},"unevaluatedProperties":false}`, `{"properties":{},"unevaluatedProperties":false}`, "f.a: removed" + "\nf: unevaluatedProperties depends on what has changed" + breaksBoth},
	} {
		got := changes(t, `{"properties":{"f":`+c.old+`}}`, `{"properties":{"f":`+c.new+`}}`)
		if got != c.want {
			t.Errorf("%s to %s:\ngot  %s\nwant %s", c.old, c.new, got, c.want)
		}
	}
}

func TestCompareFields(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":"string"},"b":{"type":"string"}}}`, "b: added"},
		{`{"properties":{"a":true}}`, `{"properties":{"a":true,"b":true},"required":["b"]}`, "b: added, and required" + breaksNew},
		{`{"properties":{"a":true,"b":true}}`, `{"properties":{"a":true}}`, "b: removed"},
		{`{"properties":{"b":true},"required":["b"]}`, `{"properties":{}}`, "b: removed" + breaksOld},
		{`{"properties":{"a":{"minimum":1}},"required":["a"]}`, `{"properties":{"b":{"minimum":1}},"required":["b"]}`, "a: removed, perhaps renamed to b" + breaksOld + "\nb: added, and required, in the place of a" + breaksNew},
		{`{"properties":{"a":true}}`, `{"properties":{"a":true},"required":["a"]}`, "a: made required" + breaksNew},
		{`{"properties":{"a":true},"required":["a"]}`, `{"properties":{"a":true}}`, "a: made optional" + breaksOld},
		{`{"properties":{"a":true}}`, `{"properties":{"a":true},"additionalProperties":false}`, "the message: unknown fields are refused now" + breaksNew},
		{`{"properties":{"a":true},"additionalProperties":false}`, `{"properties":{"a":true}}`, "the message: unknown fields are accepted now"},
		{`{"properties":{},"additionalProperties":false}`, `{"properties":{"a":true},"additionalProperties":false}`, "a: added" + breaksOld},
		{`{"properties":{"a":true},"additionalProperties":false}`, `{"properties":{},"additionalProperties":false}`, "a: removed" + breaksNew},
		{`{"type":"object"}`, `{"type":"object","properties":{"a":{"type":"string"}}}`, "a: added" + breaksNew},
		{`{"properties":{"a.b":{"properties":{"c d":{"minimum":1}}}}}`, `{"properties":{"a.b":{"properties":{"c d":{"minimum":2}}}}}`, `["a.b"]["c d"]: minimum tightened from 1 to 2` + breaksNew},
		{`{"properties":{},"patternProperties":{"^x":{"type":"string"}}}`, `{"properties":{},"patternProperties":{"^x":{"type":"string"},"^y":true}}`, "[^y]: added" + breaksBoth},
		{`{"properties":{},"patternProperties":{"^x":true},"additionalProperties":false}`, `{"properties":{"xa":{"type":"string"}},"patternProperties":{"^x":true},"additionalProperties":false}`, "xa: added" + breaksBoth},
		{`{"propertyNames":{"maxLength":2}}`, `{"propertyNames":{"maxLength":1}}`, "[names]: maxLength tightened from 2 to 1" + breaksNew},
		{`{"allOf":[{"properties":{"b":{"type":"string"}}}],"properties":{"a":true}}`, `{"allOf":[{"properties":{}}],"properties":{"a":true,"b":{"type":"integer"}}}`, "b: removed" + breaksOld + "\nb: added" + breaksNew},
	} {
		if got := changes(t, c.old, c.new); got != c.want {
			t.Errorf("%s to %s:\ngot  %s\nwant %s", c.old, c.new, got, c.want)
		}
	}
}

func TestCompareReferences(t *testing.T) {
	node := func(value string) string {
		return `{"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object","properties":{"value":` + value + `,"next":{"$ref":"#/$defs/Node"},"all":{"items":{"$ref":"#/$defs/Node","description":"x"}}}}}}`
	}
	for _, c := range []struct{ old, new, want string }{
		{node(`{"type":"string"}`), node(`{"type":"string"}`), ""},
		{node(`{"minimum":1}`), node(`{"minimum":2}`), "value: minimum tightened from 1 to 2" + breaksNew},
		{`{"$ref":"#/$defs/A","$defs":{"A":{"minimum":1}}}`, `{"minimum":1}`, ""},
		{`{"$ref":"#/$defs/A","$defs":{"A":{"minimum":1}}}`, `{"$ref":"#/$defs/B","$defs":{"B":{"minimum":2}}}`, "the message: minimum tightened from 1 to 2" + breaksNew},
		{`{"not":{"$ref":"#/$defs/A"},"$defs":{"A":{"minimum":1}}}`, `{"not":{"$ref":"#/$defs/A"},"$defs":{"A":{"minimum":2}}}`, "the message: not changed" + breaksBoth},
		{`{"not":{"$ref":"#/$defs/A"},"$defs":{"A":{"minimum":1}}}`, `{"not":{"$ref":"#/$defs/B"},"$defs":{"B":{"minimum":1}}}`, ""},
		{`{"$ref":"#/$defs/A","maximum":5,"$defs":{"A":{"minimum":1}}}`, `{"$ref":"#/$defs/A","maximum":6,"$defs":{"A":{"minimum":1}}}`, "the message: maximum loosened from 5 to 6" + breaksOld},
		{node(`true`), `{"properties":{"value":true,"next":true,"all":true}}`, "the message: type changed from object to any" + breaksOld + "\nall: type"},
	} {
		if got := changes(t, c.old, c.new); got != c.want && !(strings.HasSuffix(c.want, "all: type") && strings.Contains(got, "next: not limited any more"+breaksOld)) {
			t.Errorf("%s to %s:\ngot  %s\nwant %s", c.old, c.new, got, c.want)
		}
	}
}

func TestCompareMistakes(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`{`, `{}`, "contract: Compare: the old schema: unexpected EOF"},
		{`{}`, `[]`, "contract: Compare: the new Schema: want a JSON object, got []"},
		{`{}`, `{"minimum":1e5000}`, "contract: Compare: the new Schema: want exponents of at most three digits, got 1e5000"},
		{`{"$ref":"#a","$defs":{"x":{"$anchor":"a"}}}`, `{}`, `contract: Compare: $ref: want a place in the document that begins with #/, got "#a"`},
	} {
		if got := changes(t, c.old, c.new); got != c.want {
			t.Errorf("%s to %s:\ngot  %s\nwant %s", c.old, c.new, got, c.want)
		}
	}
}

func TestCompareTypes(t *testing.T) {
	type was struct {
		ID    string `json:"id"`
		Lines []line `json:"lines"`
	}
	type sku struct {
		SKU   string  `json:"sku"`
		Price float64 `json:"price" jsonschema:"minimum=0,maximum=1000"`
		Count string  `json:"count"`
	}
	type is struct {
		ID    string `json:"id"`
		Lines []sku  `json:"lines,omitempty"`
		Note  string `json:"note,omitempty"`
	}
	old, new := contract.JSON[was]().(mq.Described), contract.JSON[is]().(mq.Described)
	want := "lines: made optional" + breaksOld + "\n" +
		"lines: type changed from array or null to array" + breaksNew + "\n" +
		"lines[].count: type changed from integer to string" + breaksBoth + "\n" +
		"lines[].price: maximum 1000 added" + breaksNew + "\n" +
		"note: added"
	if got := changes(t, string(old.Schema()), string(new.Schema())); got != want {
		t.Errorf("got\n%s", got)
	}
}
