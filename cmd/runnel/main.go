package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Without this a write to a closed pipe would end the process before it could save what is left over.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(execute(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are the standard ones.
type streams struct{ in, out, err *os.File }
