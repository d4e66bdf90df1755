package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// worker is what a worker does, for a status written by hand.
func worker(a flow.Activity, d time.Duration, on string) flow.WorkerStatus {
	return flow.WorkerStatus{Activity: a, For: d, On: on}
}

func TestStatusAsATable(t *testing.T) {
	full := runnel.Stats{Len: 64, Cap: 64, HighWater: 64, Sent: 1_204_567, Received: 1_204_503, SendBlocked: 57 * time.Second, OldestSend: 4 * time.Second}
	shown := runnel.Stats{Len: 1, Cap: 1, HighWater: 1, Sent: 1_567, Received: 32, Dropped: runnel.Drops{runnel.DroppedOldest: 1_534}}
	lossy := runnel.Stats{HighWater: 2, Sent: 200, Received: 18, Dropped: runnel.Drops{runnel.Undelivered: 8, runnel.Failed: 174}}
	s := flow.Status{
		Graph: "shop", State: flow.Stopping, Age: 34 * time.Second, Err: flow.ErrStopped,
		Processes: []flow.ProcessStatus{
			{Name: "orders", Kind: "source", Failed: 300, Workers: []flow.WorkerStatus{worker(flow.Gone, time.Second, "")}},
			{Name: "check", Kind: "step", Done: 1_204_503, Failed: 174, Workers: []flow.WorkerStatus{
				worker(flow.InStep, 40*time.Millisecond, ""), worker(flow.Gone, 0, ""),
				worker(flow.Blocked, 3*time.Second, "check.out -> ledger.in"), worker(flow.Blocked, 4*time.Second, "check.out -> ledger.in"),
			}},
			{Name: "ledger", Kind: "step", Done: 1_498, Paused: true, Workers: []flow.WorkerStatus{worker(flow.Resting, 4100*time.Millisecond, "")}},
			{Name: "show", Kind: "sink", Done: 32, Workers: []flow.WorkerStatus{worker(flow.Starving, 961*time.Millisecond, "")}},
		},
		Edges: []flow.EdgeStatus{
			{From: "orders.failures", To: "show.in", Stats: runnel.Stats{Sent: 300, Received: 300}},
			{From: "orders.out", To: "check.in", Stats: lossy},
			{From: "check.out", To: "ledger.in", Stats: full},
			{From: "check.out", To: "show.in", Stats: shown},
			{To: "ledger.in"},
		},
		Failures: runnel.Stats{Sent: 174, Received: 100, Len: 74},
	}
	want := `shop: stopping, 34s, flow: the flow was stopped
  process  workers       done   per s  failed  now
  orders         1        200       6     300  gone
  check          4  1,204,503  35,427     174  in step 40ms, 2 blocked 4s by ledger.in
  ledger         1      1,498      44       0  resting 4.1s, paused
  show           1         32       1       0  starving 961ms
  edge                         held  high       sent  waited  dropped
  orders.failures -> show.in      0     0        300      0s        0
  orders.out -> check.in          0     2        200      0s      182  8 undelivered, 174 failed
  check.out -> ledger.in      64/64    64  1,204,567    1m1s        0
  check.out -> show.in          1/1     1      1,567      0s    1,534  dropped oldest
  outside -> ledger.in            0     0          0      0s        0
  failures: 174 sent, 100 received, 74 held, 0 dropped`
	if got := s.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestStatusAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := func(ctx context.Context, v int) error { runnel.Sleep(ctx, time.Second); return errBad }
		g := flow.New("json").
			Add("numbers", numbers(2)).
			Add("fail", flow.Sink(fails)).
			Connect("numbers", "fail")
		f, s := after(t, g, 500*time.Millisecond)
		mustBeJSON(t, s, `running|numbers|source|blocked|numbers.out -> fail.in|500000000|fail|in step|500000000|numbers.out|1|500000000`)
		_ = f.Wait()
		time.Sleep(time.Hour)
		mustBeJSON(t, f.Status(), `over|numbers|source|gone||0|fail|gone|0|numbers.out|1|0|flow: process fail failed: bad|1|1|1000000000`)
	})
}

// mustBeJSON reads the status back, as somebody else would, and compares a part of it.
func mustBeJSON(t *testing.T, s flow.Status, want string) {
	t.Helper()
	var d struct {
		State     string
		Age       int64 `json:"age_ns"`
		Err       string
		Processes []struct {
			Name, Kind string
			Workers    []struct {
				Activity, On string
				For          int64 `json:"for_ns"`
			}
		}
		Edges []struct {
			From       string
			Sent       int
			OldestSend int64 `json:"oldest_send_ns"`
			Dropped    map[string]int
		}
		Failures struct{ Sent int }
	}
	if err := json.Unmarshal(must(json.Marshal(s))(t), &d); err != nil {
		t.Fatal(err)
	}
	a, b, e := d.Processes[0], d.Processes[1], d.Edges[0]
	all := []any{d.State, a.Name, a.Kind, a.Workers[0].Activity, a.Workers[0].On, a.Workers[0].For, b.Name, b.Workers[0].Activity, b.Workers[0].For, e.From, e.Sent, e.OldestSend}
	if d.Err != "" {
		all = append(all, d.Err, e.Dropped["failed"], d.Failures.Sent, d.Age)
	}
	got := strings.TrimSuffix(strings.Replace(fmt.Sprintln(all...), "\n", "", 1), " ")
	if got != strings.ReplaceAll(want, "|", " ") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
