//go:build !race

package sim_test

import "testing"

// scale is how much is explored: the race detector makes simulations some thirty times slower,
// and changes no schedule.
func scale(short, long int) int {
	if testing.Short() {
		return short
	}
	return long
}
