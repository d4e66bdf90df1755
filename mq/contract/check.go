package contract

import (
	"errors"
	"fmt"

	"github.com/runnel-go/runnel/mq"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checker is a compiled schema.
type checker struct{ schema *jsonschema.Schema }

const address = "https://contract.invalid/schema.json"

func newChecker(doc any) (*checker, error) {
	if _, n := findHuge(doc, nil); n != "" {
		return nil, fmt.Errorf("Schema: want exponents of at most three digits, got %s", shorten(n))
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(nowhere{})
	if err := c.AddResource(address, doc); err != nil {
		return nil, fmt.Errorf("Schema: %w", err)
	}
	schema, err := c.Compile(address)
	if err != nil {
		return nil, fmt.Errorf("Schema: %w", err)
	}
	return &checker{schema}, nil
}

// nowhere keeps the compiler from reading files and asking servers.
type nowhere struct{}

func (nowhere) Load(string) (any, error) {
	return nil, errors.New("a contract is one document: want a $ref that begins with #")
}

// breaches tells how t, which payload was parsed to, breaks the schema; nil if it does not.
func (c *checker) breaches(t text, payload []byte) []mq.Breach {
	r := reporter{doc: t.value}
	if t.huge && r.huge() {
		return r.found
	}
	err := c.schema.Validate(t.value)
	if err == nil {
		return nil
	}
	v, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []mq.Breach{{Want: "a value that can be checked", Got: err.Error()}}
	}
	r.add(v)
	r.inOrder(payload)
	return r.found
}

func (r *reporter) huge() bool {
	path, n := findHuge(r.doc, nil)
	if n != "" {
		r.at(path, "a number with an exponent of at most three digits", shorten(n))
	}
	return n != ""
}
