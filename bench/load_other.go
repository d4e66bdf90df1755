//go:build !linux

package main

import "time"

// cpuTime and queueTime know nothing here, so every sample counts as clean.
func cpuTime() time.Duration   { return 0 }
func queueTime() time.Duration { return 0 }
