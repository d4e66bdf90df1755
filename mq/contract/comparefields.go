package contract

import (
	"maps"
	"slices"
	"strings"
)

// shape is what a schema says of an object's fields.
type shape struct {
	named    map[string]any
	required map[string]bool
	others   any  // the schema of all other fields
	open     bool // others are accepted, and who publishes writes none
	patterns bool // a field may be subject to a pattern, too
}

func (c *comparer) shape(s map[string]any) shape {
	out := shape{required: map[string]bool{}, others: true}
	named, isStruct := s["properties"].(map[string]any)
	out.named = named
	_, out.patterns = s["patternProperties"]
	for _, name := range listOf(s["required"]) {
		out.required[name.(string)] = true
	}
	if others, ok := s["additionalProperties"]; ok {
		out.others = others
	}
	m, ok := out.others.(map[string]any)
	out.open = isStruct && !c.strict && (out.others == true || ok && len(m) == 0)
	return out
}

// of is the schema of a field that may not be named.
func (s *shape) of(name string) any {
	if schema, ok := s.named[name]; ok {
		return schema
	}
	return s.others
}

// fields compares objects.
func (c *comparer) fields(path string, o, n map[string]any) {
	old, new := c.shape(o), c.shape(n)
	names := map[string]bool{}
	for _, m := range []map[string]any{old.named, new.named} {
		for name := range m {
			names[name] = true
		}
	}
	maps.Copy(names, old.required)
	maps.Copy(names, new.required)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c.field(path, name, &old, &new)
	}
	c.others(path, &old, &new)
	c.patterns(path, o["patternProperties"], n["patternProperties"])
	if o["propertyNames"] != nil || n["propertyNames"] != nil {
		c.schema(path+"[names]", orTrue(o["propertyNames"]), orTrue(n["propertyNames"]))
	}
}

func orTrue(schema any) any {
	if schema == nil {
		return true
	}
	return schema
}

func (c *comparer) field(path, name string, old, new *shape) {
	_, had := old.named[name]
	_, has := new.named[name]
	at := fieldIn(path, name)
	switch {
	case had && !has:
		c.removed(at, name, old, new)
	case has && !had:
		c.added(at, name, old, new)
	default:
		c.need(at, old.required[name], new.required[name])
		c.schema(at, old.of(name), new.of(name))
	}
}

func fieldIn(path, name string) string {
	var b strings.Builder
	b.WriteString(path)
	writeName(&b, name)
	return b.String()
}

func (c *comparer) need(at string, old, new bool) {
	switch {
	case new && !old:
		c.narrower(at, "made required")
	case old && !new:
		c.wider(at, "made optional")
	}
}

// added: old messages do not have the field, unless they may have any.
func (c *comparer) added(at, name string, old, new *shape) {
	breaksOld := old.patterns || new.patterns
	breaksNew := breaksOld
	if !old.open {
		o, n := c.within(old.others, new.named[name])
		breaksOld, breaksNew = breaksOld || o, breaksNew || n
	}
	what := "added"
	if new.required[name] && !old.required[name] {
		what, breaksNew = "added, and required", true
	}
	breaksOld = breaksOld || old.required[name] && !new.required[name]
	c.report(at, what+c.renamed(name, new, old, "in the place of"), breaksOld, breaksNew)
}

// removed: new messages do not have the field, unless they may have any.
func (c *comparer) removed(at, name string, old, new *shape) {
	breaksOld := old.patterns || new.patterns
	breaksNew := breaksOld
	if !new.open {
		o, n := c.within(old.named[name], new.others)
		breaksOld, breaksNew = breaksOld || o, breaksNew || n
	}
	breaksOld = breaksOld || old.required[name] && !new.required[name]
	breaksNew = breaksNew || new.required[name] && !old.required[name]
	c.report(at, "removed"+c.renamed(name, old, new, "perhaps renamed to"), breaksOld, breaksNew)
}

// renamed tells whether a field that only one side has is like one that only the other side has.
func (c *comparer) renamed(name string, mine, others *shape, words string) string {
	var like []string
	for other, schema := range others.named {
		_, both := mine.named[other]
		if !both && mine.required[name] == others.required[other] && (c.same(schema, mine.named[name]) || c.same(mine.named[name], schema)) {
			like = append(like, other)
		}
	}
	if len(like) != 1 {
		return ""
	}
	return ", " + words + " " + like[0]
}

// others compares what is said of the fields that are not named.
func (c *comparer) others(path string, old, new *shape) {
	was, is := object(old.others) != nil, object(new.others) != nil
	switch {
	case was && !is:
		c.narrower(path, "unknown fields are refused now")
	case is && !was && new.open:
		c.report(path, "unknown fields are accepted now", false, false)
	case is && !was:
		c.wider(path, "unknown fields are accepted now")
	default:
		c.schema(path+"[*]", old.others, new.others)
	}
}

// patterns compares fields whose names match patterns. A pattern that is new or gone may fit any name.
func (c *comparer) patterns(path string, old, new any) {
	o, _ := old.(map[string]any)
	n, _ := new.(map[string]any)
	keys := maps.Clone(o)
	if keys == nil {
		keys = map[string]any{}
	}
	maps.Copy(keys, n)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		ov, had := o[key]
		nv, has := n[key]
		if had && has {
			c.schema(path+"["+key+"]", ov, nv)
			continue
		}
		c.other(path+"["+key+"]", map[bool]string{true: "added", false: "removed"}[has])
	}
}
