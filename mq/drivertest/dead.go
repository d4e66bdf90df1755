package drivertest

import (
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const (
	deadLaw = "Dead // given up: Letter is stored, once however often this is repeated"
	markLaw = "of two that have read the same, one succeeds"
)

func deadCases() []Case {
	morgue := needs{morgue: true}
	return []Case{
		{"Dead/GivenUp", deadLaw, needs{}, deadGivenUp},
		{"Dead/Letter", "For Dead: stored where [Morgue] finds it, before the record is given up. … Letter is a dead letter: a record that a group has given up. … when it was given up … as it was published … what package mq knows of the failure", morgue, deadLetter},
		{"Dead/Once", deadLaw, morgue, deadOnce},
		{"Dead/Stale", "ErrLeaseLost if Token is not that of the record's present lease, and then it has had no effect", morgue, deadStale},
		{"Dead/Letters", "Letters lists letters by rising Seq, those after the one given, at most limit of them (> 0).", morgue, deadList},
		{"Dead/Groups", "An empty group stands for all groups.", morgue, deadGroups},
		{"Dead/Mark", "MarkLetter moves a letter to another state, or leaves it in its own, and puts note in the place of its Note. … ErrLetter if there is none with this Seq, or its Rev is not rev any more … another one after each MarkLetter; set by the engine … what became of it since … Deleted // can be restored", morgue, deadMark},
		{"Dead/MarkRace", markLaw, morgue, deadMarkRace},
		{"Dead/Purge", "To is Purged to remove it for good. … Purged // does not exist any more", morgue, deadPurge},
		{"Dead/Seq", "its own number, rising along the topic; set by the engine", morgue, deadSeq},
		{"Dead/Kept", "Morgue keeps the dead letters of Settle, per topic and group, until they are purged.", needs{morgue: true, overflow: driver.DropOldest}, deadKept},
		{"Dead/Topics", "Morgue keeps the dead letters of Settle, per topic and group", morgue, deadTopics},
	}
}

func (k *kit) morgue() driver.Morgue {
	m, _ := driver.As[driver.Morgue](k.e)
	return m
}

// lettersOf lists all letters of a group.
func (k *kit) lettersOf(group string) []driver.Letter {
	ls, err := k.morgue().Letters(k.ctx(), k.def.Name, group, 0, 1000)
	k.noError("Letters", err)
	return ls
}

// bury publishes values and gives them up.
func (k *kit) bury(values ...string) {
	s := k.stored(values...)
	for _, v := range values {
		k.settle(s, driver.Dead, k.expect(s, v)...)
	}
	k.closeSource(s)
}

func (k *kit) wantLetters(group string, values ...string) {
	var got []string
	for _, l := range k.lettersOf(group) {
		got = append(got, string(l.Record.Payload))
	}
	k.must(slices.Equal(got, values), "letters of group %q: %q, want %q", group, got, values)
}

func deadGivenUp(k *kit) {
	s := k.stored("a", "b")
	k.settle(s, driver.Dead, k.expect(s, "a")...)
	k.done(s, "b")
	k.wait(k.lease)
	k.none(s)
}

func deadLetter(k *kit) {
	r := keyed("a")
	r.Header, r.ID = driver.Header{{Name: "x", Value: "y"}}, "own"
	k.publish(r)
	s := k.sub(k.group(driver.Unordered))
	d := k.expect(s, "a")[0]
	ss := settlements(driver.Dead, []driver.Delivery{d})
	k.settleAs(s, ss)
	ls := k.lettersOf("group")
	k.need(len(ls) == 1, "%d letters, want 1", len(ls))
	l, want := ls[0], ss[0].Letter
	if field := equalRecord(l.Record, d.Record); field != "" || l.Record.ID != "own" {
		k.Errorf("the letter's record has another %s: %+v, want %+v", field, l.Record, d.Record)
	}
	k.must(l.Group == "group" && l.State == driver.Held && l.Seq > 0, "letter %+v: want Group group, State Held and a Seq", l)
	k.must(string(l.Cause) == "because" && l.Time.Equal(want.Time), "letter %+v: want Cause %q, Time %v", l, want.Cause, want.Time)
}

// deadOnce: repeated, as after an error that leaves open what has happened.
func deadOnce(k *kit) {
	s, ds := k.allLeased("a")
	k.settle(s, driver.Dead, ds...)
	k.settleAs(s, settlements(driver.Dead, ds))
	k.settleAs(s, settlements(driver.Dead, ds))
	k.wantLetters("group", "a")
	k.none(s)
}

func deadStale(k *kit) {
	s, old := k.leased("a")
	k.settle(s, driver.Release, old)
	k.lost(s, driver.Dead, old)
	k.wantLetters("group")
	d := k.expect(s, "a")[0]
	k.lost(s, driver.Dead, old)
	k.wantLetters("group")
	k.settle(s, driver.Ack, d)
}

func deadList(k *kit) {
	k.bury(letters(7)...)
	k.wantLetters("group", letters(7)...)
	var got []string
	for after := uint64(0); ; {
		ls, err := k.morgue().Letters(k.ctx(), k.def.Name, "group", after, 3)
		k.noError("Letters", err)
		if len(ls) == 0 {
			break
		}
		k.must(len(ls) <= 3, "%d letters, want at most 3", len(ls))
		for _, l := range ls {
			k.must(l.Seq > after, "letter %d comes after %d", l.Seq, after)
			after = l.Seq
			got = append(got, string(l.Record.Payload))
		}
	}
	k.must(slices.Equal(got, letters(7)), "in pages: %q", got)
}

func deadGroups(k *kit) {
	a, b := k.sub(k.named("a")), k.sub(k.named("b"))
	k.put("1", "2")
	k.buryAs(a, "a", "1")
	k.buryAs(b, "b", "1")
	k.buryAs(a, "a", "2")
	k.done(b, "2")
	k.wantLetters("a", "1", "2")
	k.wantLetters("b", "1")
	k.wantLetters("", "1", "1", "2")
	k.wantLetters("nobody")
}

func (k *kit) buryAs(s driver.Source, group, value string) {
	ss := settlements(driver.Dead, k.expect(s, value))
	ss[0].Letter.Group = group
	k.settleAs(s, ss)
	k.noError("Dead", ss[0].Err)
}

func (k *kit) mark(l driver.Letter, to driver.LetterState, note string) error {
	return k.morgue().MarkLetter(k.ctx(), k.def.Name, l.Seq, l.Rev, to, []byte(note))
}

func deadMark(k *kit) {
	k.bury("a", "b")
	l := k.letter(0)
	for i, to := range []driver.LetterState{driver.Deleted, driver.Held, driver.Replayed, driver.Replayed} {
		note := letters(4)[i]
		k.noError("MarkLetter", k.mark(l, to, note))
		k.wantError("MarkLetter by one who has read it before", k.mark(l, driver.Purged, ""), driver.ErrLetter)
		now := k.letter(0)
		k.must(now.Seq == l.Seq && now.State == to && string(now.Note) == note && now.Rev != l.Rev,
			"letter %d is %v with Note %q, Rev %d; want %d, %v, %q, not %d", now.Seq, now.State, now.Note, now.Rev, l.Seq, to, note, l.Rev)
		k.must(string(now.Cause) == "because" && string(now.Record.Payload) == "a", "MarkLetter has changed more: %+v", now)
		l = now
	}
	l.Seq += 1000
	k.wantError("MarkLetter of a letter that does not exist", k.mark(l, driver.Deleted, ""), driver.ErrLetter)
	k.wantLetters("group", "a", "b")
}

func deadMarkRace(k *kit) {
	k.bury("a")
	l := k.letter(0)
	const n = 6
	errs := make([]error, n)
	k.all(n, func(i int) error { errs[i] = k.mark(l, driver.Replayed, letters(n)[i]); return nil })
	winners := 0
	for i, err := range errs {
		if err != nil {
			k.wantError("MarkLetter", err, driver.ErrLetter)
			continue
		}
		winners++
		k.must(string(k.letter(0).Note) == letters(n)[i], "the note is not that of who succeeded")
	}
	k.must(winners == 1, "%d of %d succeeded, want 1", winners, n)
}

func deadPurge(k *kit) {
	k.bury("a", "b", "c")
	ls := k.lettersOf("group")
	k.noError("MarkLetter", k.mark(ls[1], driver.Purged, ""))
	k.wantLetters("group", "a", "c")
	k.wantError("MarkLetter of what has been purged", k.mark(ls[1], driver.Held, ""), driver.ErrLetter)
}

func deadSeq(k *kit) {
	k.bury("a", "b")
	last := k.letter(1)
	k.noError("MarkLetter", k.mark(last, driver.Purged, ""))
	k.bury("c")
	k.must(k.letter(1).Seq > last.Seq, "a Seq was used again")
}

// deadKept: nothing that happens to records makes letters go.
func deadKept(k *kit) {
	k.def.Overflow, k.def.MaxMessages = driver.DropOldest, 2
	if k.features().Expiry {
		k.def.MaxAge = k.delay
	}
	k.bury("a", "b")
	k.put(letters(5)...)
	k.wait(k.delay + k.quiet)
	k.put("x")
	k.done(k.sub(k.group(driver.Unordered)), "x")
	k.wait(10 * time.Duration(b2i(k.h.Virtual)) * k.delay)
	k.wantLetters("group", "a", "b")
}

func deadTopics(k *kit) {
	k.bury("a")
	k.def.Name = "other"
	k.bury("b")
	k.wantLetters("", "b")
	k.def.Name = "topic"
	k.wantLetters("", "a")
}

// letter is one of the letters of the group.
func (k *kit) letter(i int) driver.Letter {
	ls := k.lettersOf("group")
	k.need(i < len(ls), "%d letters, want more than %d", len(ls), i)
	return ls[i]
}
