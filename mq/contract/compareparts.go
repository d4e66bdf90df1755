package contract

import (
	"fmt"
	"maps"
	"slices"
)

// isUnion tells whether a schema is nothing but an anyOf, or an oneOf whose alternatives have
// different types, so that it is the same as anyOf.
func isUnion(s map[string]any) bool {
	union := false
	for key, v := range s {
		switch {
		case isNote(key):
		case key == "anyOf", key == "oneOf" && disjoint(v):
			union = true
		default:
			return false
		}
	}
	_, any := s["anyOf"]
	_, one := s["oneOf"]
	return union && any != one
}

// disjoint tells whether no value can fit two of the schemas, by their types.
func disjoint(list any) bool {
	seen := map[string]bool{}
	schemas, _ := list.([]any)
	for _, s := range schemas {
		m, ok := s.(map[string]any)
		if !ok || m["type"] == nil {
			return false
		}
		for _, t := range typesOf(m) {
			if seen[t] {
				return false
			}
			seen[t] = true
		}
	}
	return true
}

// alternatives of a union; any other schema is its own only alternative.
func alternatives(s map[string]any) []any {
	if !isUnion(s) {
		return []any{s}
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if list, ok := s[key].([]any); ok {
			return list
		}
	}
	return nil
}

// union compares alternatives. If each old one implies a new one, so does the whole.
func (c *comparer) union(path string, old, new []any) {
	both, gone, come := c.match(old, new)
	for _, p := range both {
		c.schema(path, p[0], p[1])
	}
	if gone > 0 {
		c.narrower(path, fmt.Sprintf("%d of %d alternatives removed", gone, len(old)))
	}
	if come > 0 {
		c.wider(path, fmt.Sprintf("%d alternatives added", come))
	}
}

// match pairs schemas of two lists: first those that are the same, which are left out, then the others
// in their order.
func (c *comparer) match(old, new []any) (both [][2]any, gone, come int) {
	new = slices.Clone(new)
	var left []any
	for _, o := range old {
		if i := slices.IndexFunc(new, func(n any) bool { return c.same(o, n) }); i >= 0 {
			new = slices.Delete(new, i, i+1)
		} else {
			left = append(left, o)
		}
	}
	n := min(len(left), len(new))
	for i := range n {
		both = append(both, [2]any{left[i], new[i]})
	}
	return both, len(left) - n, len(new) - n
}

// composed compares what is made of several schemas.
func (c *comparer) composed(path string, o, n map[string]any) {
	c.all(path, listOf(o["allOf"]), listOf(n["allOf"]))
	ou, nu := isUnion(o), isUnion(n)
	switch {
	case ou && nu:
		c.union(path, alternatives(o), alternatives(n))
	case o["anyOf"] != nil && n["anyOf"] != nil:
		c.union(path, listOf(o["anyOf"]), listOf(n["anyOf"]))
		c.sameOrOther(path, "oneOf", o, n)
	default:
		c.sameOrOther(path, "anyOf", o, n)
		c.sameOrOther(path, "oneOf", o, n)
	}
}

func listOf(v any) []any {
	list, _ := v.([]any)
	return list
}

// all compares what must hold together. If each new one follows from an old one, so does the whole.
func (c *comparer) all(path string, old, new []any) {
	both, gone, come := c.match(old, new)
	for _, p := range both {
		c.schema(path, p[0], p[1])
	}
	if gone > 0 {
		c.wider(path, fmt.Sprintf("%d conditions of allOf removed", gone))
	}
	if come > 0 {
		c.narrower(path, fmt.Sprintf("%d conditions of allOf added", come))
	}
}

// opaque is for keywords that are not understood, or have no direction: they are the same, or may
// break anybody.
func (c *comparer) opaque(path string, o, n map[string]any) {
	keys := maps.Clone(o)
	maps.Copy(keys, n)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !isNote(key) && !slices.Contains(understood, key) {
			c.sameOrOther(path, key, o, n)
		}
	}
	for _, key := range []string{"unevaluatedProperties", "unevaluatedItems"} {
		if (o[key] != nil || n[key] != nil) && c.same(o[key], n[key]) && !c.same(o, n) {
			c.other(path, key+" depends on what has changed")
		}
	}
}

var understood = []string{
	"type", "enum", "const", "multipleOf", "pattern", "format", "uniqueItems", "allOf", "anyOf", "oneOf", "$ref",
	"properties", "required", "additionalProperties", "patternProperties", "propertyNames", "items", "prefixItems",
	"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties",
	"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties",
}

func (c *comparer) sameOrOther(path, key string, o, n map[string]any) {
	ov, had := o[key]
	nv, has := n[key]
	switch {
	case !had && !has:
	case !had:
		c.other(path, key+" added")
	case !has:
		c.other(path, key+" removed")
	case !c.same(ov, nv):
		c.other(path, key+" changed")
	}
}

// items compares arrays: items by their place as far as one of the schemas tells them apart.
func (c *comparer) items(path string, o, n map[string]any) {
	op, np := listOf(o["prefixItems"]), listOf(n["prefixItems"])
	for i := range max(len(op), len(np)) {
		c.schema(fmt.Sprintf("%s[%d]", path, i), itemOf(op, o, i), itemOf(np, n, i))
	}
	c.schema(path+"[]", itemsOf(o), itemsOf(n))
}

func itemOf(prefix []any, s map[string]any, i int) any {
	if i < len(prefix) {
		return prefix[i]
	}
	return itemsOf(s)
}

func itemsOf(s map[string]any) any {
	if items, ok := s["items"]; ok {
		return items
	}
	return true
}
