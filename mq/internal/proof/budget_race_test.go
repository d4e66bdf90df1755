//go:build race

package proof_test

func scale(n int) int { return (n + 9) / 10 }
