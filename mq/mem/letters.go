package mem

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// letters holds the dead letters of a topic, by rising Seq. Those purged stay, empty, until half
// of all are.
type letters struct {
	all    []*letter
	last   uint64
	purged int
}

// letter is a pointer's worth of a letter, nil if it was purged.
type letter struct {
	seq uint64
	*driver.Letter
}

// bury stores the letter of a record that a group has given up.
func (t *topic) bury(g *members, v *driver.Settlement) {
	var l driver.Letter
	if v.Letter != nil {
		l = *v.Letter
	} else if s := t.log.at(v.Seq); s != nil {
		s.get(&l.Record, v.Seq)
		name(&l.Record)
	}
	t.letters.last++
	l.Seq, l.Rev, l.State, l.Group = t.letters.last, 1, driver.Held, g.name
	if l.Time.IsZero() {
		l.Time = time.Now()
	}
	t.letters.all = append(t.letters.all, &letter{l.Seq, &l})
}

// Letters implements driver.Morgue.
func (e *Engine) Letters(ctx context.Context, topic, group string, after uint64, limit int) ([]driver.Letter, error) {
	t, err := e.find(ctx, topic)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.unlock()
	var found []driver.Letter
	i, _ := t.letters.search(after + 1)
	for _, l := range t.letters.all[i:] {
		if len(found) >= limit {
			break
		}
		if l.Letter != nil && (group == "" || l.Group == group) {
			found = append(found, *l.Letter)
		}
	}
	return found, nil
}

// search finds the first letter with at least this Seq.
func (ls *letters) search(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(ls.all, seq, func(l *letter, seq uint64) int { return cmp.Compare(l.seq, seq) })
}

// MarkLetter implements driver.Morgue.
func (e *Engine) MarkLetter(ctx context.Context, topic string, seq, rev uint64, to driver.LetterState, note []byte) error {
	t, err := e.find(ctx, topic)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.unlock()
	i, found := t.letters.search(seq)
	if !found || t.letters.all[i].Letter == nil {
		return fmt.Errorf("letter %d: %w", seq, driver.ErrLetter)
	}
	l := t.letters.all[i]
	if l.Rev != rev {
		return fmt.Errorf("letter %d: %w: its revision is %d, not %d", seq, driver.ErrLetter, l.Rev, rev)
	}
	if to == driver.Purged {
		l.Letter = nil
		t.letters.sweep()
		return nil
	}
	l.Rev++
	l.State, l.Note = to, slices.Clone(note)
	return nil
}

// sweep forgets what has been purged, once it is half of all.
func (ls *letters) sweep() {
	ls.purged++
	if ls.purged < len(ls.all)/2 {
		return
	}
	ls.all = slices.Clip(slices.DeleteFunc(ls.all, func(l *letter) bool { return l.Letter == nil }))
	ls.purged = 0
}
