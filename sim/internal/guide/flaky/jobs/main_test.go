package jobs

import (
	"flag"
	"os"
	"strings"
	"testing"
)

// The tests of this package fail on purpose, the native one once in a while. They run only if
// they are asked for by name, as the test of the guide does.
func TestMain(m *testing.M) {
	flag.Parse()
	if asked := flag.Lookup("test.run").Value.String(); !strings.Contains(asked, "TestStop") {
		_ = flag.Set("test.skip", "^TestStop")
	}
	os.Exit(m.Run())
}
