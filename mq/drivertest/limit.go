package drivertest

import (
	"strings"

	"github.com/runnel-go/runnel/mq/driver"
)

func limitCases() []Case {
	return []Case{
		{"Limit/Bytes", "of one record's key, header and payload; 0: the engine's own limit", needs{}, limitBytes},
		{"Limit/Engine", "ErrTooLarge the record alone is more than the topic or the engine can hold", needs{}, limitEngine},
		{"Limit/Batch", "neither it nor any after it has had an effect", needs{}, limitBatch},
	}
}

// sized are records of exactly n bytes: all key, all payload, all header, some of each.
func sized(n int) []driver.Record {
	x := strings.Repeat("x", n)
	rs := []driver.Record{rec(x), rec(""), rec(""), rec(x[:n-6])}
	rs[1].Key = x
	rs[2].Header = driver.Header{{Name: x[:n/2], Value: x[n/2:]}}
	rs[3].Key, rs[3].Header = "ab", driver.Header{{Name: "c", Value: "def"}}
	return rs
}

func (k *kit) tooLarge(r driver.Record) {
	k.refused(k.e, r, driver.ErrTooLarge)
}

func limitBytes(k *kit) {
	k.def.MaxBytes = 100
	k.publish(sized(100)...)
	for _, r := range sized(101) {
		k.tooLarge(r)
	}
	s := k.sub(k.group(driver.Unordered))
	k.take(s, 4)
	k.none(s)
}

func limitEngine(k *kit) {
	limit := k.features().MaxBytes
	if limit == 0 || limit > 64<<20 {
		k.publish(rec(strings.Repeat("x", 1<<20))) // nothing that a test could reach
		return
	}
	k.tooLarge(rec(strings.Repeat("x", int(limit)+1)))
}

func limitBatch(k *kit) {
	k.def.MaxBytes = 100
	big := rec(strings.Repeat("x", 200))
	rs := []driver.Record{rec("a"), rec("b"), big, rec("c")}
	n, err := k.try(k.e, k.ctx(), rs)
	k.must(n == 2, "Publish of two records, one over the limit, and another one returned %d, want 2", n)
	k.wantError("Publish", err, driver.ErrTooLarge)
	s := k.sub(k.group(driver.Unordered))
	for i, d := range k.expect(s, "a", "b") {
		k.must(d.Seq == rs[i].Seq, "record %d: published as Seq %d, delivered as %d", i, rs[i].Seq, d.Seq)
		k.settle(s, driver.Ack, d)
	}
	k.none(s)
}
