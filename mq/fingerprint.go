package mq

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/runnel-go/runnel"
)

// How much of a panic's stack tells one failure from another.
const topFrames = 5

// fingerprint names the failure of b: equal for messages that died of the same thing, as far as that
// can be told. It depends on
//
//	reason, handler, contract version
//	the dynamic types of the error and of all that it wraps
//	the error's text without its variable parts (see template)
//	for a panic, the application's functions on the top of the stack
//
// so an id in the text does not split a group, nor does a line number that has moved. title is for
// people.
func fingerprint(b burial, stack string) (print, title string) {
	text := essence(b.Err)
	parts := []string{string(b.Reason), b.Handler, b.Version, text}
	parts = append(parts, chain(b.Err)...)
	if b.Reason == ReasonPanic {
		parts = append(parts, "frames")
		parts = append(parts, frames(stack, topFrames)...)
	}
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%d:%s", len(p), p) // with its length: no two lists of parts read the same
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), titleOf(b.Reason, text)
}

func titleOf(r Reason, text string) string {
	if text == "" {
		return string(r)
	}
	const most = 160
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return string(r) + ": " + text
}

// essence is what the text of err has in common with other failures of its kind.
func essence(err error) string {
	if broken, ok := findError[*ContractError](err); ok {
		return broken.essence()
	}
	if p, ok := findError[*runnel.PanicError](err); ok {
		return template(strings.TrimPrefix(textOf(p), "runnel: panic: "))
	}
	return template(textOf(err))
}

// essence tells which fields want what, not what a message has instead.
func (e *ContractError) essence() string {
	var fields []string
	for _, b := range e.Fields {
		fields = append(fields, template(b.Field)+": want "+template(b.Want))
	}
	slices.Sort(fields)
	return strings.Join(slices.Compact(fields), "; ")
}

// chain lists the dynamic types of err and what it wraps, depth first, but for the wrappings that say
// what to do about an error, and not what it is.
func chain(err error) []string {
	var types []string
	walk(err, func(e error) bool {
		if !isAdvice(e) {
			types = append(types, fmt.Sprintf("%T", e))
		}
		if p, ok := e.(*runnel.PanicError); ok {
			types = append(types, fmt.Sprintf("%T", p.Value))
		}
		return true
	})
	return types
}

// typeOf is the type of the first error that is more than a wrapping of others, "" for nil.
func typeOf(err error) string {
	name := ""
	walk(err, func(e error) bool {
		if isAdvice(e) || isWrapping(e) {
			return true
		}
		name = fmt.Sprintf("%T", e)
		if p, ok := e.(*runnel.PanicError); ok {
			name = fmt.Sprintf("%T", p.Value)
		}
		return false
	})
	if name == "" && err != nil {
		name = fmt.Sprintf("%T", err)
	}
	return name
}

// maxChain ends the walk through errors that wrap each other in a circle.
const maxChain = 50

// walk calls f for err and all that it wraps, until f returns false.
func walk(err error, f func(error) bool) {
	rest := []error{err}
	for range maxChain {
		if len(rest) == 0 {
			return
		}
		e := rest[0]
		rest = rest[1:]
		if e != nil && !f(e) {
			return
		}
		rest = append(wrapped(e), rest...)
	}
}

// findError is errors.AsType for errors that may wrap each other in a circle.
func findError[E error](err error) (found E, ok bool) {
	walk(err, func(e error) bool {
		found, ok = e.(E)
		return !ok
	})
	return found, ok
}

// wrapped is what Unwrap gives, which is the user's code: nothing if it panics.
func wrapped(err error) (inner []error) {
	defer func() { _ = recover() }()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		return slices.Clone(e.Unwrap())
	}
	return nil
}

// The types by which runnel.Permanent and runnel.RetryAfter say what to do about an error.
var advice = []reflect.Type{
	reflect.TypeOf(runnel.Permanent(errors.New(""))),
	reflect.TypeOf(runnel.RetryAfter(1, errors.New(""))),
}

func isAdvice(err error) bool { return slices.Contains(advice, reflect.TypeOf(err)) }

// The types by which the standard library adds text to errors.
var wrappings = []reflect.Type{
	reflect.TypeOf(fmt.Errorf("%w", errors.New(""))),
	reflect.TypeOf(fmt.Errorf("%w%w", errors.New(""), errors.New(""))),
	reflect.TypeOf(errors.Join(errors.New(""))),
}

func isWrapping(err error) bool { return slices.Contains(wrappings, reflect.TypeOf(err)) }
