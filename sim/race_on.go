//go:build race

package sim

import (
	"runtime"
	"unsafe"
)

const (
	raceFlag     = "-race "
	raceDetector = true
)

// threadsByDefault says that the race detector is to see what orders tasks, and what does not.
var threadsByDefault = true

// raceErrors counts the races that have been reported.
func raceErrors() int { return runtime.RaceErrors() }

// raceIgnore makes the race detector take no notice of what the calling goroutine does to
// synchronise itself with others, until raceHeed.
//
//go:norace
func raceIgnore() { runtime.RaceDisable() }

//go:norace
func raceHeed() { runtime.RaceEnable() }

// raceRelease tells the race detector that what the calling goroutine has done so far happens
// before what others do after raceAcquire of the same address.
//
//go:norace
func raceRelease[T any](token *T) { runtime.RaceReleaseMerge(unsafe.Pointer(token)) }

//go:norace
func raceAcquire[T any](token *T) { runtime.RaceAcquire(unsafe.Pointer(token)) }
