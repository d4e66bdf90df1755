package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/runnel-go/runnel/mq"
)

// newsDesk is a service as there are many: it is down at times, and refuses what it does not expect.
type newsDesk struct {
	url      string
	server   http.Server
	outage   atomic.Int64 // calls that will still fail
	deepOnly atomic.Bool  // refuses what lies above the level of the sea
	taken    atomic.Int64
}

func openDesk(outage int64) (*newsDesk, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := newDesk("http://"+l.Addr().String(), outage)
	go d.server.Serve(l)
	return d, nil
}

func newDesk(url string, outage int64) *newsDesk {
	d := &newsDesk{url: url}
	d.outage.Store(outage)
	d.deepOnly.Store(true)
	d.server.Handler = d
	return d
}

func (d *newsDesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q Quake
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, status := d.receive(q)
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

// receive answers a report.
func (d *newsDesk) receive(q Quake) (text string, status int) {
	switch {
	case d.outage.Add(-1) >= 0:
		return "the desk is not manned", http.StatusServiceUnavailable
	case d.deepOnly.Load() && q.Depth < 0:
		return fmt.Sprintf("depth of %v km: want 0 or more", q.Depth), http.StatusUnprocessableEntity
	}
	d.taken.Add(1)
	return "", http.StatusOK
}

// send is the handler. What the desk says will never do is not tried again; all else is.
func (d *newsDesk) send(ctx context.Context, m *mq.Message[Quake]) error {
	status, err := d.post(ctx, m.Payload)
	if status == http.StatusUnprocessableEntity {
		return mq.Dead(err)
	}
	return err
}

// post sends JSON, and returns the status of the answer, and an error that tells what it says if that is
// not 200.
func (d *newsDesk) post(ctx context.Context, body []byte) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, refusal(answer)
}

// refusal is nil if all is well.
func refusal(answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 200))
	return fmt.Errorf("news desk: %s: %s", answer.Status, strings.TrimSpace(string(text)))
}
