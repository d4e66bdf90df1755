//go:build !race

package flow_test

import "testing"

// scale is how many schedules are explored: the race detector makes simulations some thirty
// times slower, and changes no schedule.
func scale(short, long int) int {
	if testing.Short() {
		return short
	}
	return long
}
