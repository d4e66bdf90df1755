//go:build !race

package hook

// Watched says that the race detector looks on.
const Watched = false
