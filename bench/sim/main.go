package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"testing"
	"time"
)

func main() {
	only := flag.String("only", "", "measure only programs whose name matches this `regexp`")
	rounds := flag.Int("rounds", 11, "`number` of samples per program")
	sample := flag.Duration("sample", 100*time.Millisecond, "`time` of a sample")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil || *rounds < 1 {
		fmt.Fprintln(os.Stderr, "sim: -only wants a regular expression, -rounds at least 1:", err)
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	// A bubble needs a test, and a test that is not go test's is made so. It prints PASS.
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "sim",
		F: func(t *testing.T) {
			ps := matching(programs(), pattern)
			measure(t, ps, *rounds, *sample)
			write(os.Stdout, ps)
		},
	}}, nil, nil)
}
