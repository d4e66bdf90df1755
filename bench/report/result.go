package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// Run is everything one run of the benchmark program found.
type Run struct {
	Date     string    `json:"date"`
	Command  string    `json:"command"`
	Commit   string    `json:"commit"`
	Modified bool      `json:"modified"` // the checkout differed from Commit
	Go       string    `json:"go"`
	Machine  Machine   `json:"machine"`
	Settings Settings  `json:"settings"`
	Sections []Section `json:"sections"`
}

// Machine says where a run was made.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel"`
}

// Settings says how a run was made.
type Settings struct {
	Samples      int     `json:"samples"`
	SampleMillis float64 `json:"sample_ms"`
	GCPercent    int     `json:"gc_percent"`
	MaxDelay     float64 `json:"max_delay"` // share of a sample its threads may have queued for a CPU and still count as clean
}

// Section is what was measured under one GOMAXPROCS.
type Section struct {
	Procs int   `json:"gomaxprocs"`
	Rows  []Row `json:"rows"`
}

// Row is one pattern: the results of all implementations, and the judgement.
type Row struct {
	Family     string   `json:"family"`
	Name       string   `json:"name"`
	Unit       string   `json:"unit"`
	Target     *Target  `json:"target,omitempty"`
	AllocLimit *float64 `json:"alloc_limit,omitempty"` // allocations per operation that ours may make
	Results    []Result `json:"results"`

	// Judge sets these.
	Ours    float64 `json:"ours"`
	Peer    string  `json:"peer,omitempty"` // the fastest peer
	PeerIs  float64 `json:"peer_is,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
	Allocs  Verdict `json:"alloc_verdict,omitempty"`
}

// Target is the limit of a row.
type Target struct {
	Limit    float64 `json:"limit"`
	Firm     bool    `json:"firm"`     // a target of the design; otherwise only a guide
	Absolute bool    `json:"absolute"` // a limit of our value, not of the ratio
}

// Role says what an implementation stands for in a row.
type Role string

// The roles.
const (
	Ours  Role = "ours"  // what the target is about
	Peer  Role = "peer"  // what ours is measured against; the fastest peer counts
	Floor Role = "floor" // shown for orientation, can do less than a channel
)

// Result is what one implementation reached in one row.
type Result struct {
	Impl    string  `json:"impl"`
	Role    Role    `json:"role"`
	Note    string  `json:"note,omitempty"`
	Median  float64 `json:"median"`
	Min     float64 `json:"min"`
	Spread  float64 `json:"spread"` // distance of the quartiles, as a share of the median
	Allocs  float64 `json:"allocs"` // per operation
	Bytes   float64 `json:"bytes"`  // per operation
	CPU     float64 `json:"cpu"`    // CPU time used by the process per wall time
	Delay   float64 `json:"delay"`  // time its threads queued for a CPU per wall time
	Samples int     `json:"samples"`
	Clean   int     `json:"clean"` // samples little disturbed; the median is over these, or the best five
}

// Verdict is the outcome of comparing a row with its target.
type Verdict string

// The verdicts.
const (
	OK    Verdict = "ok"    // within the target or the guide
	Miss  Verdict = "MISS"  // over a target of the design
	Above Verdict = "above" // over a guide value
)

// allocNoise is the number of allocations per operation that counts as none:
// starting the goroutines of a sample allocates a little.
const allocNoise = 0.01

// Judge compares ours with the fastest peer and with the target.
func (r *Row) Judge() {
	ours, ok := r.fastest(Ours)
	if !ok {
		return
	}
	r.Ours = ours.Median
	if peer, ok := r.fastest(Peer); ok {
		r.Peer, r.PeerIs, r.Ratio = peer.Impl, peer.Median, ours.Median/peer.Median
	}
	r.Verdict, r.Allocs = r.verdict(), r.allocVerdict(ours)
}

func (r *Row) allocVerdict(ours Result) Verdict {
	switch {
	case r.AllocLimit == nil:
		return ""
	case ours.Allocs > *r.AllocLimit+allocNoise:
		return Miss
	}
	return OK
}

func (r *Row) verdict() Verdict {
	if r.Target == nil || r.Ratio == 0 && !r.Target.Absolute {
		return ""
	}
	got := r.Ratio
	if r.Target.Absolute {
		got = r.Ours
	}
	switch {
	case got <= r.Target.Limit:
		return OK
	case r.Target.Firm:
		return Miss
	}
	return Above
}

// fastest returns the result with the least median among those of a role.
func (r *Row) fastest(role Role) (best Result, ok bool) {
	for _, res := range r.Results {
		if res.Role == role && (!ok || res.Median < best.Median) {
			best, ok = res, true
		}
	}
	return best, ok
}

// disturbed tells whether too few samples were clean for the median to be
// over clean ones alone.
func (r Result) disturbed() bool { return r.CPU > 0 && r.Clean < min(5, r.Samples) }

// Section returns the section measured under procs, or nil.
func (r *Run) Section(procs int) *Section {
	for i := range r.Sections {
		if r.Sections[i].Procs == procs {
			return &r.Sections[i]
		}
	}
	return nil
}

// Row returns the row with this name, or nil.
func (s *Section) Row(name string) *Row {
	for i := range s.Rows {
		if s.Rows[i].Name == name {
			return &s.Rows[i]
		}
	}
	return nil
}

// WriteJSON writes the run so that ReadJSON can read it.
func (r *Run) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

// ReadJSON reads a run that WriteJSON wrote.
func ReadJSON(r io.Reader) (*Run, error) {
	var run Run
	if err := json.NewDecoder(r).Decode(&run); err != nil {
		return nil, fmt.Errorf("not a benchmark run: %w", err)
	}
	return &run, nil
}
