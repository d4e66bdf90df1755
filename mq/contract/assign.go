package contract

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// An assign sets v, which is zero and addressable, to a generic value as json.Unmarshal would set it
// from the text. False means: let json.Unmarshal decide. So it need not know what is rare, and never
// reports an error; but where it says true, v is exactly what json.Unmarshal makes.
type assign func(v reflect.Value, doc any) bool

// assigner is an assign for values of one type.
type assigner struct {
	set   assign
	times bool // a time.Time is among them, which accepts no escapes
}

// into sets *v, or returns false.
func (a *assigner) into(v any, t text) bool {
	if a == nil || !t.plain || t.doubles || a.times && t.escaped {
		return false
	}
	return a.set(reflect.ValueOf(v).Elem(), t.value)
}

// newAssigner returns nil if values of type t, or of a type within it, are made by their own methods,
// or cannot be made at all.
func newAssigner(t reflect.Type) *assigner {
	b := builder{plans: map[reflect.Type]*assign{}}
	set := b.plan(t)
	if b.exotic {
		return nil
	}
	return &assigner{set, b.times}
}

type builder struct {
	plans         map[reflect.Type]*assign // a type may contain itself
	exotic, times bool
}

func (b *builder) plan(t reflect.Type) assign {
	if p, ok := b.plans[t]; ok {
		return func(v reflect.Value, doc any) bool { return (*p)(v, doc) }
	}
	p := new(assign)
	b.plans[t] = p
	*p = orNull(b.make(t))
	return *p
}

// orNull: null leaves a zero value as it is, whatever its type.
func orNull(set assign) assign {
	return func(v reflect.Value, doc any) bool { return doc == nil || set(v, doc) }
}

func (b *builder) make(t reflect.Type) assign {
	switch {
	case t == timeType:
		b.times = true
		return setTime
	case t == numberType:
		return setNumber
	case implements(t, jsonUnmarshaler), implements(t, textUnmarshaler):
		return b.refuse()
	case isInteger(t.Kind()):
		return integer(t)
	}
	switch t.Kind() {
	case reflect.Bool:
		return setBool
	case reflect.String:
		return setString
	case reflect.Float32, reflect.Float64:
		return setFloat
	}
	return b.makeComposed(t)
}

func (b *builder) makeComposed(t reflect.Type) assign {
	switch t.Kind() {
	case reflect.Pointer:
		return pointerTo(t.Elem(), b.plan(t.Elem()))
	case reflect.Slice:
		return sliceOf(t, b.plan(t.Elem()))
	case reflect.Array:
		return arrayOf(b.plan(t.Elem()))
	case reflect.Map:
		return b.mapOf(t)
	case reflect.Struct:
		return b.structOf(t)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return setAny
		}
	}
	return b.refuse()
}

func (b *builder) refuse() assign {
	b.exotic = true
	return func(reflect.Value, any) bool { return false }
}

func setBool(v reflect.Value, doc any) bool {
	is, ok := doc.(bool)
	v.SetBool(is)
	return ok
}

// setString copies the string, which would keep the whole message in memory otherwise.
func setString(v reflect.Value, doc any) bool {
	s, ok := doc.(string)
	v.SetString(strings.Clone(s))
	return ok
}

func setNumber(v reflect.Value, doc any) bool {
	n, ok := doc.(json.Number)
	v.SetString(strings.Clone(string(n)))
	return ok
}

func setTime(v reflect.Value, doc any) bool {
	s, ok := doc.(string)
	return ok && v.Addr().Interface().(*time.Time).UnmarshalText([]byte(s)) == nil
}

func integer(t reflect.Type) assign {
	if t.Kind() >= reflect.Uint {
		return setUint
	}
	return setInt
}

func setInt(v reflect.Value, doc any) bool {
	s, ok := doc.(json.Number)
	n, err := strconv.ParseInt(string(s), 10, 64)
	v.SetInt(n)
	return ok && err == nil && !v.OverflowInt(n)
}

func setUint(v reflect.Value, doc any) bool {
	s, ok := doc.(json.Number)
	n, err := strconv.ParseUint(string(s), 10, 64)
	v.SetUint(n)
	return ok && err == nil && !v.OverflowUint(n)
}

func setFloat(v reflect.Value, doc any) bool {
	s, ok := doc.(json.Number)
	n, err := strconv.ParseFloat(string(s), v.Type().Bits())
	v.SetFloat(n)
	return ok && err == nil && !v.OverflowFloat(n)
}

// setAny sets what encoding/json makes of any value: numbers are float64.
func setAny(v reflect.Value, doc any) bool {
	plain, ok := plainValue(doc)
	if ok {
		v.Set(reflect.ValueOf(plain))
	}
	return ok
}

func plainValue(doc any) (any, bool) {
	switch doc := doc.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(string(doc), 64)
		return f, err == nil
	case string:
		return strings.Clone(doc), true
	case []any:
		return plainArray(doc)
	case map[string]any:
		return plainObject(doc)
	}
	return doc, true
}

func plainArray(doc []any) (any, bool) {
	out := make([]any, len(doc))
	for i, v := range doc {
		var ok bool
		if out[i], ok = plainValue(v); !ok {
			return nil, false
		}
	}
	return out, true
}

func plainObject(doc map[string]any) (any, bool) {
	out := make(map[string]any, len(doc))
	for name, v := range doc {
		plain, ok := plainValue(v)
		if !ok {
			return nil, false
		}
		out[strings.Clone(name)] = plain
	}
	return out, true
}

func pointerTo(elem reflect.Type, set assign) assign {
	return func(v reflect.Value, doc any) bool {
		p := reflect.New(elem)
		v.Set(p)
		return set(p.Elem(), doc)
	}
}

func sliceOf(t reflect.Type, set assign) assign {
	bytes := t.Elem().Kind() == reflect.Uint8
	return func(v reflect.Value, doc any) bool {
		if s, ok := doc.(string); ok && bytes {
			return setBytes(v, s)
		}
		items, ok := doc.([]any)
		if !ok {
			return false
		}
		v.Set(reflect.MakeSlice(t, len(items), len(items)))
		return setItems(v, items, set)
	}
}

func setItems(v reflect.Value, items []any, set assign) bool {
	for i, item := range items {
		if !set(v.Index(i), item) {
			return false
		}
	}
	return true
}

func setBytes(v reflect.Value, s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return false
	}
	v.SetBytes(b)
	return true
}

// arrayOf: what is missing is zero, what is too much is left out.
func arrayOf(set assign) assign {
	return func(v reflect.Value, doc any) bool {
		items, ok := doc.([]any)
		return ok && setItems(v, items[:min(len(items), v.Len())], set)
	}
}
