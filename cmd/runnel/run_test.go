package main

import (
	"context"
	"os"
	"testing"

	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// A stop must call off the wait for a header that does not come.
func TestPrepareEndsWithItsContext(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	soft, stop := context.WithCancel(t.Context())
	go stop()
	flags := workFlags{in: "-", format: "csv", maxLine: 100}
	_, err = prepare(soft, &flags, nil, streams{in: r, out: os.Stdout, err: os.Stderr}, screen.NewConsole(os.Stderr))
	if err == nil {
		t.Fatal("prepare read a header from a pipe that nobody wrote to")
	}
}
