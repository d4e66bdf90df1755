package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// text is a JSON text that has been read, with what the value alone does not tell.
type text struct {
	value   any  // numbers are json.Number
	doubles bool // a name is there twice in an object, and the value has the last one
	escaped bool // a string has escapes
	huge    bool // a number has a huge exponent
	plain   bool // it was read by the reader, so the flags above are known
}

// read parses a JSON text once, for the check as well as for the Go value. The package's own reader is
// fast and gives up at whatever is odd; encoding/json, which decides what JSON is, takes that over.
func read(payload []byte) (text, error) {
	r := reader{text: string(payload)}
	if v, ok := r.all(); ok {
		return text{value: v, doubles: r.doubles, escaped: r.escaped, huge: r.huge, plain: true}, nil
	}
	v, err := parse(payload)
	return text{value: v, huge: true}, err
}

// parse reads a JSON text into a generic value by encoding/json.
func parse(payload []byte) (doc any, err error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more after the end of the JSON value, at %d", d.InputOffset())
	}
	return doc, nil
}

// findHuge finds a number whose exponent has more than three digits. The library computes with
// fractions: for 1e999999 it would need a number of a million digits, and beyond that it panics.
func findHuge(doc any, path []string) ([]string, string) {
	switch doc := doc.(type) {
	case json.Number:
		if isHuge(string(doc)) {
			return path, string(doc)
		}
	case []any:
		for i, v := range doc {
			if p, n := findHuge(v, append(slices.Clip(path), fmt.Sprint(i))); n != "" {
				return p, n
			}
		}
	case map[string]any:
		for name, v := range doc {
			if p, n := findHuge(v, append(slices.Clip(path), name)); n != "" {
				return p, n
			}
		}
	}
	return nil, ""
}

func isHuge(n string) bool {
	i := strings.IndexAny(n, "eE")
	return i >= 0 && len(strings.TrimLeft(n[i+1:], "+-0")) > 3
}
