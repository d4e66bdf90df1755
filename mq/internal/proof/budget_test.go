//go:build !race

package proof_test

// scale is how many worlds are run: fewer under the race detector, on which each takes longer.
func scale(n int) int { return n }
