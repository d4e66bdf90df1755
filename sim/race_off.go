//go:build !race

package sim

const raceFlag = ""
