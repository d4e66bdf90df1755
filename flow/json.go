package flow

import "encoding/json"

// MarshalJSON returns the graph as data: its processes with their ports, types and options, and
// its edges with their policies, all in the order in which they were added, and what
// [Graph.Check] finds. What processes do is not in it.
//
//	{"name": "delays",
//	 "processes": [{"name": "parse", "kind": "step", "parallel": 4, "timeout": "1s",
//	                "inputs": [{"name": "in", "type": "string"}],
//	                "outputs": [{"name": "out", "type": "main.Flight"}]}, …],
//	 "edges": [{"from": "flights.out", "to": "parse.in", "type": "string", "policy": "buffer 64"}, …]}
//
// An edge from outside has no "from". A process that listens has "signals", like inputs. "mistakes", if
// there are any, have a "where" and a "what".
func (g *Graph) MarshalJSON() ([]byte, error) {
	d := graphData{Name: g.name, Processes: []processData{}, Edges: []edgeData{}}
	for _, n := range g.nodes {
		d.Processes = append(d.Processes, n.data())
	}
	for _, w := range g.wires {
		full := g.full(w)
		d.Edges = append(d.Edges, edgeData{full.from, full.to, g.edgeType(w), policy(w.opts)})
	}
	if err, wrong := g.Check().(*Mistakes); wrong {
		for _, m := range err.Found {
			d.Mistakes = append(d.Mistakes, mistakeData{m.Where, m.What})
		}
	}
	return json.Marshal(d)
}

type graphData struct {
	Name      string        `json:"name"`
	Processes []processData `json:"processes"`
	Edges     []edgeData    `json:"edges"`
	Mistakes  []mistakeData `json:"mistakes,omitempty"`
}

type processData struct {
	Name     string     `json:"name"`
	Kind     string     `json:"kind"`
	Parallel int        `json:"parallel"`
	Ordered  bool       `json:"ordered,omitempty"`
	Keyed    bool       `json:"keyed,omitempty"`
	Workload string     `json:"workload,omitempty"`
	Prefer   []string   `json:"prefer,omitempty"`
	Timeout  string     `json:"timeout,omitempty"`
	Attempts int        `json:"attempts,omitempty"`
	Skip     bool       `json:"skip,omitempty"`
	Restart  bool       `json:"restart,omitempty"`
	Inputs   []portData `json:"inputs,omitempty"`
	Outputs  []portData `json:"outputs,omitempty"`
	Signals  []portData `json:"signals,omitempty"`
}

type portData struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Optional bool   `json:"optional,omitempty"`
}

type edgeData struct {
	From   string `json:"from,omitempty"`
	To     string `json:"to"`
	Type   string `json:"type,omitempty"`
	Policy string `json:"policy"`
}

type mistakeData struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

func (n node) data() processData {
	s := n.set
	d := processData{
		Name: n.name, Kind: n.proc.kind, Parallel: s.parallel, Ordered: s.ordered, Keyed: s.keyed != nil, Prefer: s.prefer,
		Attempts: s.retry.Attempts, Skip: s.skip, Restart: s.restart,
	}
	if s.load != Mixed {
		d.Workload = s.load.String()
	}
	if limit := s.limit(); limit > 0 {
		d.Timeout = limit.String()
	}
	d.Inputs, d.Outputs = portsData(n.proc.ends(false)), portsData(n.proc.ends(true))
	d.Signals = portsData(n.proc.signals())
	return d
}

func portsData(ports []port) (all []portData) {
	for _, q := range ports {
		all = append(all, portData{q.name, q.typ.String(), q.optional && !q.signal})
	}
	return all
}
