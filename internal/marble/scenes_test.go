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
}

// name is that of the function.
func (p picture) name() string {
	full := runtime.FuncForPC(reflect.ValueOf(p.run).Pointer()).Name()
	return full[strings.LastIndex(full, ".")+1:]
}
