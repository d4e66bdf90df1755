package marble_test

import (
	"reflect"
	"runtime"
	"strings"

	"github.com/runnel-go/runnel/internal/marble"
)

// picture is a file of the guide and what it shows.
type picture struct {
	file, title string
	run         func(*marble.Scene)
}

// pictures are all of them, in the order of the page.
var pictures = []picture{
	{"map", "Map keeps the order", mapOrdered},
	{"map-unordered", "MapUnordered delivers what is ready", mapUnordered},
	{"map-keyed", "MapKeyed keeps the order of each key", mapKeyed},
	{"map-fails", "Map when its function fails", mapFails},
	{"flatmap", "FlatMap gives many results for one value", flatMap},
	{"map-sliding", "Map with a sliding output and a slow consumer", mapSliding},
	{"retry", "Retry and Try around the function of a Map", retry},
	{"through", "Through runs transducers in one goroutine", through},
	{"take", "Take stops the source", take},
	{"batch", "Batch by size and by time", batch},
	{"window", "Window with panes that follow one another", window},
	{"session", "Window with panes that follow the values", session},
	{"throttle", "Throttle slows the source down", throttle},
	{"throttle-sliding", "Throttle behind a sliding input samples", throttleSliding},
	{"debounce", "Debounce gives the last value of a burst", debounce},
	{"timeout", "Timeout gives up on a silent input", timeout},
	{"merge", "Merge gives values as they come", merge},
	{"merge-priority", "MergePriority prefers the first input", mergePriority},
	{"zip", "Zip pairs values by position", zip},
	{"split", "Split sorts values onto two outputs", split},
	{"tee", "Tee gives each value to both outputs", tee},
	{"generate", "Generate makes a source of a function", generate},
	{"foreach", "ForEach runs to the end", forEach},
	{"foreach-fails", "ForEach when its function fails", forEachFails},
	{"mult", "A Mult with a tap that waits and one that slides", mult},
	{"mult-evict", "A Mult evicts a tap that keeps the others waiting", multEvict},
	{"pub", "A Pub gives values to the subscribers of their key", pub},
	{"mix", "A Mix whose inputs are muted and paused", mix},
	{"stop", "A stop travels upstream", stop},
	{"fail", "An error travels downstream, a stop upstream", fail},
}

// name is that of the function.
func (p picture) name() string {
	full := runtime.FuncForPC(reflect.ValueOf(p.run).Pointer()).Name()
	return full[strings.LastIndex(full, ".")+1:]
}
