package driver

import "fmt"

func (o Overflow) String() string {
	return name(o, "Block", "Reject", "DropNewest", "DropOldest", "LatestPerKey")
}
func (o Order) String() string { return name(o, "Unordered", "PerKey", "Strict") }
func (d Durability) String() string {
	return name(d, "DefaultDurability", "Memory", "OSFlush", "Fsync")
}
func (v Verb) String() string        { return name(v, "Ack", "Release", "Extend", "Retry", "Dead") }
func (o Outcome) String() string     { return name(o, "Stored", "Duplicate", "Dropped") }
func (s LetterState) String() string { return name(s, "Held", "Replayed", "Deleted", "Purged") }

func name[E ~uint8](e E, names ...string) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("%T(%d)", e, uint8(e))
}
