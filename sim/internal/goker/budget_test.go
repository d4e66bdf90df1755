//go:build !race

package goker_test

const (
	seeds      = 100
	seedsShort = 5

	schedules      = 20_000 // of each twin
	schedulesShort = 500
)
