package contract

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/invopop/jsonschema"
)

// derive makes the schema of a Go type, as a generic value.
//
// The library knows tags and struct types. What it takes to be a schema of what encoding/json writes
// for the type is added here: types that marshal themselves, nil, embedding, keys of maps, and two
// types of the same name.
func derive(t reflect.Type, strict bool) (doc any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("no schema can be derived: %v; give one by Schema", p)
		}
	}()
	n := namer{types: map[string]reflect.Type{}}
	r := jsonschema.Reflector{
		Anonymous:                 true,
		AllowAdditionalProperties: !strict,
		Mapper:                    special,
		Namer:                     n.name,
	}
	text, err := r.ReflectFromType(t).MarshalJSON()
	if err != nil {
		return nil, err
	}
	if doc, err = parse(text); err != nil {
		return nil, err
	}
	return n.correct(doc.(map[string]any), t), nil
}

// namer gives each type the name of its definition. The library's own are not unique, and may hold
// signs that a $ref cannot.
type namer struct{ types map[string]reflect.Type }

func (n *namer) name(t reflect.Type) string {
	if t.Name() == "" || t.Kind() != reflect.Struct && !isContainer(t.Kind()) {
		return t.Name()
	}
	base := plainName(t.Name())
	for i := 1; ; i++ {
		name := base
		if i > 1 {
			name = fmt.Sprintf("%s-%d", base, i)
		}
		if had, ok := n.types[name]; !ok || had == t {
			n.types[name] = t
			return name
		}
	}
}

func isContainer(k reflect.Kind) bool {
	return k == reflect.Slice || k == reflect.Array || k == reflect.Map
}

func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-", r) {
			return r
		}
		return '_'
	}, s)
}

type customSchema interface{ JSONSchema() *jsonschema.Schema }

var (
	numberType      = reflect.TypeFor[json.Number]()
	timeType        = reflect.TypeFor[time.Time]()
	bigIntType      = reflect.TypeFor[big.Int]()
	urlType         = reflect.TypeFor[url.URL]()
	marshalers      = reflect.TypeFor[json.Marshaler]()
	textMarshalers  = reflect.TypeFor[encoding.TextMarshaler]()
	customSchemas   = reflect.TypeFor[customSchema]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// special has the schemas of types that the library does not know, or knows otherwise than
// encoding/json does.
func special(t reflect.Type) *jsonschema.Schema {
	switch {
	case t.Implements(customSchemas), t == timeType:
		return nil
	case t == numberType:
		return &jsonschema.Schema{Type: "number"}
	case t == bigIntType:
		return &jsonschema.Schema{Type: "integer"}
	case t == urlType:
		return &jsonschema.Schema{Type: "object"}
	case implements(t, marshalers):
		return &jsonschema.Schema{}
	case implements(t, textMarshalers):
		return &jsonschema.Schema{Type: "string"}
	case isBytes(t):
		return &jsonschema.Schema{Type: "string", ContentEncoding: "base64"}
	}
	return nil
}

// implements tells whether t or a pointer to it does: encoding/json uses the pointer's method where it
// can take the address.
func implements(t, i reflect.Type) bool {
	return t.Implements(i) || t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(i)
}

func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 &&
		!implements(t.Elem(), marshalers) && !implements(t.Elem(), textMarshalers)
}
