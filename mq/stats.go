package mq

import (
	"cmp"
	"slices"
	"time"
)

// Stats is what a client has done, at one moment: plain data, with stable names in JSON, where all
// times are in nanoseconds. See [Client.Stats].
//
// It is the client's own view. What other processes do, and what is stored, the engine knows: see
// [Client.Account].
type Stats struct {
	Opened time.Time     `json:"opened"` // when the client was
	Time   time.Time     `json:"time"`   // of this look
	Over   time.Duration `json:"over"`   // the interval that is counted: since Opened, or since an earlier look
	Topics []TopicStats  `json:"topics"` // published to, by name
	Groups []GroupStats  `json:"groups"` // consumed for, by topic and name

	// LateReplies came when the call of Request that they answer had ended.
	LateReplies uint64 `json:"late_replies"`
}

// TopicStats is what was published to a topic.
type TopicStats struct {
	Topic string  `json:"topic"`
	Rate  float64 `json:"rate"` // messages stored per second of Over
	PublishCounts
}

// GroupStats is what was consumed for a group of a topic, by all consumers of the client, also those
// that have ended.
type GroupStats struct {
	Topic     string  `json:"topic"`
	Group     string  `json:"group"`
	Rate      float64 `json:"rate"`       // messages acked or dead per second of Over
	ErrorRate float64 `json:"error_rate"` // part of the attempts that failed, 0 to 1
	ConsumeCounts
	Consumers []ConsumerStats `json:"consumers"` // those that run
}

// ConsumerStats is what a running consumer does, and has done since it began to run.
type ConsumerStats struct {
	Topic      string        `json:"topic"`
	Group      string        `json:"group"`
	Name       string        `json:"name"`
	ID         uint64        `json:"id"` // tells consumers of one client apart
	Started    time.Time     `json:"started"`
	Workers    int           `json:"workers"`
	Busy       int           `json:"busy"`       // handlers that run now
	Stuck      int           `json:"stuck_now"`  // of Busy, those beyond Grace
	Prefetched int           `json:"prefetched"` // messages at hand that no handler has begun
	Paused     bool          `json:"paused"`
	Running    []Running     `json:"running"` // messages that handlers have now, the longest first
	Rate       float64       `json:"rate"`
	ErrorRate  float64       `json:"error_rate"`
	Counts     ConsumeCounts `json:"counts"`
}

// Running is a message that a handler has now.
type Running struct {
	ID      string        `json:"id"`
	Seq     uint64        `json:"seq"`
	Key     string        `json:"key,omitempty"`
	Attempt int           `json:"attempt"`
	For     time.Duration `json:"for"`   // how long so far
	Stuck   bool          `json:"stuck"` // beyond Grace after its context has ended
}

// Stats tells what the client has done so far and does now. It waits for nobody's code, so it can be
// called at any time, also while handlers hang; what goes on meanwhile may be counted in part, but
// never is a settlement without its attempt, or an attempt without its message published.
func (c *Client) Stats() Stats {
	now := time.Now()
	s := Stats{Opened: c.opened, Time: now, Over: now.Sub(c.opened), LateReplies: c.replies.late.Load()}
	topics, groups := c.meters.all()
	for _, g := range groups { // before the topics: what was consumed was published before
		s.Groups = append(s.Groups, g.stats(now))
	}
	for _, t := range topics {
		s.Topics = append(s.Topics, TopicStats{Topic: t.topic, PublishCounts: t.counts()})
	}
	slices.SortFunc(s.Topics, func(a, b TopicStats) int { return cmp.Compare(a.Topic, b.Topic) })
	slices.SortFunc(s.Groups, func(a, b GroupStats) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Group, b.Group))
	})
	s.rate()
	return s
}

// Since is what was done after an earlier look at the same client: counts, rates and quantiles of
// the interval; what runs is that of s. If earlier is of another client, it is s.
func (s Stats) Since(earlier Stats) Stats {
	if !s.Opened.Equal(earlier.Opened) {
		return s
	}
	out := Stats{Opened: s.Opened, Time: s.Time, Over: s.Time.Sub(earlier.Time)}
	for _, t := range s.Topics {
		then := find(earlier.Topics, func(e TopicStats) bool { return e.Topic == t.Topic })
		t.PublishCounts = t.since(&then.PublishCounts)
		out.Topics = append(out.Topics, t)
	}
	for _, g := range s.Groups {
		then := find(earlier.Groups, func(e GroupStats) bool { return e.Topic == g.Topic && e.Group == g.Group })
		g.ConsumeCounts = g.since(&then.ConsumeCounts)
		g.Consumers = slices.Clone(g.Consumers)
		for i, c := range g.Consumers {
			before := find(then.Consumers, func(e ConsumerStats) bool { return e.ID == c.ID })
			g.Consumers[i].Counts = c.Counts.since(&before.Counts)
		}
		out.Groups = append(out.Groups, g)
	}
	out.rate()
	return out
}

// find returns the first that is meant, or the zero value.
func find[E any](all []E, meant func(E) bool) (none E) {
	if i := slices.IndexFunc(all, meant); i >= 0 {
		return all[i]
	}
	return none
}

// rate sets all rates from counts and Over.
func (s *Stats) rate() {
	for i := range s.Topics {
		t := &s.Topics[i]
		t.Rate = perSecond(t.Stored, s.Over)
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Rate, g.ErrorRate = g.rates(s.Over)
		for j := range g.Consumers {
			c := &g.Consumers[j]
			c.Rate, c.ErrorRate = c.Counts.rates(min(s.Over, s.Time.Sub(c.Started)))
		}
	}
}

func (n *ConsumeCounts) rates(over time.Duration) (rate, errors float64) {
	if tried := n.Attempts(); tried > 0 {
		errors = float64(tried-n.Succeeded) / float64(tried)
	}
	return perSecond(n.Acked+n.DeadTotal(), over), errors
}

func perSecond(n uint64, over time.Duration) float64 {
	if over <= 0 {
		return 0
	}
	return float64(n) / over.Seconds()
}

// all returns the meters there are.
func (ms *meters) all() (topics []*topicMeter, groups []*groupMeter) {
	ms.mu.RLock()
	defer ms.mu.RUnlock()
	for _, t := range ms.topics {
		topics = append(topics, t)
	}
	for _, g := range ms.groups {
		groups = append(groups, g)
	}
	return topics, groups
}

func (g *groupMeter) stats(now time.Time) GroupStats {
	s := GroupStats{Topic: g.topic, Group: g.group, ConsumeCounts: g.counts()}
	g.mu.Lock()
	members := slices.Clone(g.members)
	g.mu.Unlock()
	for _, m := range members {
		c := m.stats(now)
		if m.left.Load() && c.Busy == 0 {
			g.retire(m)
			continue
		}
		s.Consumers = append(s.Consumers, c)
	}
	return s
}

func (m *member) stats(now time.Time) ConsumerStats {
	s := ConsumerStats{
		Topic: m.group.topic, Group: m.group.group, Name: m.name, ID: m.id, Started: m.started, Workers: m.limit,
		Counts: m.counts(),
	}
	if m.look != nil {
		m.look(&s, now)
	}
	slices.SortStableFunc(s.Running, func(a, b Running) int { return cmp.Compare(b.For, a.For) })
	s.Rate, s.ErrorRate = s.Counts.rates(now.Sub(s.Started))
	return s
}
