package drivertest

import (
	"github.com/runnel-go/runnel/mq/driver"
)

const beginLaw = "A new group begins with the oldest record that is still stored, or with those published after this call if s.Latest."

func groupCases() []Case {
	return []Case{
		{"Group/Each", "each group gets every record", needs{}, groupEach},
		{"Group/Own", "each group gets every record", needs{}, groupOwn},
		{"Group/Makes", "Subscribe opens a source of a topic's records for a group, and makes both if they do not exist.", needs{}, groupMakes},
		{"Group/Late", beginLaw, needs{}, groupLate},
		{"Group/Latest", beginLaw + " … a new group begins with what is published from now on", needs{}, groupLatest},
		{"Group/LatestAgain", "A new group begins", needs{}, groupLatestAgain},
		{"Group/Kept", "From then on records are kept for the group until it has settled them, also while it has no source.", needs{}, groupKept},
		{"Group/Ephemeral", "Ephemeral: the group ends with its last source, and its records are forgotten.", needs{}, groupEphemeral},
		{"Group/Only", "Group string // for this group alone; \"\" for all", needs{}, groupOnly},
		{"Group/Declared", "Groups []string // made with the topic, so that records are kept for them from the start", needs{}, groupDeclared},
		{"Group/Orders", "Sources of one group compete, each record goes to one of them; each group gets every record.", needs{order: driver.Strict}, groupOrders},
	}
}

// named is k.group by another name.
func (k *kit) named(name string) driver.Subscription {
	s := k.group(driver.Unordered)
	s.Group = name
	return s
}

func groupEach(k *kit) {
	var srcs []driver.Source
	for _, name := range letters(3) {
		srcs = append(srcs, k.sub(k.named(name)))
	}
	k.put("1", "2", "3")
	for _, s := range srcs {
		k.last(s, "1", "2", "3")
	}
}

// groupOwn: leases, tokens, ends of one group are nothing to another one.
func groupOwn(k *kit) {
	a, b := k.sub(k.named("a")), k.sub(k.named("b"))
	k.put("1", "2")
	k.done(a, "1")
	k.settle(a, driver.Dead, k.expect(a, "2")...)
	k.closeSource(a)
	k.last(b, "1", "2")
}

func groupLate(k *kit) {
	k.put("1")
	a := k.sub(k.named("a"))
	k.put("2")
	k.done(k.sub(k.named("b")), "1", "2")
	k.put("3")
	k.done(a, "1", "2", "3")
}

func groupLatest(k *kit) {
	k.put("1")
	other := k.sub(k.named("other")) // for which they are kept
	latest := k.named("latest")
	latest.Latest = true
	s := k.sub(latest)
	k.put("2")
	k.last(s, "2")
	k.done(other, "1", "2")
}

// groupLatestAgain: Latest is for a new group only.
func groupLatestAgain(k *kit) {
	k.put("1")
	k.closeSource(k.sub(k.named("a")))
	k.put("2")
	s := k.named("a")
	s.Latest = true
	k.done(k.sub(s), "1", "2")
}

func groupKept(k *kit) {
	e := k.open()
	k.closeSource(k.subOn(e, k.named("a")))
	k.closeEngine(e)
	k.put("1")
	b := k.sub(k.named("b"))
	k.done(b, "1")
	k.passes(b, "2")
	k.done(k.sub(k.named("a")), "1", "2")
}

func groupEphemeral(k *kit) {
	s := k.named("short")
	s.Ephemeral = true
	other := k.sub(k.named("other")) // for which they are kept
	k.put("0")
	a, b := k.sub(s), k.sub(s)
	k.put("1", "2", "3")
	ds := k.take(a, 2)
	k.settle(a, driver.Ack, ds[0])
	k.closeSource(a)
	k.take(b, 2) // it lives as long as it has a source
	k.closeSource(b)
	k.done(other, "0", "1", "2", "3")
	s.Latest = true
	again := k.sub(s)
	k.put("4")
	k.last(again, "4")
}

func groupOnly(k *kit) {
	a, b := k.sub(k.named("a")), k.sub(k.named("b"))
	only := rec("2")
	only.Group = "b"
	k.publish(rec("1"), only, rec("3"))
	k.last(a, "1", "3")
	k.last(b, "1", "2", "3")
}

func groupDeclared(k *kit) {
	k.def.Groups = []string{"a", "b"}
	k.put("1")
	a := k.sub(k.named("a"))
	k.done(a, "1")
	k.passes(a, "2")
	k.done(k.sub(k.named("b")), "1", "2") // a has settled them, they were kept for b
}

func groupOrders(k *kit) {
	strict := k.named("strict")
	strict.Order = driver.Strict
	a, b := k.sub(k.named("free")), k.sub(strict)
	k.put("1", "2")
	k.expect(a, "1", "2")
	ds := k.alone(b, b, "1")
	k.settle(b, driver.Ack, ds...)
	k.done(b, "2")
}

// groupMakes subscribes to what nobody has published to: the topic is there then, and so is the group.
func groupMakes(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.closeSource(s)
	k.def.MustExist = true
	k.put("a")
	latest := k.group(driver.Unordered)
	latest.Latest = true // means nothing: the group exists
	k.done(k.sub(latest), "a")
}
