package contract

import (
	"encoding/json"
	"reflect"
	"strings"
	"unicode"
)

// mapOf is for maps whose keys are strings or integers.
func (b *builder) mapOf(t reflect.Type) assign {
	key := t.Key()
	if implements(key, textUnmarshaler) || key.Kind() != reflect.String && !isInteger(key.Kind()) {
		return b.refuse()
	}
	elem, set, toKey := t.Elem(), b.plan(t.Elem()), keyOf(key)
	return func(v reflect.Value, doc any) bool {
		object, ok := doc.(map[string]any)
		if !ok {
			return false
		}
		m := reflect.MakeMapWithSize(t, len(object))
		v.Set(m)
		k, e := reflect.New(key).Elem(), reflect.New(elem).Elem()
		for name, value := range object {
			e.SetZero()
			if !toKey(k, name) || !set(e, value) {
				return false
			}
			m.SetMapIndex(k, e)
		}
		return m.Len() == len(object) // not so if two names are one number: 1 and 01
	}
}

func keyOf(t reflect.Type) func(reflect.Value, string) bool {
	if t.Kind() == reflect.String {
		return func(k reflect.Value, name string) bool { return setString(k, name) }
	}
	set := integer(t)
	return func(k reflect.Value, name string) bool { return set(k, json.Number(name)) }
}

// member is a field of a struct with the way to set it.
type member struct {
	field
	set assign
}

type members struct {
	list   []member
	folded map[string]int // the first of those that differ in case only
}

func (b *builder) structOf(t reflect.Type) assign {
	fields, ok := fieldsOf(t)
	if !ok {
		return b.refuse()
	}
	m := &members{folded: map[string]int{}}
	for i, f := range fields {
		m.list = append(m.list, member{f, b.member(f)})
		if _, had := m.folded[fold(f.name)]; !had {
			m.folded[fold(f.name)] = i
		}
	}
	return m.set
}

func (b *builder) member(f field) assign {
	set := b.plan(f.typ)
	if f.quoted {
		set = quoted(f.typ)
	}
	return set
}

func (m *members) set(v reflect.Value, doc any) bool {
	object, ok := doc.(map[string]any)
	if !ok {
		return false
	}
	found := 0
	for i := range m.list {
		f := &m.list[i]
		value, ok := object[f.name]
		if !ok {
			continue
		}
		found++
		if !f.set(f.of(v), value) {
			return false
		}
	}
	return found == len(object) || m.setOthers(v, object)
}

// of is the field's place in v; embedded pointers on the way are set.
func (f *field) of(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// setOthers sets the fields whose names have another case in the object. What is set twice depends on
// the order in the text, which the object does not have.
func (m *members) setOthers(v reflect.Value, object map[string]any) bool {
	var had map[int]bool
	for name, value := range object {
		i, ok := m.folded[fold(name)]
		if !ok || m.exact(name) {
			continue
		}
		f := &m.list[i]
		if _, twice := object[f.name]; twice || had[i] {
			return false
		}
		if had == nil {
			had = map[int]bool{}
		}
		if had[i] = true; !f.set(f.of(v), value) {
			return false
		}
	}
	return true
}

func (m *members) exact(name string) bool {
	for i := range m.list {
		if m.list[i].name == name {
			return true
		}
	}
	return false
}

// fold maps names that differ in case only to one.
func fold(name string) string { return strings.Map(foldRune, name) }

// foldRune returns the smallest rune that differs in case only.
func foldRune(r rune) rune {
	next := unicode.SimpleFold(r)
	for next > r {
		r, next = next, unicode.SimpleFold(next)
	}
	return next
}

// quoted is for ",string": numbers and booleans stand in strings. Strings in strings are rare.
func quoted(t reflect.Type) assign {
	if t.Kind() == reflect.Pointer {
		return orNull(pointerTo(t.Elem(), quoted(t.Elem())))
	}
	set := func(reflect.Value, any) bool { return false }
	switch {
	case t.Kind() == reflect.Bool:
		set = quotedBool
	case isInteger(t.Kind()):
		set = quotedNumber(integer(t))
	case isNumeric(t.Kind()):
		set = quotedNumber(setFloat)
	}
	return orNull(set)
}

func quotedBool(v reflect.Value, doc any) bool {
	s, ok := doc.(string)
	v.SetBool(s == "true")
	return ok && (s == "true" || s == "false")
}

func quotedNumber(set assign) assign {
	return func(v reflect.Value, doc any) bool {
		s, ok := doc.(string)
		r := reader{text: s}
		n, number := r.number()
		return ok && number && r.at == len(s) && set(v, n)
	}
}
