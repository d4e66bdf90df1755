package mqtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/contract"
	"github.com/runnel-go/runnel/mq/mqtest"
)

type price struct {
	Item  string  `json:"item"`
	Euros float64 `json:"euros"`
}

var prices = mq.NewTopic[price]("prices", mq.WithCodec(contract.JSON[price]()))

// The test of a program's contracts, in full.
func TestContracts(t *testing.T) { mqtest.Golden(t, prices) }

// judge is a test that remembers what it was told.
type judge struct {
	*testing.T
	said []string
}

func (j *judge) Errorf(f string, a ...any) { j.said = append(j.said, fmt.Sprintf(f, a...)) }
func (j *judge) Logf(string, ...any)       {}

func judged(t *testing.T, topics ...mqtest.Contracted) string {
	t.Helper()
	j := &judge{T: t}
	mqtest.Golden(j, topics...)
	return strings.Join(j.said, "\n")
}

func expect(t *testing.T, said string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf("Golden said %q, want %q in it", said, w)
		}
	}
}

func changedTo[V any]() mqtest.Contracted {
	return mq.NewTopic[V]("prices", mq.WithCodec(contract.JSON[V]()))
}

func TestGoldenNamesWhatBreaks(t *testing.T) {
	type text struct {
		Item  string `json:"item"`
		Euros string `json:"euros"`
	}
	type gone struct {
		Item string `json:"item"`
	}
	type more struct {
		price
		Note string `json:"note,omitempty"`
	}
	expect(t, judged(t, changedTo[text]()), `topic "prices": a breaking change against testdata/contracts/prices.json`, "euros: ", "number", "string", "RUNNEL_UPDATE=1")
	expect(t, judged(t, changedTo[gone]()), "a breaking change", "euros: removed")
	expect(t, judged(t, changedTo[more]()), "breaks nobody", "note: added", "RUNNEL_UPDATE=1")
}

func TestGoldenTellsWhatItNeeds(t *testing.T) {
	expect(t, judged(t), "without a topic")
	expect(t, judged(t, mq.NewTopic[price]("plain")), `topic "plain": it has none`, "contract.JSON")
	unknown := mq.NewTopic[price]("unknown", mq.WithCodec(contract.JSON[price]()))
	expect(t, judged(t, unknown), filepath.Join("testdata", "contracts", "unknown.json")+" does not exist", "RUNNEL_UPDATE=1")
}

func TestGoldenUpdates(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("RUNNEL_UPDATE", "1")
	if said := judged(t, prices); said != "" {
		t.Error(said)
	}
	t.Setenv("RUNNEL_UPDATE", "")
	if said := judged(t, prices); said != "" {
		t.Error("just written, and", said)
	}
	file := filepath.Join("testdata", "contracts", "prices.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "\n", "\n ")), 0o644)
	expect(t, judged(t, prices), "says the same")
	os.WriteFile(file, []byte("{"), 0o644)
	expect(t, judged(t, prices), "prices.json: contract: Compare: the old schema")
}
