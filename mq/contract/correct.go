package contract

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

const defs = "#/$defs/"

// correct makes what the library has derived fit what encoding/json writes.
func (n *namer) correct(doc map[string]any, t reflect.Type) any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	definitions, _ := doc["$defs"].(map[string]any)
	for name, d := range definitions {
		if d, ok := d.(map[string]any); ok && n.types[name] != nil {
			correctType(d, n.types[name])
		}
	}
	if _, ref := doc["$ref"]; !ref {
		correctType(doc, t)
	}
	return inline(doc, definitions)
}

// correctType corrects a schema, not a reference, of type t.
func correctType(s map[string]any, t reflect.Type) {
	if special(t) != nil || t.Implements(customSchemas) || t == timeType {
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		correctStruct(s, t)
	case reflect.Slice, reflect.Array:
		s["items"] = correctUse(s["items"], t.Elem(), true)
	case reflect.Map:
		correctMap(s, t)
	}
}

// correctUse corrects the schema of a place that holds a t: an item, a field's value. It may be a
// reference, whose target is corrected by itself. If nil has its place there it may be null.
func correctUse(s any, t reflect.Type, holdsNil bool) any {
	m, ok := s.(map[string]any)
	if !ok {
		return s
	}
	if _, ref := m["$ref"]; !ref && t.Kind() != reflect.Pointer {
		correctType(m, t)
	} else if !ref {
		correctUse(m, t.Elem(), false)
	}
	if holdsNil && writesNull(t) && allowsEmpty(m) {
		return nullable(m)
	}
	return m
}

// writesNull tells whether encoding/json writes null for the zero value of t.
func writesNull(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return true
	}
	return false
}

// allowsEmpty: where a list or map may be empty it may be nil, which is the same to Go.
func allowsEmpty(s map[string]any) bool {
	for _, key := range []string{"minItems", "minProperties"} {
		if n, ok := s[key].(json.Number); ok && n != "0" {
			return false
		}
	}
	return true
}

// nullable also accepts null.
func nullable(s map[string]any) any {
	_, enum := s["enum"]
	_, constant := s["const"]
	if t, ok := s["type"].(string); ok && !enum && !constant && t != "null" {
		s["type"] = []any{"null", t}
		return s
	}
	if len(s) == 0 || s["oneOf"] != nil && hasNull(s["oneOf"]) {
		return s
	}
	out := map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
	for _, note := range []string{"title", "description"} {
		if s[note] != nil {
			out[note] = s[note]
			delete(s, note)
		}
	}
	return out
}

func hasNull(union any) bool {
	list, _ := union.([]any)
	return slices.ContainsFunc(list, func(s any) bool {
		m, ok := s.(map[string]any)
		return ok && m["type"] == "null"
	})
}

func correctStruct(s map[string]any, t reflect.Type) {
	fields, _ := fieldsOf(t)
	properties, _ := s["properties"].(map[string]any)
	for _, f := range fields {
		if p, ok := properties[f.name]; ok {
			properties[f.name] = correctUse(p, f.typ, !f.optional)
		}
	}
	keepRequired(s, fields)
}

// keepRequired leaves out of "required" what the library has put there and encoding/json does not
// always write: fields within an embedded pointer, and names that it knows otherwise.
func keepRequired(s map[string]any, fields []field) {
	always := map[any]bool{}
	for _, f := range fields {
		always[f.name] = !f.viaPointer
	}
	var kept []any
	required, _ := s["required"].([]any)
	for _, name := range required {
		if always[name] {
			kept = append(kept, name)
		}
	}
	if delete(s, "required"); kept != nil {
		s["required"] = kept
	}
}

func correctMap(s map[string]any, t reflect.Type) {
	if patterns, ok := s["patternProperties"].(map[string]any); ok {
		value := correctUse(patterns["^[0-9]+$"], t.Elem(), true)
		s["patternProperties"] = map[string]any{"^-?[0-9]+$": value}
		return
	}
	if value, ok := s["additionalProperties"]; ok {
		s["additionalProperties"] = correctUse(value, t.Elem(), true)
	}
}

// inline puts the definition of the root in the place of its reference, unless others refer to it.
func inline(doc, definitions map[string]any) any {
	ref, _ := doc["$ref"].(string)
	root, ok := definitions[strings.TrimPrefix(ref, defs)].(map[string]any)
	if !ok || countRefs(doc, ref) > 1 {
		return withoutEmpty(doc, definitions)
	}
	delete(definitions, strings.TrimPrefix(ref, defs))
	delete(doc, "$ref")
	for key, v := range root {
		doc[key] = v
	}
	return withoutEmpty(doc, definitions)
}

func withoutEmpty(doc, definitions map[string]any) any {
	if len(definitions) == 0 {
		delete(doc, "$defs")
	}
	return doc
}

func countRefs(doc any, ref string) (n int) {
	switch doc := doc.(type) {
	case map[string]any:
		if doc["$ref"] == ref {
			n++
		}
		for _, v := range doc {
			n += countRefs(v, ref)
		}
	case []any:
		for _, v := range doc {
			n += countRefs(v, ref)
		}
	}
	return n
}
