package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s := &story{out: stdout}
	if code, ok := s.parse(args, stderr); !ok {
		return code
	}
	if err := s.tell(ctx); err != nil {
		fmt.Fprintln(stderr, "alerts:", err)
		return 1
	}
	return 0
}

// parse reads the flags. ok tells whether to go on; otherwise code is that to end with.
func (s *story) parse(args []string, stderr io.Writer) (code int, ok bool) {
	flags := flag.NewFlagSet("alerts", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.feed, "feed", "examples/data/earthquakes.csv", "read quakes from this `file`")
	flags.BoolVar(&s.list, "dead", false, "print each dead letter")
	err := flags.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		code = 2
	}
	return code, err == nil
}
