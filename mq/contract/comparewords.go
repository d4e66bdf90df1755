package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// keywords compares two schemas keyword by keyword.
func (c *comparer) keywords(path string, o, n map[string]any) {
	if describesTwice(o) || describesTwice(n) {
		defer c.strictly()()
	}
	if c.types(path, o, n) {
		return // what else they say is of different types
	}
	c.values(path, o, n)
	for _, l := range limits {
		c.limit(path, l, o[l.key], n[l.key])
	}
	c.multiple(path, o["multipleOf"], n["multipleOf"])
	for _, key := range []string{"pattern", "format"} {
		c.text(path, key, o[key], n[key])
	}
	c.unique(path, o["uniqueItems"] == true, n["uniqueItems"] == true)
	c.composed(path, o, n)
	c.fields(path, o, n)
	c.items(path, o, n)
	c.opaque(path, o, n)
}

// describesTwice tells whether a schema speaks of the same value in several places.
func describesTwice(s map[string]any) bool {
	for _, key := range []string{"allOf", "oneOf", "anyOf", "if", "dependentSchemas", "patternProperties", "unevaluatedProperties"} {
		if _, ok := s[key]; ok && !isUnion(s) {
			return true
		}
	}
	return false
}

var allTypes = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

// typesOf are the types that a schema accepts. Here "number" is for those that are no integers.
func typesOf(s map[string]any) []string {
	list, ok := s["type"].([]any)
	if !ok && s["type"] == nil {
		return allTypes
	}
	if !ok {
		list = []any{s["type"]}
	}
	var out []string
	for _, t := range list {
		if out = append(out, fmt.Sprint(t)); t == "number" {
			out = append(out, "integer")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func without[T comparable](a, b []T) []T {
	return slices.DeleteFunc(slices.Clone(a), func(v T) bool { return slices.Contains(b, v) })
}

// types tells whether the types have nothing in common.
func (c *comparer) types(path string, o, n map[string]any) (differ bool) {
	ot, nt := typesOf(o), typesOf(n)
	gone, come := without(ot, nt), without(nt, ot)
	if len(gone)+len(come) > 0 {
		c.report(path, fmt.Sprintf("type changed from %s to %s", typeWords(o), typeWords(n)), len(come) > 0, len(gone) > 0)
	}
	return len(gone) == len(ot)
}

func typeWords(s map[string]any) string {
	switch t := s["type"].(type) {
	case nil:
		return "any"
	case []any:
		return join(t, " or ")
	default:
		return fmt.Sprint(t)
	}
}

// values compares "enum" and "const".
func (c *comparer) values(path string, o, n map[string]any) {
	ov, oAny := valuesOf(o)
	nv, nAny := valuesOf(n)
	gone, come := without(ov, nv), without(nv, ov)
	switch {
	case oAny && nAny:
	case oAny:
		c.narrower(path, "limited to "+listing(nv))
	case nAny:
		c.wider(path, "not limited any more to "+listing(ov))
	default:
		if len(gone) > 0 {
			c.narrower(path, "no longer allowed: "+listing(gone))
		}
		if len(come) > 0 {
			c.wider(path, "newly allowed: "+listing(come))
		}
	}
}

func listing(values []string) string {
	short := make([]string, len(values))
	for i, v := range values {
		short[i] = shorten(v)
	}
	return strings.Join(short, ", ")
}

// valuesOf lists the values that a schema accepts; anyOther if it does not list them.
func valuesOf(s map[string]any) (values []string, anyOther bool) {
	list, listed := s["enum"].([]any)
	constant, isConst := s["const"]
	if isConst {
		list = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return canonical(v) != canonical(constant) })
		if !listed {
			list = []any{constant}
		}
	}
	return canonicalAll(list), !listed && !isConst
}

// canonical writes a value so that equal ones have the same text: 1 and 1.0 are one number.
func canonical(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "{" + strings.Join(canonicalFields(v), ",") + "}"
	case []any:
		return "[" + strings.Join(canonicalAll(v), ",") + "]"
	}
	if r := rational(v); r != nil {
		return number(r)
	}
	text, _ := json.Marshal(v) // what has been parsed can be written
	return string(text)
}

func canonicalFields(object map[string]any) (parts []string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		parts = append(parts, fmt.Sprintf("%q:%s", name, canonical(object[name])))
	}
	return parts
}

func canonicalAll(list []any) (parts []string) {
	for _, v := range list {
		parts = append(parts, canonical(v))
	}
	return parts
}

func join(list []any, sep string) string {
	var parts []string
	for _, v := range list {
		parts = append(parts, fmt.Sprint(v))
	}
	return strings.Join(parts, sep)
}

// rational is a number's value; nil if v is none.
func rational(v any) *big.Rat {
	s := fmt.Sprint(v)
	if _, text := v.(string); text || v == nil || isHuge(s) {
		return nil
	}
	r, _ := new(big.Rat).SetString(s)
	return r
}

// bound is a keyword that limits something from below or above.
type bound struct {
	key   string
	lower bool
}

var limits = []bound{
	{"minimum", true}, {"exclusiveMinimum", true}, {"minLength", true}, {"minItems", true}, {"minProperties", true},
	{"maximum", false}, {"exclusiveMaximum", false}, {"maxLength", false}, {"maxItems", false}, {"maxProperties", false},
}

func (c *comparer) limit(path string, l bound, old, new any) {
	o, n := rational(old), rational(new)
	switch {
	case o == nil && n == nil:
	case o == nil:
		c.narrower(path, fmt.Sprintf("%s %s added", l.key, number(n)))
	case n == nil:
		c.wider(path, fmt.Sprintf("%s %s removed", l.key, number(o)))
	case (n.Cmp(o) > 0) == l.lower && n.Cmp(o) != 0:
		c.narrower(path, fmt.Sprintf("%s tightened from %s to %s", l.key, number(o), number(n)))
	case n.Cmp(o) != 0:
		c.wider(path, fmt.Sprintf("%s loosened from %s to %s", l.key, number(o), number(n)))
	}
}

// multiple: every multiple of old is one of new if old itself is.
func (c *comparer) multiple(path string, old, new any) {
	o, n := rational(old), rational(new)
	switch {
	case o == nil && n == nil:
	case o == nil:
		c.narrower(path, "multipleOf "+number(n)+" added")
	case n == nil:
		c.wider(path, "multipleOf "+number(o)+" removed")
	case o.Cmp(n) != 0:
		what := fmt.Sprintf("multipleOf changed from %s to %s", number(o), number(n))
		c.report(path, what, !multipleOf(n, o), !multipleOf(o, n))
	}
}

func multipleOf(a, b *big.Rat) bool { return new(big.Rat).Quo(a, b).IsInt() }

// text is for keywords of which only equality is understood.
func (c *comparer) text(path, key string, old, new any) {
	switch {
	case old == new:
	case old == nil:
		c.narrower(path, key+" "+show(new)+" added")
	case new == nil:
		c.wider(path, key+" "+show(old)+" removed")
	default:
		c.other(path, fmt.Sprintf("%s changed from %s to %s", key, show(old), show(new)))
	}
}

func (c *comparer) unique(path string, old, new bool) {
	switch {
	case new && !old:
		c.narrower(path, "items must be unique now")
	case old && !new:
		c.wider(path, "items need not be unique any more")
	}
}
