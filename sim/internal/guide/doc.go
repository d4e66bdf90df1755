// Package guide holds the code of docs/guide/testing.md: a job runner with a bug and its tests
// in flaky/jobs, and the same without the bug in fixed/jobs. Its own test compares the page with
// the code and with what the tests print; go test ./sim/internal/guide -update writes the page.
package guide
