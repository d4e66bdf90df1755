package contract

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// field writes a path into the message as it is written in Go: items[2].price. Only the document tells
// whether a number is an index.
func (r *reporter) field(path []string) string {
	var b strings.Builder
	for i, step := range path {
		in, _ := lookup(r.doc, path[:i])
		if _, array := in.([]any); array {
			b.WriteString("[" + step + "]")
			continue
		}
		writeName(&b, step)
	}
	return b.String()
}

// writeName appends a name to a path, quoted if it could be misread.
func writeName(b *strings.Builder, name string) {
	if name == "" || strings.ContainsAny(name, ".[]\" \n") {
		b.WriteString("[" + strconv.Quote(name) + "]")
		return
	}
	if b.Len() > 0 {
		b.WriteByte('.')
	}
	b.WriteString(name)
}

// order maps the paths of a payload to their places in it.
type order map[string]int

// places reads a payload once more; that is for messages that are broken, so it need not be fast.
func places(payload []byte) order {
	o := order{}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	o.read(d, nil)
	return o
}

func (o order) read(d *json.Decoder, path []string) {
	o[joinPath(path)] = len(o)
	t, err := d.Token()
	if err != nil || (t != json.Delim('{') && t != json.Delim('[')) {
		return
	}
	for i := 0; d.More(); i++ {
		step := strconv.Itoa(i)
		if t == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return
			}
			step, _ = name.(string)
		}
		o.read(d, append(slices.Clone(path), step))
	}
	_, _ = d.Token() // the end; an error would come again
}

// of is the place of a path; one that is missing is where its parent is.
func (o order) of(path []string) int {
	for n := len(path); ; n-- {
		if at, ok := o[joinPath(path[:n])]; ok || n == 0 {
			return at
		}
	}
}

func joinPath(path []string) string { return strings.Join(path, "\x00") }
