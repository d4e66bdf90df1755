package contract

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// render writes a schema so that two that say the same in another order have the same text: keys are
// sorted, and so are the lists that are sets ("required", and "type").
func render(doc any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(sortSets(doc)); err != nil {
		panic("contract: " + err.Error()) // a parsed document can be written
	}
	return b.Bytes()
}

// sortSets copies a schema with its sets in order. What "enum", "const", "default" and "examples" hold
// is no schema.
func sortSets(doc any) any {
	switch doc := doc.(type) {
	case map[string]any:
		out := make(map[string]any, len(doc))
		for key, v := range doc {
			out[key] = sortSet(key, v)
		}
		return out
	case []any:
		out := make([]any, len(doc))
		for i, v := range doc {
			out[i] = sortSets(v)
		}
		return out
	}
	return doc
}

func sortSet(key string, v any) any {
	list, ok := v.([]any)
	switch {
	case key == "enum", key == "const", key == "default", key == "examples":
		return v
	case ok && (key == "required" || key == "type") && allStrings(list):
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b any) int { return cmp.Compare(a.(string), b.(string)) })
		return list
	}
	return sortSets(v)
}

func allStrings(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}

// digest is the version of a schema that has not been given one.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}
