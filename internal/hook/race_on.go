//go:build race

package hook

// Watched says that the race detector looks on: then a task must come to its points before it
// takes a lock, since by letting go of the lock it would tell the detector what it has done.
const Watched = true
