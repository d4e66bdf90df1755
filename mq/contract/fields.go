package contract

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is a struct field as encoding/json sees it.
type field struct {
	name       string
	tagged     bool
	typ        reflect.Type
	index      []int
	optional   bool // it may be left out: omitempty, omitzero, or within an embedded pointer
	quoted     bool // ",string"
	viaPointer bool
}

// fieldsOf lists the fields of a struct by the rules of encoding/json for names, embedding and
// conflicts. ok is false for structs whose rules are too odd to repeat here: a type that is embedded
// twice, or by a pointer that cannot be set.
func fieldsOf(t reflect.Type) (fields []field, ok bool) {
	s := fieldScan{seen: map[reflect.Type]bool{}, ok: true}
	s.scan(t, nil, false)
	return dominant(s.found), s.ok
}

type fieldScan struct {
	seen  map[reflect.Type]bool
	found []field
	ok    bool
}

func (s *fieldScan) scan(t reflect.Type, index []int, viaPointer bool) {
	if s.seen[t] {
		s.ok = false
		return
	}
	s.seen[t] = true
	for i := range t.NumField() {
		s.field(t.Field(i), append(slices.Clone(index), i), viaPointer)
	}
}

func (s *fieldScan) field(f reflect.StructField, index []int, viaPointer bool) {
	tag := f.Tag.Get("json")
	if tag == "-" || !visible(f) {
		return
	}
	name, options, _ := strings.Cut(tag, ",")
	if !validName(name) {
		name = ""
	}
	in, pointer := structOf(f.Type)
	if f.Anonymous && name == "" && in != nil {
		s.ok = s.ok && (!pointer || f.IsExported())
		s.scan(in, index, viaPointer || pointer)
		return
	}
	omit := hasOption(options, "omitempty") || hasOption(options, "omitzero")
	s.found = append(s.found, field{
		name: cmp.Or(name, f.Name), tagged: name != "", typ: f.Type, index: index, viaPointer: viaPointer,
		optional: omit || viaPointer, quoted: hasOption(options, "string") && canQuote(f.Type),
	})
}

func visible(f reflect.StructField) bool {
	in, _ := structOf(f.Type)
	return f.IsExported() || f.Anonymous && in != nil
}

// structOf is the struct type that t is or points to.
func structOf(t reflect.Type) (in reflect.Type, pointer bool) {
	if pointer = t.Kind() == reflect.Pointer && t.Name() == ""; pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		in = t
	}
	return in, pointer
}

func validName(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

func hasOption(options, name string) bool {
	return slices.Contains(strings.Split(options, ","), name)
}

func canQuote(t reflect.Type) bool {
	if t.Name() == "" && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return isNumeric(t.Kind()) || t.Kind() == reflect.Bool || t.Kind() == reflect.String
}

func isNumeric(k reflect.Kind) bool {
	return isInteger(k) || k == reflect.Float32 || k == reflect.Float64
}

func isInteger(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uintptr }

// dominant leaves one field of each name: the least nested, of these the tagged one; none if that is
// not one. The rest is in the order of the struct.
func dominant(all []field) []field {
	byName := map[string][]field{}
	for _, f := range all {
		byName[f.name] = append(byName[f.name], f)
	}
	var out []field
	for _, same := range byName {
		slices.SortStableFunc(same, compareFields)
		if len(same) == 1 || compareFields(same[0], same[1]) != 0 {
			out = append(out, same[0])
		}
	}
	slices.SortFunc(out, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return out
}

func compareFields(a, b field) int {
	return cmp.Or(cmp.Compare(len(a.index), len(b.index)), cmp.Compare(b.rank(), a.rank()))
}

func (f field) rank() int {
	if f.tagged {
		return 1
	}
	return 0
}
