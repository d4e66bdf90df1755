package contract

import (
	"errors"
	"fmt"
	"reflect"
)

// Option says more about a contract.
type Option func(*settings)

type settings struct {
	version     string
	doc         []byte
	strict      bool
	share       float64
	publishOnly bool
	receiveOnly bool
}

// Version names the version, which is stamped on each message. Without it the version is derived from
// the schema: twelve digits, which change if and only if the schema's text does.
func Version(v string) Option { return func(s *settings) { s.version = v } }

// Schema gives the schema, in place of the one derived from the Go type: one JSON document, draft
// 2020-12.
func Schema(doc []byte) Option { return func(s *settings) { s.doc = append([]byte{}, doc...) } }

// Strict refuses fields that the Go type does not have. Without it they are accepted and left out, so
// that a publisher may be newer than a consumer; with it every field that is added breaks all
// consumers that are older.
func Strict() Option { return func(s *settings) { s.strict = true } }

// Sample checks only this share of the messages on each side that checks: 0.1 for each tenth, the first
// one included. Which are checked depends on nothing but their number, so a test sees the same each
// time. The others are encoded and decoded as without a contract. 0 checks none.
func Sample(share float64) Option { return func(s *settings) { s.share = share } }

// PublishOnly checks what is published, and trusts what is received.
func PublishOnly() Option { return func(s *settings) { s.publishOnly = true } }

// ReceiveOnly checks what is received, and publishes without a check.
func ReceiveOnly() Option { return func(s *settings) { s.receiveOnly = true } }

func (s *settings) check() error {
	if !(s.share >= 0 && s.share <= 1) {
		return fmt.Errorf("Sample(%v): want a share from 0 to 1", s.share)
	}
	if s.publishOnly && s.receiveOnly {
		return errors.New("PublishOnly and ReceiveOnly together: want one of them, or Sample(0)")
	}
	if s.strict && s.doc != nil {
		return errors.New(`Strict with Schema: say "additionalProperties": false in the document`)
	}
	return nil
}

// document is the schema that the options ask for, as a generic value.
func (s *settings) document(t reflect.Type) (any, error) {
	if s.doc == nil {
		return derive(t, s.strict)
	}
	doc, err := parse(s.doc)
	if err != nil {
		return nil, fmt.Errorf("Schema: %w", err)
	}
	return doc, checkDraft(doc)
}

const draft = "https://json-schema.org/draft/2020-12/schema"

func checkDraft(doc any) error {
	m, ok := doc.(map[string]any)
	if !ok {
		return fmt.Errorf("Schema: want a JSON object, got %s", show(doc))
	}
	if d, given := m["$schema"]; given && d != draft && d != draft+"#" {
		return fmt.Errorf("Schema: $schema: want %q, got %s", draft, show(d))
	}
	return nil
}
