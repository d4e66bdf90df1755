package main

import (
	"bytes"
	"os"
	"testing"
)

func TestReferenceIsCurrent(t *testing.T) {
	var page bytes.Buffer
	root := newRoot(streams{os.Stdin, os.Stdout, os.Stderr})
	root.SetOut(&page)
	root.SetArgs([]string{"reference"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("REFERENCE.md")
	if err != nil || !bytes.Equal(page.Bytes(), want) {
		t.Errorf("REFERENCE.md is not that of the commands (%v): run go generate here", err)
	}
}
