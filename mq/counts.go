package mq

// PublishCounts is what was published to a topic.
type PublishCounts struct {
	Stored     uint64            `json:"stored"`
	Duplicates uint64            `json:"duplicates"`       // recognised by DedupID, and not stored again
	Dropped    uint64            `json:"dropped"`          // on arrival, by DropNewest
	Failed     map[string]uint64 `json:"failed,omitempty"` // errors returned, by kind: "full", "contract", "canceled", …

	Publishing Histogram `json:"publishing"` // nanoseconds that the engine took for a call, the wait for room included
	Sizes      Histogram `json:"sizes"`      // bytes of key, header and payload of each message
}

// ConsumeCounts is what became of messages that were consumed. An attempt is a call of the handler
// for one message; a settlement is what the engine was told and has confirmed.
type ConsumeCounts struct {
	Succeeded uint64 `json:"succeeded"` // attempts that returned nil
	Failed    uint64 `json:"failed"`    // attempts that returned an error
	Panicked  uint64 `json:"panicked"`  // attempts that panicked
	TimedOut  uint64 `json:"timed_out"` // attempts that returned context.DeadlineExceeded, as after Retry.Timeout
	Stuck     uint64 `json:"stuck"`     // attempts that went on beyond Grace; those that return at last are in the numbers above, too

	Acked     uint64            `json:"acked"`
	Retried   uint64            `json:"retried"`        // settled to be tried again
	Released  uint64            `json:"released"`       // handed back, to be given out again at once
	Dead      map[string]uint64 `json:"dead,omitempty"` // by reason of the dead letter
	Extended  uint64            `json:"extended"`       // leases
	LeaseLost uint64            `json:"lease_lost"`     // settled too late: somebody else has the message

	Handling Histogram `json:"handling"` // nanoseconds that each call of the handler took
	Waiting  Histogram `json:"waiting"`  // nanoseconds from published to the first attempt
	Critical Histogram `json:"critical"` // nanoseconds from published to success or dead, retries included
}

// Attempts is how many have ended.
func (n *ConsumeCounts) Attempts() uint64 { return n.Succeeded + n.Failed + n.Panicked + n.TimedOut }

// DeadTotal is the sum of Dead over the reasons.
func (n *ConsumeCounts) DeadTotal() (sum uint64) {
	for _, k := range n.Dead {
		sum += k
	}
	return sum
}

func (n *PublishCounts) merge(m *PublishCounts) {
	n.Stored += m.Stored
	n.Duplicates += m.Duplicates
	n.Dropped += m.Dropped
	mergeMap(&n.Failed, m.Failed)
	n.Publishing.merge(&m.Publishing)
	n.Sizes.merge(&m.Sizes)
}

func (n *ConsumeCounts) merge(m *ConsumeCounts) {
	n.Succeeded += m.Succeeded
	n.Failed += m.Failed
	n.Panicked += m.Panicked
	n.TimedOut += m.TimedOut
	n.Stuck += m.Stuck
	n.Acked += m.Acked
	n.Retried += m.Retried
	n.Released += m.Released
	n.Extended += m.Extended
	n.LeaseLost += m.LeaseLost
	mergeMap(&n.Dead, m.Dead)
	n.Handling.merge(&m.Handling)
	n.Waiting.merge(&m.Waiting)
	n.Critical.merge(&m.Critical)
}

func (n *PublishCounts) since(then *PublishCounts) PublishCounts {
	return PublishCounts{
		Stored:     n.Stored - then.Stored,
		Duplicates: n.Duplicates - then.Duplicates,
		Dropped:    n.Dropped - then.Dropped,
		Failed:     mapSince(n.Failed, then.Failed),
		Publishing: n.Publishing.since(&then.Publishing),
		Sizes:      n.Sizes.since(&then.Sizes),
	}
}

func (n *ConsumeCounts) since(then *ConsumeCounts) ConsumeCounts {
	return ConsumeCounts{
		Succeeded: n.Succeeded - then.Succeeded,
		Failed:    n.Failed - then.Failed,
		Panicked:  n.Panicked - then.Panicked,
		TimedOut:  n.TimedOut - then.TimedOut,
		Stuck:     n.Stuck - then.Stuck,
		Acked:     n.Acked - then.Acked,
		Retried:   n.Retried - then.Retried,
		Released:  n.Released - then.Released,
		Dead:      mapSince(n.Dead, then.Dead),
		Extended:  n.Extended - then.Extended,
		LeaseLost: n.LeaseLost - then.LeaseLost,
		Handling:  n.Handling.since(&then.Handling),
		Waiting:   n.Waiting.since(&then.Waiting),
		Critical:  n.Critical.since(&then.Critical),
	}
}

// mapSince holds what has changed; nil if nothing has.
func mapSince(now, then map[string]uint64) (out map[string]uint64) {
	for k, n := range now {
		if n > then[k] {
			mergeMap(&out, map[string]uint64{k: n - then[k]})
		}
	}
	return out
}

func mergeMap(to *map[string]uint64, from map[string]uint64) {
	if *to == nil && len(from) > 0 {
		*to = map[string]uint64{}
	}
	for k, n := range from {
		(*to)[k] += n
	}
}

// counts is what the member has counted so far: settlements first, so that none is seen without its
// attempt.
func (m *member) counts() (sum ConsumeCounts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum.Acked = m.acked.Load()
	sum.merge(&m.n)
	for _, w := range m.workers {
		w.mu.Lock()
		sum.merge(&w.n)
		w.mu.Unlock()
	}
	return sum
}

func (g *groupMeter) counts() (sum ConsumeCounts) {
	g.mu.Lock()
	defer g.mu.Unlock()
	sum.merge(&g.gone)
	for _, m := range g.members {
		n := m.counts()
		sum.merge(&n)
	}
	return sum
}

func (t *topicMeter) counts() (sum PublishCounts) {
	for i := range t.stripes {
		s := &t.stripes[i]
		s.mu.Lock()
		sum.merge(&s.n)
		s.mu.Unlock()
	}
	return sum
}
