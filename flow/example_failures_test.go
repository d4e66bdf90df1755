package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// lines is a source of some lines.
func lines(all ...string) flow.Proc {
	return flow.Source(func(_ context.Context, emit func(string) error) error {
		for _, line := range all {
			if err := emit(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// A service that is busy now and then is asked again; a question that makes no sense is not, and
// is passed over.
func ExampleRetry() {
	calls := 0
	ask := func(_ context.Context, city string) (string, error) {
		if city == "" {
			return "", runnel.Permanent(errors.New("no city"))
		}
		if calls++; calls%3 != 0 {
			return "", errors.New("busy")
		}
		return "sunny in " + city, nil
	}
	print := func(_ context.Context, s string) error { fmt.Println(s); return nil }

	f, err := flow.New("weather").
		Add("cities", lines("Oslo", "", "Bergen")).
		Add("ask", flow.Step(ask), flow.Skip(),
			flow.Retry(runnel.Backoff{Attempts: 5, First: time.Millisecond, Max: time.Second})).
		Add("print", flow.Sink(print)).
		Connect("cities", "ask").
		Connect("ask", "print").
		Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	err = f.Wait()
	p := f.Status().Process("ask")
	fmt.Println(err, "done", p.Done, "failed", p.Failed, "retried", p.Retried)
	// Output:
	// sunny in Oslo
	// sunny in Bergen
	// <nil> done 2 failed 1 retried 4
}

// Each process has an output for what it fails on. Where that is connected, its failures go
// there, and the flow goes on. This one repairs what it can, and sends it back.
func ExampleFailure_deadLetters() {
	parse := func(_ context.Context, line string) (int, error) { return strconv.Atoi(line) }
	repair := func(_ context.Context, dead *flow.Failure, emit func(string) error) error {
		if dead.Message == "twelve" {
			return emit("12")
		}
		fmt.Printf("buried %q, which came by %s: %v\n", dead.Message, dead.Edge, dead.Err)
		return nil
	}
	sum := 0
	add := func(_ context.Context, v int) error { sum += v; return nil }

	f, err := flow.New("sum").
		Add("lines", lines("7", "twelve", "?", "23")).
		Add("parse", flow.Step(parse)).
		Add("repair", flow.FlatStep(repair)).
		Add("add", flow.Sink(add)).
		Connect("lines", "parse").
		Connect("parse", "add").
		Connect("parse.failures", "repair", runnel.Buffer(16)).
		Connect("repair", "parse", runnel.Buffer(16)).
		Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Wait(), sum)
	fmt.Println(f.Status().Edge("parse.failures", "repair.in").Stats)
	// Output:
	// buried "?", which came by lines.out -> parse.in: strconv.Atoi: parsing "?": invalid syntax
	// <nil> 42
	// parse.failures -> repair.in: sent 2 = received 2 + buffered 0 + dropped 0
}

// A session that breaks is opened again, for the messages that are to come.
func ExampleRestart() {
	type session struct{ id, sent int }
	opened := 0
	const letters = flow.In[string]("letters")
	post := flow.Stateful[session]{
		Init: func(context.Context) (session, error) {
			opened++
			fmt.Println("open", opened)
			return session{id: opened}, nil
		},
		Handlers: []flow.Handler[session]{
			flow.On(letters, func(_ *flow.Turn, s *session, letter string) error {
				if letter == "bomb" {
					panic("the connection is broken")
				}
				s.sent++
				fmt.Println(letter, "by", s.id)
				return nil
			}),
		},
		Transition: func(_ *flow.Turn, s *session, what flow.Transition) error {
			fmt.Printf("close %d, %v: %d sent\n", s.id, what, s.sent)
			return nil
		},
	}.Proc()

	f, err := flow.New("post").
		Add("letters", lines("card", "bomb", "bill")).
		Add("post", post, flow.Restart()).
		Connect("letters", "post").
		Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Wait(), "failed", f.Status().Process("post").Failed)
	// Output:
	// open 1
	// card by 1
	// close 1, stopped: 1 sent
	// open 2
	// bill by 2
	// close 2, ended: 1 sent
	// <nil> failed 1
}
