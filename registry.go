package runnel

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/runnel-go/runnel/internal/hook"
)

// named holds the channels with a name, by weak pointers: being listed keeps none alive.
var named struct {
	sync.Mutex
	stats map[uint64]func() (Stats, bool)
}

// Channels returns the accounts of all channels that were given a [Name] and are still in
// use, in the order in which they were made. In a simulation these are those of this run.
func Channels() []Stats {
	if world := hook.Current(); world != nil {
		return simulatedChannels(world)
	}
	named.Lock()
	reads := make([]func() (Stats, bool), 0, len(named.stats))
	for _, read := range named.stats {
		reads = append(reads, read)
	}
	named.Unlock()
	var all []Stats
	for _, read := range reads {
		if s, alive := read(); alive {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Stats) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// list puts the new channel c on the list until it is collected.
func list[T any](c *Chan[T]) {
	id := c.identity()
	if c.simulated {
		listSimulated(c)
		return
	}
	ref := weak.Make(c)
	named.Lock()
	defer named.Unlock()
	if named.stats == nil {
		named.stats = make(map[uint64]func() (Stats, bool))
	}
	named.stats[id] = func() (Stats, bool) {
		if c := ref.Value(); c != nil {
			return c.Stats(), true
		}
		return Stats{}, false
	}
	runtime.AddCleanup(c, unlist, id)
}

func unlist(id uint64) {
	named.Lock()
	defer named.Unlock()
	delete(named.stats, id)
}
