package mqtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/runnel-go/runnel/mq/contract"
)

// Contracted is a topic with a contract: a mq.Topic of any type.
type Contracted interface {
	Name() string
	Schema() (schema []byte, version string)
}

// Golden compares the contract of each topic with the file testdata/contracts/NAME.json beside the test,
// so that a change of a Go type which changes what goes over the wire is seen in the review. It fails the
// test if they differ, and names each field, what has happened to it, and whom that breaks. When that is
// meant, run the test once with RUNNEL_UPDATE=1, which writes the files anew, and commit them with the change.
func Golden(t T, topics ...Contracted) {
	t.Helper()
	if len(topics) == 0 {
		t.Errorf("mqtest: Golden without a topic; want those that have a contract")
	}
	for _, topic := range topics {
		if err := golden(t, topic, os.Getenv("RUNNEL_UPDATE") != ""); err != nil {
			t.Errorf("mqtest: contract of topic %q: %v", topic.Name(), err)
		}
	}
}

const howToUpdate = "if that is meant, run this test once with RUNNEL_UPDATE=1 and commit the file"

func golden(t T, topic Contracted, update bool) error {
	t.Helper()
	now, _ := topic.Schema()
	if now == nil {
		return fmt.Errorf("it has none; define the topic with mq.WithCodec(contract.JSON[…]())")
	}
	file := filepath.Join("testdata", "contracts", topic.Name()+".json")
	before, err := os.ReadFile(file)
	switch {
	case bytes.Equal(before, now) && err == nil:
		return nil
	case update:
		t.Logf("mqtest: %s is written", file)
		return write(file, now)
	case os.IsNotExist(err):
		return fmt.Errorf("%s does not exist: run this test once with RUNNEL_UPDATE=1 and commit the file", file)
	case err != nil:
		return err
	}
	return changed(file, before, now)
}

func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// changed tells how a contract differs from its file.
func changed(file string, before, now []byte) error {
	changes, err := contract.Compare(before, now)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var b strings.Builder
	switch {
	case slices.ContainsFunc(changes, contract.Change.Breaking):
		fmt.Fprintf(&b, "a breaking change against %s:\n", file)
	case len(changes) > 0:
		fmt.Fprintf(&b, "a change against %s that breaks nobody:\n", file)
	default:
		fmt.Fprintf(&b, "it says the same as %s in other words\n", file)
	}
	for _, c := range changes {
		fmt.Fprintf(&b, "  %v\n", c)
	}
	b.WriteString(howToUpdate)
	return fmt.Errorf("%s", b.String())
}
