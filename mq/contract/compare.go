package contract

import (
	"fmt"
	"slices"
)

// Change is a difference of two contracts.
type Change struct {
	Field string // a path: "customer.id", "items[].price", "prices[*]" for all fields of a map; "" for the whole message
	What  string // in words: "made required"

	// BreaksOld: consumers with the old contract may refuse what is published under the new one.
	// The change is not forward compatible.
	BreaksOld bool

	// BreaksNew: consumers with the new contract may refuse what was published under the old one,
	// such as the messages that are stored. The change is not backward compatible.
	BreaksNew bool
}

func (c Change) breaksNew() bool { return c.BreaksNew }

func (c Change) breaksOld() bool { return c.BreaksOld }

// Breaking tells whether the change breaks anybody.
func (c Change) Breaking() bool { return c.BreaksOld || c.BreaksNew }

func (c Change) String() string {
	field := c.Field
	if field == "" {
		field = "the message"
	}
	return field + ": " + c.What + c.breaks()
}

func (c Change) breaks() string {
	switch {
	case c.BreaksOld && c.BreaksNew:
		return " (breaks both ways: old consumers, and new ones with old messages)"
	case c.BreaksOld:
		return " (breaks old consumers with new messages)"
	case c.BreaksNew:
		return " (breaks new consumers with old messages)"
	}
	return ""
}

// Compare tells how two schemas differ, in the order of their fields. Where it says that a change does
// not break something, that is so; where it says that it may, that can be untrue for schemas that say
// the same in very different words. Titles, descriptions and the like are no changes.
//
// It takes for granted that who publishes under a schema with "properties" writes no other fields,
// unless "additionalProperties" has a schema for them. Otherwise no field could ever be added: any old
// message might happen to have a field of that name, and another type.
//
// An error tells why they cannot be compared: one is no schema, or uses $dynamicRef, or a $ref that
// does not lead to a place in the document by #/….
func Compare(old, new []byte) ([]Change, error) {
	o, err := loadSchema("old", old)
	if err != nil {
		return nil, err
	}
	n, err := loadSchema("new", new)
	if err != nil {
		return nil, err
	}
	c := comparer{old: o, new: n, seen: map[pair]bool{}}
	c.schema("", o, n)
	if c.err != nil {
		return nil, c.err
	}
	return compact(c.changes), nil
}

func loadSchema(which string, text []byte) (any, error) {
	doc, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("contract: Compare: the %s schema: %w", which, err)
	}
	if err = checkDraft(doc); err == nil {
		_, err = newChecker(doc)
	}
	if err != nil {
		return nil, fmt.Errorf("contract: Compare: the %s %w", which, err)
	}
	return doc, nil
}

// compact leaves out what a field that is used in two ways has told twice.
func compact(all []Change) []Change {
	var out []Change
	for _, c := range all {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// comparer goes through two schemas at once. A schema is the conjunction of its keywords, so
//
//	each old keyword implies its new one  ⟹  the old schema implies the new one,
//
// which is to say that the change breaks no new reader; and the other way round for old readers.
type comparer struct {
	old, new any // the documents
	changes  []Change
	seen     map[pair]bool // that are being compared, further up
	strict   bool          // the same object is described in several places, so none knows all of its fields
	depth    int
	err      error
}

// pair is two places that $ref has led to. Where they meet again within themselves, whatever there is
// to say of them is being said.
type pair struct {
	old, new string
	strict   bool
}

// narrower reports that the new schema may accept less; wider, that it may accept more.
func (c *comparer) narrower(path, what string) { c.report(path, what, false, true) }
func (c *comparer) wider(path, what string)    { c.report(path, what, true, false) }
func (c *comparer) other(path, what string)    { c.report(path, what, true, true) }

func (c *comparer) report(path, what string, breaksOld, breaksNew bool) {
	c.changes = append(c.changes, Change{path, what, breaksOld, breaksNew})
}

// within compares without reporting, and tells who may break.
func (c *comparer) within(old, new any) (breaksOld, breaksNew bool) {
	had := c.changes
	defer func() { c.changes = had }()
	c.changes = nil
	c.schema("", old, new)
	breaksOld = slices.ContainsFunc(c.changes, Change.breaksOld)
	return breaksOld, slices.ContainsFunc(c.changes, Change.breaksNew)
}

// schema compares two schemas of the same place.
func (c *comparer) schema(path string, old, new any) {
	o, n := object(old), object(new)
	c.depth++
	defer func() { c.depth-- }()
	switch {
	case c.depth > maxDepth:
		c.other(path, "nested too deeply to compare")
	case o == nil && n == nil, says(old)+says(new) == 0:
	case o == nil:
		c.wider(path, "allowed now")
	case n == nil:
		c.narrower(path, "not allowed any more")
	default:
		c.objects(path, o, n)
	}
}

// object is a schema as an object; nil for false.
func object(schema any) map[string]any {
	m, ok := schema.(map[string]any)
	if !ok && schema != false {
		return map[string]any{} // true, or none
	}
	return m
}

func (c *comparer) objects(path string, o, n map[string]any) {
	_, oRef := o["$ref"].(string)
	_, nRef := n["$ref"].(string)
	switch {
	case oRef || nRef:
		c.refs(path, o, n)
	case isUnion(o) != isUnion(n):
		c.union(path, alternatives(o), alternatives(n))
	default:
		c.keywords(path, o, n)
	}
}

// refs follows $ref. What stands beside it holds, too.
func (c *comparer) refs(path string, o, n map[string]any) {
	oTarget, oName, oRest := c.follow(c.old, o)
	nTarget, nName, nRest := c.follow(c.new, n)
	p := pair{oName, nName, c.strict}
	if c.err != nil || p.old != "" && p.new != "" && c.seen[p] {
		return
	}
	if len(oRest)+len(nRest) > 0 {
		defer c.strictly()()
		c.keywords(path, oRest, nRest)
	}
	if c.free(path, oRest, nRest, oTarget, nTarget) {
		return
	}
	c.seen[p] = true
	defer delete(c.seen, p)
	c.schema(path, oTarget, nTarget)
}

// free deals with a reference to whatever may be recursive, where the other side says nothing.
func (c *comparer) free(path string, oRest, nRest map[string]any, old, new any) bool {
	switch {
	case nRest == nil && says(new) == 0:
		c.wider(path, "not limited any more")
	case oRest == nil && says(old) == 0:
		c.narrower(path, "limited now")
	default:
		return false
	}
	return true
}

// says counts the keywords of a schema that are no notes; 1 for false.
func says(schema any) (n int) {
	m := object(schema)
	if m == nil {
		return 1
	}
	for key := range m {
		if !isNote(key) {
			n++
		}
	}
	return n
}

// follow returns what a schema refers to, the reference, and the rest of it; the schema itself, if it
// does not refer.
func (c *comparer) follow(doc any, s map[string]any) (target any, ref string, rest map[string]any) {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s, "", nil
	}
	target, ok = resolve(doc, ref)
	if !ok && c.err == nil {
		c.err = fmt.Errorf("contract: Compare: $ref: want a place in the document that begins with #/, got %q", ref)
	}
	rest = map[string]any{}
	for key, v := range s {
		if key != "$ref" && !isNote(key) {
			rest[key] = v
		}
	}
	return target, ref, rest
}

// strictly sets strict until the function that it returns is called.
func (c *comparer) strictly() (end func()) {
	had := c.strict
	c.strict = true
	return func() { c.strict = had }
}
