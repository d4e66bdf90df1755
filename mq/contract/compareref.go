package contract

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// resolve finds the place that a reference of the form # or #/… names.
func resolve(doc any, ref string) (any, bool) {
	pointer, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	if err != nil || !strings.HasPrefix(ref, "#") || pointer != "" && pointer[0] != '/' {
		return nil, false
	}
	if pointer == "" {
		return doc, true
	}
	steps := strings.Split(pointer[1:], "/")
	for i, s := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
	}
	return lookup(doc, steps)
}

var notes = []string{
	"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
	"$comment", "$schema", "$id", "$defs", "definitions",
}

// isNote tells whether a keyword has no say in what is accepted.
func isNote(key string) bool { return slices.Contains(notes, key) }

// same tells whether two schemas say the same in the same words, also where they refer to.
func (c *comparer) same(old, new any) bool {
	s := sameness{c, map[pair]bool{}}
	return s.same(old, new)
}

type sameness struct {
	*comparer
	seen map[pair]bool
}

func (s *sameness) same(old, new any) bool {
	switch o := old.(type) {
	case map[string]any:
		n, ok := new.(map[string]any)
		return ok && s.sameObjects(o, n)
	case []any:
		n, ok := new.([]any)
		return ok && slices.EqualFunc(o, n, s.same)
	}
	return reflect.DeepEqual(old, new)
}

func (s *sameness) sameObjects(o, n map[string]any) bool {
	for key := range o {
		if _, ok := n[key]; !ok && !isNote(key) {
			return false
		}
	}
	for key, v := range n {
		if had, ok := o[key]; !isNote(key) && (!ok || !s.sameKeyword(key, had, v)) {
			return false
		}
	}
	return true
}

func (s *sameness) sameKeyword(key string, old, new any) bool {
	o, isText := old.(string)
	n, _ := new.(string)
	switch {
	case key == "$dynamicRef":
		return false
	case key == "$ref" && isText:
		return s.sameRefs(pair{o, n, false})
	case key == "properties":
		return s.sameMembers(old, new)
	}
	return s.same(old, new)
}

// sameMembers compares names that mean fields, so that none of them is a note.
func (s *sameness) sameMembers(old, new any) bool {
	o, _ := old.(map[string]any)
	n, _ := new.(map[string]any)
	return maps.EqualFunc(o, n, func(a, b any) bool { return s.same(a, b) })
}

func (s *sameness) sameRefs(p pair) bool {
	had := s.seen[p]
	s.seen[p] = true
	o, ok := resolve(s.old, p.old)
	n, too := resolve(s.new, p.new)
	return had || ok && too && s.same(o, n)
}
