package arch

import (
	"bytes"
	"os"
	"testing"
)

// TestRepository applies every rule to this checkout.
func TestRepository(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.named("go.work")) == 0 {
		t.Fatal("no go.work two directories up: this is not the checkout the rules are for")
	}
	for _, rule := range Rules {
		t.Run(rule.Name, func(t *testing.T) {
			for _, p := range rule.Check(tree) {
				t.Error(rule.Explain(p))
			}
		})
	}
}

// TestPollersAreNeeded keeps the list of exceptions from outliving its files.
func TestPollersAreNeeded(t *testing.T) {
	for path := range pollers {
		data, err := os.ReadFile("../../" + path)
		if err != nil || !bytes.Contains(data, []byte("time.Sleep(")) {
			t.Errorf("%s may sleep but does not: strike it off the list in code.go", path)
		}
	}
}
