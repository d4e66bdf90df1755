package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// gen makes random schemas and values that fit them.
type gen struct{ *rand.Rand }

func (g gen) chance(n int) bool { return g.IntN(n) == 0 }

func (g gen) schema(depth int) map[string]any {
	if depth == 0 && g.chance(6) {
		return map[string]any{"$ref": "#/$defs/" + g.def()}
	}
	switch g.IntN(8) {
	case 0:
		return g.mix(map[string]any{"type": "string"}, "minLength", "maxLength")
	case 1:
		return g.mix(map[string]any{"type": "integer"}, "minimum", "maximum", "multipleOf")
	case 2:
		return g.mix(map[string]any{"type": []any{"null", "number"}}, "minimum", "exclusiveMaximum")
	case 3:
		return map[string]any{"enum": g.some("a", "b", json.Number("1"), nil)}
	case 4:
		return map[string]any{"anyOf": []any{g.schema(depth - 1), map[string]any{"type": "null"}}}
	}
	if depth < 0 {
		return map[string]any{"type": "boolean"}
	}
	return g.composed(depth)
}

func (g gen) def() string { return string(rune('A' + g.IntN(2))) }

func (g gen) mix(s map[string]any, keys ...string) map[string]any {
	for _, k := range keys {
		if g.chance(3) {
			s[k] = json.Number(fmt.Sprint(1 + g.IntN(4)))
		}
	}
	return s
}

func (g gen) some(values ...any) (out []any) {
	for out == nil {
		for _, v := range values {
			if g.chance(2) {
				out = append(out, v)
			}
		}
	}
	return out
}

func (g gen) composed(depth int) map[string]any {
	switch g.IntN(5) {
	case 0:
		return g.mix(map[string]any{"type": "array", "items": g.schema(depth - 1)}, "minItems", "maxItems")
	case 1:
		return map[string]any{"type": "object", "additionalProperties": g.schema(depth - 1)}
	case 2:
		return map[string]any{"allOf": []any{g.object(depth - 1), g.object(depth - 1)}, "properties": map[string]any{g.name(): g.schema(depth - 1)}}
	}
	return g.object(depth)
}

func (g gen) name() string { return string(rune('p' + g.IntN(4))) }

func (g gen) object(depth int) map[string]any {
	properties := map[string]any{}
	var required []any
	for range g.IntN(4) {
		name := g.name()
		if _, had := properties[name]; !had && g.chance(2) {
			required = append(required, name)
		}
		properties[name] = g.schema(depth - 1)
	}
	s := map[string]any{"type": "object", "properties": properties}
	if required != nil {
		s["required"] = required
	}
	switch g.IntN(8) {
	case 0:
		s["additionalProperties"] = false
	case 1:
		s["additionalProperties"] = g.schema(-1)
	case 2:
		s["patternProperties"] = map[string]any{"^[" + g.name() + "]": g.schema(-1)}
	case 3:
		s["unevaluatedProperties"] = false
	case 4:
		s["not"] = map[string]any{"required": []any{g.name()}}
	}
	return s
}

func (g gen) document() map[string]any {
	s := g.object(2)
	s["$defs"] = map[string]any{"A": g.object(-1), "B": g.schema(-1)}
	return s
}

// mutate changes a copy of a schema at some places.
func (g gen) mutate(s any, depth int) any {
	switch s := s.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(s)) {
			v := s[key]
			switch {
			case key == "A", key == "B":
				out[key] = g.mutate(v, depth)
			case key != "$defs" && key != "properties" && g.chance(14):
			case key == "required" && g.chance(4):
				out[key] = g.some("p", "q", "r", "s")
			case key == "properties" && g.chance(3):
				fields := g.mutate(v, depth).(map[string]any)
				fields[g.name()] = g.schema(0)
				out[key] = fields
			default:
				out[key] = g.mutate(v, depth+1)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, v := range s {
			if len(s) == 1 || !g.chance(12) {
				out = append(out, g.mutate(v, depth+1))
			}
		}
		return out
	case json.Number:
		if g.chance(5) {
			return json.Number(fmt.Sprint(1 + g.IntN(4)))
		}
	}
	return s
}

// value makes a value that may fit s: of the fields that it names, and no others but those that it has
// a schema for.
func (g gen) value(doc any, s any, depth int) any {
	m := object(s)
	if ref, ok := m["$ref"].(string); ok {
		target, _ := resolve(doc, ref)
		return g.value(doc, target, depth)
	}
	if m["allOf"] != nil {
		return g.merged(doc, m, depth)
	}
	if list := listOf(m["anyOf"]); len(list) > 0 {
		return g.value(doc, list[g.IntN(len(list))], depth)
	}
	if list := listOf(m["enum"]); len(list) > 0 {
		return list[g.IntN(len(list))]
	}
	types := typesOf(m)
	switch types[g.IntN(len(types))] {
	case "null":
		return nil
	case "boolean":
		return g.chance(2)
	case "string":
		return strings.Repeat("ä", g.IntN(6))
	case "integer":
		return json.Number(fmt.Sprint(g.IntN(7)))
	case "number":
		return json.Number(fmt.Sprintf("%d.5", g.IntN(6)))
	case "array":
		return g.items(doc, m, depth)
	}
	return g.fields(doc, m, depth)
}

func (g gen) items(doc any, m map[string]any, depth int) any {
	out := []any{}
	for range g.IntN(5) {
		out = append(out, g.value(doc, itemsOf(m), depth+1))
	}
	return out
}

func (g gen) fields(doc any, m map[string]any, depth int) map[string]any {
	out := map[string]any{}
	properties, isStruct := m["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		s := properties[name]
		if depth < 6 && !g.chance(3) {
			out[name] = g.value(doc, s, depth+1)
		}
	}
	others, ok := m["additionalProperties"].(map[string]any)
	if (!isStruct || ok && len(others) > 0) && depth < 6 {
		for range g.IntN(3) {
			if name := g.name(); out[name] == nil {
				out[name] = g.value(doc, others, depth+1)
			}
		}
	}
	patterns, _ := m["patternProperties"].(map[string]any)
	for pattern, s := range patterns {
		out[pattern[2:3]] = g.value(doc, s, depth+1)
	}
	return out
}

func (g gen) merged(doc any, m map[string]any, depth int) any {
	out := g.fields(doc, m, depth)
	for _, part := range listOf(m["allOf"]) {
		if more, ok := g.value(doc, part, depth).(map[string]any); ok {
			for name, v := range more {
				out[name] = v
			}
		}
	}
	return out
}

// What Compare calls compatible is: every value that fits the one schema fits the other.
func TestCompareIsSound(t *testing.T) {
	g := gen{rand.New(rand.NewPCG(3, 4))}
	var compatible, tried, breaking int
	for range 4000 {
		old := g.document()
		new := g.mutate(old, 0).(map[string]any)
		oc, err := newChecker(old)
		nc, wrong := newChecker(new)
		if err != nil {
			t.Fatal(err)
		}
		if wrong != nil {
			continue // the change has made something that is no schema
		}
		all, err := Compare(render(old), render(new))
		if err != nil {
			t.Fatal(err)
		}
		back, forth := true, true
		for _, c := range all {
			back, forth = back && !c.BreaksNew, forth && !c.BreaksOld
		}
		if !back || !forth {
			breaking++
		}
		if back {
			compatible++
			tried += g.implies(t, old, oc, new, nc)
		}
		if forth {
			compatible++
			tried += g.implies(t, new, nc, old, oc)
		}
	}
	t.Logf("%d compatible, %d breaking, %d values", compatible, breaking, tried)
	if compatible < 2000 || breaking < 1000 || tried < 10000 {
		t.Errorf("%d compatible, %d breaking, %d values: the test does not test much", compatible, breaking, tried)
	}
}

func (g gen) implies(t *testing.T, from map[string]any, a *checker, to map[string]any, b *checker) (tried int) {
	t.Helper()
	for range 12 {
		v := g.value(from, from, 0)
		if a.schema.Validate(v) != nil {
			continue
		}
		tried++
		if err := b.schema.Validate(v); err != nil {
			t.Fatalf("%s\nfits\n%s\nand not\n%s\n%v", show(v), render(from), render(to), err)
		}
	}
	return tried
}
