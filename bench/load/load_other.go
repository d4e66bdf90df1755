//go:build !linux

package load

import "time"

// CPU and Queued know nothing here, so every sample counts as clean.
func CPU() time.Duration    { return 0 }
func Queued() time.Duration { return 0 }
