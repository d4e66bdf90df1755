package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/runnel-go/runnel/mq"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// reporter makes breaches of what the library has found: one for each leaf of its tree of errors.
type reporter struct {
	doc   any
	found []mq.Breach
	where [][]string // of each found
}

func (r *reporter) add(e *jsonschema.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf:
		r.addUnion(e)
	case *kind.OneOf:
		r.addOneOf(e, k)
	case *kind.PropertyNames:
		r.at(e.InstanceLocation, fmt.Sprintf("no field with the name %q", k.Property), "one")
	default:
		if len(e.Causes) == 0 {
			r.leaf(e)
		}
		for _, c := range e.Causes {
			r.add(c)
		}
	}
}

// addUnion is for a value that fits none of several schemas. Those of another type than the value's
// were not meant; if one remains, it says best what is wrong.
func (r *reporter) addUnion(e *jsonschema.ValidationError) {
	var meant []*jsonschema.ValidationError
	for _, c := range e.Causes {
		if !isOtherType(c, len(e.InstanceLocation)) {
			meant = append(meant, c)
		}
	}
	switch len(meant) {
	case 1:
		r.add(meant[0])
	case 0:
		r.at(e.InstanceLocation, unionTypes(e.Causes), r.got(e.InstanceLocation))
	default:
		r.at(e.InstanceLocation, fmt.Sprintf("one of %d alternatives", len(e.Causes)), r.got(e.InstanceLocation))
	}
}

func (r *reporter) addOneOf(e *jsonschema.ValidationError, k *kind.OneOf) {
	if len(k.Subschemas) == 0 {
		r.addUnion(e)
		return
	}
	got := fmt.Sprintf("%s, which fits alternatives %d and %d", r.got(e.InstanceLocation), k.Subschemas[0]+1, k.Subschemas[1]+1)
	r.at(e.InstanceLocation, "exactly one of the alternatives", got)
}

// isOtherType tells whether a branch failed because the value, depth steps down, has another type.
func isOtherType(e *jsonschema.ValidationError, depth int) bool {
	if _, ok := e.ErrorKind.(*kind.Type); ok {
		return len(e.InstanceLocation) == depth
	}
	_, ref := e.ErrorKind.(*kind.Reference)
	return ref && len(e.Causes) == 1 && isOtherType(e.Causes[0], depth)
}

func unionTypes(causes []*jsonschema.ValidationError) string {
	var types []string
	for _, c := range causes {
		for len(c.Causes) == 1 {
			c = c.Causes[0]
		}
		if k, ok := c.ErrorKind.(*kind.Type); ok {
			types = append(types, k.Want...)
		}
	}
	return strings.Join(slices.Compact(types), " or ")
}

func (r *reporter) leaf(e *jsonschema.ValidationError) {
	at := e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		r.missing(at, k.Missing, "a value")
	case *kind.DependentRequired:
		r.missing(at, k.Missing, fmt.Sprintf("a value, since there is %q", k.Prop))
	case *kind.Dependency:
		r.missing(at, k.Missing, fmt.Sprintf("a value, since there is %q", k.Prop))
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			field := append(slices.Clone(at), name)
			r.at(field, "no such field", r.got(field))
		}
	case *kind.FalseSchema:
		r.at(at, "no such field", r.got(at))
	default:
		r.at(at, wanted(e.ErrorKind), r.got(at))
	}
}

func (r *reporter) missing(at, names []string, want string) {
	for _, name := range names {
		r.at(append(slices.Clone(at), name), want, "nothing")
	}
}

func (r *reporter) at(path []string, want, got string) {
	r.found = append(r.found, mq.Breach{Field: r.field(path), Want: want, Got: got})
	r.where = append(r.where, path)
}

// wanted says what a keyword asks for.
func wanted(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return strings.Join(k.Want, " or ")
	case *kind.Enum:
		return oneOf(k.Want)
	case *kind.Const:
		return show(k.Want)
	case *kind.Format:
		return "a string of format " + k.Want
	case *kind.Pattern:
		return "a string that matches " + k.Want
	case *kind.MultipleOf:
		return "a multiple of " + number(k.Want)
	case *kind.UniqueItems:
		return fmt.Sprintf("no item twice (items %d and %d are equal)", k.Duplicates[0], k.Duplicates[1])
	case *kind.Contains:
		return "an item that fits \"contains\""
	case *kind.ContentEncoding:
		return "text encoded as " + k.Want
	case *kind.Not:
		return "none of what \"not\" says"
	}
	return limit(k)
}

// limit says what a keyword that limits a size asks for.
func limit(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Minimum:
		return "at least " + number(k.Want)
	case *kind.Maximum:
		return "at most " + number(k.Want)
	case *kind.ExclusiveMinimum:
		return "more than " + number(k.Want)
	case *kind.ExclusiveMaximum:
		return "less than " + number(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("at most %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("at least %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("at most %d items", k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("at least %d fields", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("at most %d fields", k.Want)
	}
	return "what \"" + strings.Join(k.KeywordPath(), "/") + "\" says"
}

func oneOf(values []any) string {
	if len(values) == 1 {
		return show(values[0])
	}
	var s []string
	for _, v := range values {
		s = append(s, show(v))
	}
	return "one of " + strings.Join(s, ", ")
}

func number(r *big.Rat) string {
	digits, exact := r.FloatPrec()
	if !exact {
		return r.String()
	}
	return r.FloatString(digits)
}

// got shows what the message has at a path.
func (r *reporter) got(path []string) string {
	v, ok := lookup(r.doc, path)
	if !ok {
		return "nothing"
	}
	switch v := v.(type) {
	case map[string]any:
		return fmt.Sprintf("an object with %d fields", len(v))
	case []any:
		return fmt.Sprintf("an array with %d items", len(v))
	}
	return show(v)
}

func lookup(doc any, path []string) (any, bool) {
	for _, step := range path {
		ok := false
		switch at := doc.(type) {
		case map[string]any:
			doc, ok = at[step]
		case []any:
			if i, err := strconv.Atoi(step); err == nil && i < len(at) {
				doc, ok = at[i], true
			}
		}
		if !ok {
			return nil, false
		}
	}
	return doc, true
}

// show writes a value as JSON, shortened.
func show(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // what has been parsed can be written
	return shorten(strings.TrimSuffix(b.String(), "\n"))
}

const maxShown = 60

func shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}

// inOrder sorts the breaches by where they are in the payload. The library goes through maps, so its
// own order differs from time to time.
func (r *reporter) inOrder(payload []byte) {
	place := places(payload)
	index := make([]int, len(r.found))
	for i := range index {
		index[i] = i
	}
	slices.SortFunc(index, func(a, b int) int {
		return cmp.Or(
			cmp.Compare(place.of(r.where[a]), place.of(r.where[b])),
			cmp.Compare(r.found[a].Field, r.found[b].Field),
			cmp.Compare(r.found[a].Want, r.found[b].Want))
	})
	sorted := make([]mq.Breach, len(index))
	for i, j := range index {
		sorted[i] = r.found[j]
	}
	r.found = slices.Compact(sorted)
}
