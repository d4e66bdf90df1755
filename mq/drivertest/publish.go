package drivertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

func publishCases() []Case {
	return []Case{
		{"Publish/Order", "Publish stores records of one topic, in their order", needs{}, publishOrder},
		{"Publish/Set", "Seq and Outcome of these are set … Publish sets it, and may leave 0 for a record with NotBefore. … set by Publish", needs{}, publishSets},
		{"Publish/Seq", "it rises in the order of publishing and is never used again", needs{}, publishSeq},
		{"Publish/Nothing", "err is nil if and only if n = len(records)", needs{}, publishNothing},
		{"Publish/Slice", "Header and Payload are neither changed by the engine nor, after the call, by the caller; records itself belongs to the caller again.", needs{}, publishSlice},
		{"Publish/Intact", "Record is what is stored. … set by the caller", needs{}, publishIntact},
		{"Publish/ID", `"" to have the engine name it; not looked at otherwise`, needs{}, publishID},
		{"Publish/Topics", "Publish stores records of one topic", needs{}, publishTopics},
		{"Publish/Handles", "Otherwise a topic that does not exist is made, also if there are no records.", needs{}, publishHandles},
		{"Publish/Creation", "Otherwise a topic that does not exist is made, also if there are no records.", needs{}, publishCreation},
		{"Publish/Declaration", "Otherwise a topic that does not exist is made, also if there are no records.", needs{}, publishDeclaration},
		{"Publish/MustExist", "ErrUnknownTopic topic.MustExist, and it does not … the topic is not made by Publish and Subscribe", needs{}, publishMustExist},
		{"Publish/Conflict", "Engines compare all fields but MustExist and Groups with those of the stored one. … ErrConflict the topic exists with another definition … An engine returns the errors of this package, wrapped with what they are about.", needs{}, publishConflict},
		{"Publish/Cancelled", "or before it began", needs{}, publishCancelled},
		{"Publish/Durability", "What a topic or a subscription asks for and the engine cannot give is refused with ErrUnsupported, never imitated. … ErrUnsupported the engine cannot give what the topic asks for", needs{}, durability},
	}
}

func publishOrder(k *kit) {
	k.put("a", "b", "c")
	s := k.stored("d")
	k.put("e", "f")
	k.expect(s, "a", "b", "c", "d", "e", "f")
}

func publishSets(k *kit) {
	rs := records(rec, letters(3))
	rs[1].Outcome = driver.Dropped
	k.publish(rs...)
	for i, d := range k.expect(k.sub(k.group(driver.Unordered)), letters(3)...) {
		k.must(rs[i].Outcome == driver.Stored, "record %d: Outcome %v, want Stored", i, rs[i].Outcome)
		k.must(rs[i].Seq != 0 && rs[i].Seq == d.Seq, "record %d: published as Seq %d, delivered as %d", i, rs[i].Seq, d.Seq)
		k.must(d.ID != "", "record %d: the engine has not named it", i)
	}
}

func publishSeq(k *kit) {
	var last uint64
	s := k.sub(k.group(driver.Unordered))
	for _, v := range letters(6) {
		r := k.publish(rec(v))[0]
		k.must(r.Seq > last, "Seq %d follows %d", r.Seq, last)
		last = r.Seq
		k.done(s, v) // so that it is not stored any more
	}
}

func publishNothing(k *kit) {
	n, err := k.try(k.e, k.ctx(), nil)
	k.must(n == 0 && err == nil, "Publish of no records: %d, %v", n, err)
}

func publishSlice(k *kit) {
	rs := []driver.Record{rec("a")}
	k.publish(rs...)
	rs[0] = rec("b")
	k.publish(rs...)
	rs[0] = rec("c")
	k.expect(k.sub(k.group(driver.Unordered)), "a", "b")
}

// odd are records that an engine of text, or of fixed sizes, gets wrong.
func odd() []driver.Record {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	rs := []driver.Record{
		{}, {Payload: []byte{}}, {Payload: all}, {Key: string(all)}, {Key: "a b*>.\n", Payload: []byte("\x00")},
		{Header: driver.Header{{Name: "a", Value: "1"}, {Name: "A", Value: "2"}, {Name: "a", Value: "3"}, {Name: "", Value: ""}}},
		{Header: driver.Header{{Name: "Größe: \xff\r\n", Value: " x\r\nb: c\x00\xfe "}}},
		{Header: driver.Header{{Name: "big", Value: strings.Repeat("x", 20_000)}}, Payload: []byte(strings.Repeat("y", 100_000))},
		{ID: "own", Group: "group"},
	}
	for i := range rs {
		rs[i].Published = time.Unix(1_700_000_000, int64(i)+1) // nanoseconds count
	}
	return rs
}

func publishIntact(k *kit) {
	rs := odd()
	for i, want := range k.publish(rs...) {
		copied := odd()[i]
		copied.Seq = want.Seq
		if field := equalRecord(want, copied); field != "" {
			k.Errorf("Publish has changed the %s of record %d", field, i)
		}
	}
	for i, d := range k.take(k.sub(k.group(driver.Unordered)), len(rs)) {
		if field := equalRecord(d.Record, rs[i]); field != "" {
			k.Errorf("record %d has come with another %s: got %.200s, want %.200s", i, field, fmt.Sprint(d.Record), fmt.Sprint(rs[i]))
		}
		k.must(rs[i].ID == "" || d.ID == rs[i].ID, "record %d has come with ID %q, want %q", i, d.ID, rs[i].ID)
	}
}

func publishID(k *kit) {
	a, b := rec("a"), rec("b")
	a.ID, b.ID = "same", "same"
	k.publish(a, b)
	k.publish(rec("c"), rec("d"))
	ds := k.expect(k.sub(k.group(driver.Unordered)), letters(4)...)
	k.must(ds[0].ID == "same" && ds[1].ID == "same", "IDs %q, %q, want the given one", ds[0].ID, ds[1].ID)
	k.must(ds[2].ID != ds[3].ID, "the engine has given two records the ID %q", ds[2].ID)
}

func publishTopics(k *kit) {
	k.put("a")
	k.def.Name = "topic.other"
	s := k.stored("b")
	k.def.Name = "topic"
	first := k.sub(k.group(driver.Unordered))
	k.done(s, "b")
	k.done(first, "a")
	k.none(s)
	k.none(first)
}

func publishHandles(k *kit) {
	other, s := k.process()
	k.passes(s, "a")
	k.put("b")
	k.noError("Close", other.Close())
	k.done(k.sub(k.group(driver.Unordered)), "b")
}

// publishCreation: many make the same topics at once, some by Publish, some by Subscribe.
func publishCreation(k *kit) {
	const topics, each = 5, 4
	k.all(topics*each, func(i int) error {
		def := driver.Topic{Name: "made" + letters(topics)[i%topics]}
		_, err := k.e.Publish(k.ctx(), &def, []driver.Record{rec(letters(each)[i/topics])})
		_, err2 := k.e.Subscribe(k.ctx(), &def, k.group(driver.Unordered))
		return errors.Join(err, err2)
	})
	for _, name := range letters(topics) {
		k.def.Name = "made" + name
		k.e.Close()
		k.e = k.open()
		k.expectSet(k.sub(k.group(driver.Unordered)), letters(each)...)
	}
}

// publishDeclaration declares a topic: its groups miss nothing from then on, and it exists.
func publishDeclaration(k *kit) {
	k.def.Groups = []string{k.group(driver.Unordered).Group}
	n, err := k.e.Publish(k.ctx(), &k.def, nil)
	k.noError("Publish of no records", err)
	k.must(n == 0, "Publish of no records: n is %d, want 0", n)
	k.def.MustExist = true
	k.put("a")
	k.done(k.sub(k.group(driver.Unordered)), "a")
}

func publishMustExist(k *kit) {
	k.def.MustExist = true
	k.refused(k.e, rec("a"), driver.ErrUnknownTopic)
	k.noSource(k.e, k.group(driver.Unordered), driver.ErrUnknownTopic)
	k.def.MustExist = false
	k.put("b")
	k.def.MustExist = true
	k.put("c")
	k.done(k.sub(k.group(driver.Unordered)), "b", "c")
}

// variants are definitions that differ from {MaxMessages: 10} in one field each.
func (k *kit) variants() map[string]driver.Topic {
	vs := map[string]driver.Topic{
		"MaxMessages": {MaxMessages: 11},
		"MaxBytes":    {MaxMessages: 10, MaxBytes: 1000},
	}
	f := k.features()
	if slices.Contains(f.Overflow, driver.DropOldest) {
		vs["Overflow"] = driver.Topic{MaxMessages: 10, Overflow: driver.DropOldest}
	}
	if f.Expiry {
		vs["MaxAge"] = driver.Topic{MaxMessages: 10, MaxAge: time.Hour}
	}
	if f.Dedup {
		vs["DedupWindow"] = driver.Topic{MaxMessages: 10, DedupWindow: time.Hour}
	}
	return vs
}

func publishConflict(k *kit) {
	k.def.MaxMessages = 10
	k.put("a")
	for field, def := range k.variants() {
		def.Name = k.def.Name
		n, err := k.e.Publish(k.ctx(), &def, []driver.Record{rec("b")})
		k.must(n == 0, "Publish with another %s returned %d", field, n)
		k.wantError("Publish with another "+field, err, driver.ErrConflict)
		_, err = k.e.Subscribe(k.ctx(), &def, k.group(driver.Unordered))
		k.wantError("Subscribe with another "+field, err, driver.ErrConflict)
	}
	k.def.Groups = []string{"more"}
	s := k.stored("c")
	k.last(s, "a", "c")
}

func publishCancelled(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	cause := errors.New("the cause")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	n, err := k.try(k.e, ctx, []driver.Record{rec("a")})
	k.must(n == 0, "Publish with a context that has ended returned %d", n)
	k.wantError("Publish", err, cause)
	k.none(s)
	_, err = k.e.Subscribe(ctx, &k.def, k.group(driver.Unordered))
	k.wantError("Subscribe", err, cause)
}
