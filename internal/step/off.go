//go:build !steps

package step

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// On tells whether the accesses are steps of a simulation.
const On = false

// What is shared, as the standard library has it.
type (
	Uint32 = atomic.Uint32
	Uint64 = atomic.Uint64
	Cond   = sync.Cond
)

// AwaitChange waits until u is no longer what the caller has loaded last, and returns true. It
// returns false at once if nobody can let others go on meanwhile: then the caller has to look
// again.
func AwaitChange(*Uint32) bool { return false }

// Draw returns one of 0 … n−1, each with the same chance. It panics if n is 0.
func Draw(n uint32) uint32 { return rand.Uint32N(n) }

// AfterFunc is [context.AfterFunc].
func AfterFunc(ctx context.Context, f func()) (stop func() bool) { return context.AfterFunc(ctx, f) }

// IsStepped tells whether ctx was made by WithCancel of this package.
func IsStepped(context.Context) bool { return false }
