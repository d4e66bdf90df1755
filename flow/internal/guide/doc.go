// Package guide holds the code of docs/guide/graphs.md, as functions and examples of a test. Its own test
// compares the page with them; go test ./flow/internal/guide -update writes the page.
package guide
