package driver

import "slices"

// Header holds what travels beside a payload, in order. Few records have many fields: a slice is
// smaller and faster than a map.
type Header []Field

// Field is a line of a header. Names are compared as they are.
type Field struct{ Name, Value string }

// Get returns the value of the first field with the name, or "".
func (h Header) Get(name string) string {
	v, _ := h.Lookup(name)
	return v
}

// Lookup is Get that tells whether there is one.
func (h Header) Lookup(name string) (value string, found bool) {
	i := slices.IndexFunc(h, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return "", false
	}
	return h[i].Value, true
}

// With returns a header in which the name has this one value; h is not changed.
func (h Header) With(name, value string) Header {
	return append(h.Without(name), Field{name, value})
}

// Without returns a header without the name; h is not changed.
func (h Header) Without(name string) Header {
	out := make(Header, 0, len(h)+1)
	for _, f := range h {
		if f.Name != name {
			out = append(out, f)
		}
	}
	return out
}
