// Package hook is the one seam by which a simulator takes control of channels, goroutines and
// time. The root package asks it; package sim fills it in. Neither knows the other.
//
// A channel belongs to the world in which it was made, for ever. So only the functions that make
// something ([Current]: New, Go, After, Sleep, …) look for a world, and where package sim is
// not there that is one load.
package hook
