package contract

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type inner struct {
	X int     `json:"x"`
	Y *string `json:"y,omitempty"`
}

type Embedded struct {
	Shared string
	Deep   []inner `json:"deep"`
}

type hiddenEmbedded struct {
	FromHidden int
	Shared     string
	X          bool `json:"x"`
}

type Text string

type wide struct {
	Embedded
	*Inner3
	hiddenEmbedded
	A int8              `json:"a"`
	B uint16            `json:"b,omitempty"`
	C float32           `json:"c"`
	D float64           `json:",omitzero"`
	E string            `json:"é"`
	F *wide             `json:"f"`
	G []*inner          `json:"g"`
	H map[string]inner  `json:"h"`
	I map[int8]string   `json:"i"`
	J map[uint][]any    `json:"j"`
	K any               `json:"k"`
	L [2]int            `json:"l"`
	M []byte            `json:"m"`
	N json.Number       `json:"n"`
	O int               `json:"o,string"`
	P *bool             `json:"p,string"`
	Q string            `json:"q,string"`
	R **int             `json:"r"`
	S time.Time         `json:"s"`
	T Text              `json:"t"`
	U map[Text]*float64 `json:"u"`
	V []Text            `json:"v"`
	W bool              `json:"w"`
	X string            `json:"-"`
	//lint:ignore SA5008 a field that is called "-", for once
	Y      uintptr       `json:"-,"`
	Kelvin int           `json:"Kk"`
	Z      time.Duration `json:"z"`
	small  int           //lint:ignore U1000 unexported: encoding/json passes it by
}

type Inner3 struct {
	InPointer int `json:"in_pointer"`
	Kk        int `json:"kk"`
}

// targets are the types that both ways are compared for.
var targets = []reflect.Type{
	reflect.TypeFor[wide](), reflect.TypeFor[*wide](), reflect.TypeFor[[]wide](), reflect.TypeFor[map[string]wide](),
	reflect.TypeFor[any](), reflect.TypeFor[string](), reflect.TypeFor[int64](), reflect.TypeFor[[]byte](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[json.Number](), reflect.TypeFor[[3]float32](), reflect.TypeFor[map[int]any](),
}

var assigners = func() (as []*assigner) {
	for _, t := range targets {
		as = append(as, newAssigner(t))
	}
	return as
}()

// compare tells how many types the payload was assigned to without encoding/json, after checking that
// each of these values is that of encoding/json, and that the reader accepts no other text than JSON.
func compare(t *testing.T, payload []byte) (assigned int) {
	t.Helper()
	r, err := read(payload)
	generic, wrong := parse(payload)
	if (err == nil) != (wrong == nil) || !reflect.DeepEqual(r.value, generic) {
		t.Fatalf("%q: read %#v, %v; encoding/json %#v, %v", payload, r.value, err, generic, wrong)
	}
	if err != nil {
		return 0
	}
	for i, a := range assigners {
		got, want := reflect.New(targets[i]), reflect.New(targets[i])
		if !a.into(got.Interface(), r) {
			continue
		}
		assigned++
		if err := json.Unmarshal(payload, want.Interface()); err != nil || !reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Fatalf("%v from %q:\ngot  %#v\nwant %#v, %v", targets[i], payload, got.Elem(), want.Elem(), err)
		}
	}
	return assigned
}

func FuzzAssign(f *testing.F) {
	for _, s := range odd {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) { compare(t, payload) })
}

// odd texts, each of which has been a difference in some JSON reader.
var odd = []string{
	`null`, `{}`, `[]`, ` {"a":1} `, `{"a":1}x`, `{"a":1,}`, `[1,]`, `{"a"}`, `{"a":}`, `{a:1}`, `01`, `-`, `-0`, `1.`, `.5`, `1e`, `1e5`, `1E+05`, `-0.0e-0`,
	`1e400`, `1e9999999999`, `"\u00e9"`, `"\ud800"`, `"\ud83d\ude00"`, "\"\xff\"", "\"\x01\"", `"\x"`, `"\"`, `"`, "\"\u2028\"", `{"":1}`, "{\"\xff\":1}",
	`{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"A":2}`, `{"f":{"f":{"a":1}}}`, `{"f":{"a":1},"f":{"b":1}}`, `{"É":"x"}`, `{"K":1}`, `{"\u212ak":1}`, `{"KK":1}`, `{"kk":3,"Kk":4}`,
	`{"h":{"q":{"x":1}},"h":{"q":{"y":"1"}}}`, `{"i":{"1":"a","01":"b","-5":"c","300":"d"}}`, `{"i":{"1":"a","01":"b"}}`, `{"j":{"1":[1,"x",{"y":null}]}}`,
	`{"l":[1]}`, `{"l":[1,2,3]}`, `{"m":"AQI="}`, `{"m":"AQ\n=="}`, `{"m":[1,2]}`, `{"m":"?"}`, `{"m":""}`, `{"n":1e3}`, `{"n":"12"}`, `{"n":"x"}`, `{"n":null}`,
	`{"o":"12"}`, `{"o":"x"}`, `{"o":12}`, `{"o":"null"}`, `{"o":null}`, `{"o":"1.0"}`, `{"o":" 1"}`, `{"p":"true"}`, `{"p":"null"}`, `{"p":null}`, `{"q":"\"x\""}`, `{"q":"x"}`,
	`{"r":5}`, `{"r":null}`, `{"s":"2024-01-02T03:04:05Z"}`, `{"s":"2024-01-02T03:04:05.5+01:00"}`, `{"s":"2024-01-02\u005403:04:05Z"}`, `{"s":"x"}`, `{"s":null}`, `{"s":5}`,
	`{"a":300}`, `{"a":1.0}`, `{"b":-1}`, `{"c":1e39}`, `{"c":0.1}`, `{"c":16777217}`, `{"D":5}`, `{"d":5}`, `{"Shared":"s","x":true}`, `{"x":1}`, `{"FromHidden":2}`, `{"in_pointer":null}`,
	`{"k":{"a":[1,true,null,"x",1e2]}}`, `{"k":1e400}`, `{"unknown":{"deep":[[]]},"a":5}`, `{"w":"true"}`, `{"-":7}`, `{"t":"x","u":{"y":1.5,"z":null},"v":["a",null]}`, `{"z":5000000000}`,
	`{"g":[null,{"x":1},{"y":"s"}]}`, `{"deep":[{"x":2}]}`, "\ufeff{}", "{}\x00", "[1 2]", "[1,,2]", "tru", "nulll", "truefalse",
	`{"c":1.00000017881393432617187499}`, `{"c":1.000000178813934326171875}`, `{"c":3.4028235677973366e38}`, `{"FROMHIDDEN":1,"fromhidden":2}`, `{"Kk":3,"zzz":1}`, `{"kk":3,"zzz":1}`,
	strings.Repeat("[", 999) + strings.Repeat("]", 999), strings.Repeat("[", 1001) + strings.Repeat("]", 1001), strings.Repeat("[", 10001),
}

func TestAssignIsUnmarshal(t *testing.T) {
	for _, a := range assigners {
		if a == nil {
			t.Fatal("a type has no assigner")
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	assigned, wideAssigned := 0, 0
	for range 8 { // maps have no order
		for _, s := range odd {
			assigned += compare(t, []byte(s))
		}
	}
	for range 3000 {
		s := document(rnd, targets[0], 0)
		n := compare(t, []byte(s))
		if wideAssigned += n; n == 0 && !rare(s) {
			t.Fatalf("left to encoding/json: %s", s)
		}
		compare(t, mutate(rnd, s))
	}
	if assigned < 800 || wideAssigned < 2000 {
		t.Errorf("assigned %d times odd texts, and %d documents; want at least 800 and 2000", assigned, wideAssigned)
	}
}

// rare tells whether a document may be left to encoding/json.
func rare(s string) bool {
	return strings.Contains(s, `\`) || strings.Contains(s, `"q":"`) || strings.Contains(s, "KK") || strings.Contains(s, "É") || strings.Contains(s, "A\":")
}

func mutate(rnd *rand.Rand, s string) []byte {
	b := []byte(s)
	for range 1 + rnd.IntN(3) {
		i := rnd.IntN(len(b) + 1)
		switch rnd.IntN(3) {
		case 0:
			b = slices.Insert(b, i, "{}[]\",:\\0e-.n"[rnd.IntN(13)])
		case 1:
			b = append(b[:min(i, len(b))], b[min(i+1, len(b)):]...)
		default:
			j := rnd.IntN(len(b) + 1)
			b = slices.Insert(b, i, slices.Clone(b[min(i, j):min(max(i, j), min(i, j)+20)])...)
		}
		if len(b) == 0 {
			return b
		}
	}
	return b
}

// document writes a random document for a type, mostly one that fits.
func document(rnd *rand.Rand, t reflect.Type, depth int) string {
	if rnd.IntN(12) == 0 || depth > 5 {
		return "null"
	}
	switch {
	case t == timeType:
		return `"` + time.Unix(rnd.Int64N(1e10), rnd.Int64N(3)*1e6).UTC().Format(time.RFC3339Nano) + `"`
	case t == numberType:
		return pick(rnd, "1", "-2.50", "1e3", "12345678901234567890")
	}
	switch t.Kind() {
	case reflect.Pointer:
		return document(rnd, t.Elem(), depth)
	case reflect.Struct:
		return structText(rnd, t, depth)
	case reflect.Map:
		return `{` + entry(rnd, t, 0, depth) + `,` + entry(rnd, t, 50, depth) + `}`
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return pick(rnd, `"AQID"`, `""`, `[1,2]`)
		}
		return `[` + document(rnd, t.Elem(), depth+1) + `, ` + document(rnd, t.Elem(), depth+1) + `]`
	}
	return scalar(rnd, t.Kind())
}

func scalar(rnd *rand.Rand, k reflect.Kind) string {
	switch {
	case k == reflect.Bool:
		return pick(rnd, "true", "false")
	case k == reflect.String:
		return pick(rnd, `"s"`, `""`, `"grüße"`, `"a\nb"`, `"\u00e9"`, `"<&>"`)
	case k == reflect.Interface:
		return pick(rnd, `"s"`, `1.5`, `{"a":[1,{"b":null}]}`, `[]`, `false`)
	case k >= reflect.Uint && k <= reflect.Uintptr:
		return fmt.Sprint(rnd.IntN(100))
	case isInteger(k):
		return fmt.Sprint(rnd.IntN(200) - 100)
	}
	return pick(rnd, "1", "-0.5", "1e3", "0.1", "123456.789", "-0")
}

func pick(rnd *rand.Rand, s ...string) string { return s[rnd.IntN(len(s))] }

func entry(rnd *rand.Rand, t reflect.Type, from, depth int) string {
	return fmt.Sprintf("%q : %s", fmt.Sprint(from+rnd.IntN(50)), document(rnd, t.Elem(), depth+1))
}

func structText(rnd *rand.Rand, t reflect.Type, depth int) string {
	fields, _ := fieldsOf(t)
	var parts []string
	for _, f := range fields {
		if rnd.IntN(3) == 0 {
			continue
		}
		value := document(rnd, f.typ, depth+1)
		if f.quoted && value != "null" && f.typ.Kind() != reflect.String {
			value = `"` + value + `"`
		}
		name := f.name
		if rnd.IntN(40) == 0 {
			name = strings.ToUpper(name)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, value))
	}
	rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return "{" + strings.Join(parts, ",") + "}"
}

func TestExoticTypesHaveNoAssigner(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[json.RawMessage](), reflect.TypeFor[struct{ A []map[string]json.RawMessage }](),
		reflect.TypeFor[struct{ E error }](), reflect.TypeFor[map[bool]int](), reflect.TypeFor[chan int](),
		reflect.TypeFor[struct{ time.Time }](), reflect.TypeFor[struct{ *hiddenEmbedded }](), reflect.TypeFor[func()](),
	} {
		if newAssigner(typ) != nil {
			t.Errorf("%v has one", typ)
		}
	}
}

func TestFieldsAreThoseOfJSON(t *testing.T) {
	v := wide{Inner3: &Inner3{}, B: 1, D: 1, F: &wide{}}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	fields, ok := fieldsOf(reflect.TypeFor[wide]())
	for _, f := range fields {
		if _, there := object[f.name]; !there {
			t.Errorf("%s: encoding/json writes no such field", f.name)
		}
		delete(object, f.name)
	}
	if !ok || len(object) != 0 {
		t.Errorf("encoding/json also writes %v", object)
	}
}
