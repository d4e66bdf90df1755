//go:build !linux

package main

// readLoad knows nothing here, so every sample counts as clean.
func readLoad() load { return load{} }
