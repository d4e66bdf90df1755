// Package watermill lets Watermill's own suite for Pub/Subs judge the engine in memory.
//
// It is a module of its own, so that nobody inherits Watermill's requirements, and its adapter is
// here for that test alone.
package watermill
