package mem

import (
	"strconv"

	"github.com/runnel-go/runnel/mq/driver"
)

// name gives a record that has no ID its Seq for one.
func name(r *driver.Record) {
	if r.ID == "" {
		r.ID = strconv.FormatUint(r.Seq, 10)
	}
}

// together is how many records share the memory of their names, so that one allocation makes them.
const together = 32

// nameAll names deliveries.
func nameAll(ds []driver.Delivery) {
	for len(ds) > together {
		nameTogether(ds[:together])
		ds = ds[together:]
	}
	nameTogether(ds)
}

func nameTogether(ds []driver.Delivery) {
	var room [together * 20]byte
	var ends [together]int
	text := room[:0]
	for i := range ds {
		if ds[i].ID == "" {
			text = strconv.AppendUint(text, ds[i].Seq, 10)
		}
		ends[i] = len(text)
	}
	names, from := string(text), 0
	for i := range ds {
		if ds[i].ID == "" {
			ds[i].ID = names[from:ends[i]]
		}
		from = ends[i]
	}
}
