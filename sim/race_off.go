//go:build !race

package sim

const (
	raceFlag     = ""
	raceDetector = false
)

var threadsByDefault = false

// What the race detector is told, where there is one.

func raceErrors() int       { return 0 }
func raceIgnore()           {}
func raceHeed()             {}
func raceRelease[T any](*T) {}
func raceAcquire[T any](*T) {}
