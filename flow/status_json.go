package flow

import (
	"encoding/json"
	"time"

	"github.com/runnel-go/runnel"
)

// MarshalText names the state, as String does.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText names the activity, as String does.
func (a Activity) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// MarshalJSON returns the account as data, for a page or a monitor. Times are nanoseconds, in
// fields whose names end in "_ns"; what was dropped is told by reason: "dropped_oldest", "failed".
//
//	{"graph": "delays", "state": "running", "age_ns": 12300000000,
//	 "processes": [{"name": "parse", "kind": "step", "done": 120433, …,
//	                "workers": [{"activity": "blocked", "on": "parse.out -> store.in", "for_ns": …}]}],
//	 "edges": [{"from": "parse.out", "to": "store.in", "len": 64, "cap": 64, …, "dropped": {"failed": 3}}],
//	 "failures": {"sent": 3, …}, "reports": {"sent": 0, …}}
func (s Status) MarshalJSON() ([]byte, error) {
	type plain Status
	d := struct {
		plain
		Err      string      `json:"err,omitempty"`
		Edges    []edgeState `json:"edges"`
		Failures account     `json:"failures"`
		Reports  account     `json:"reports"`
	}{plain: plain(s), Edges: []edgeState{}, Failures: accountOf(s.Failures), Reports: accountOf(s.Reports)}
	if s.Err != nil {
		d.Err = s.Err.Error()
	}
	for _, e := range s.Edges {
		d.Edges = append(d.Edges, edgeState{e.From, e.To, accountOf(e.Stats)})
	}
	return json.Marshal(d)
}

type edgeState struct {
	From string `json:"from,omitempty"`
	To   string `json:"to"`
	account
}

// account is that of a channel.
type account struct {
	Len       int               `json:"len"`
	Cap       int               `json:"cap"`
	HighWater int               `json:"high_water"`
	Sent      uint64            `json:"sent"`
	Received  uint64            `json:"received"`
	Dropped   map[string]uint64 `json:"dropped,omitempty"`

	SendersWaiting   int           `json:"senders_waiting"`
	ReceiversWaiting int           `json:"receivers_waiting"`
	SendBlocked      time.Duration `json:"send_blocked_ns"`
	RecvBlocked      time.Duration `json:"recv_blocked_ns"`
	OldestSend       time.Duration `json:"oldest_send_ns"`
	OldestRecv       time.Duration `json:"oldest_recv_ns"`
	Closed           bool          `json:"closed,omitempty"`
}

func accountOf(s runnel.Stats) account {
	a := account{
		Len: s.Len, Cap: s.Cap, HighWater: s.HighWater, Sent: s.Sent, Received: s.Received,
		SendersWaiting: s.SendersWaiting, ReceiversWaiting: s.ReceiversWaiting,
		SendBlocked: s.SendBlocked, RecvBlocked: s.RecvBlocked,
		OldestSend: s.OldestSend, OldestRecv: s.OldestRecv, Closed: s.Closed,
	}
	for why, n := range s.Dropped {
		if n > 0 {
			if a.Dropped == nil {
				a.Dropped = map[string]uint64{}
			}
			a.Dropped[key(runnel.Reason(why))] = n
		}
	}
	return a
}
