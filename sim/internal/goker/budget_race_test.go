//go:build race

package goker_test

// The race detector makes a simulation some thirty times slower, and changes no schedule.
const (
	seeds      = 2
	seedsShort = 1

	schedules      = 200
	schedulesShort = 100
)
