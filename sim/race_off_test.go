//go:build !race

package sim_test

import "github.com/runnel-go/runnel/sim"

// Races are for the race detector, see race_on_test.go.
var (
	racy       map[string]func(*sim.T)
	asForUsers []sim.Option
)
