package guide_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

func Example_graph() {
	g := flow.New("readings").
		Add("lines", lines("kitchen 21.5", "cellar 12", "kitchen 22")).
		Add("parse", flow.Step(parse)).
		Add("show", flow.Sink(show)).
		Connect("lines", "parse").
		Connect("parse", "show", runnel.Buffer(64))
	fmt.Println(g.Run(context.Background()))
	// Output:
	// kitchen has 21.5 degrees
	// cellar has 12 degrees
	// kitchen has 22 degrees
	// <nil>
}

func Example_check() {
	g := flow.New("readings").
		Add("lines", lines("kitchen 21.5")).
		Add("parse", flow.Step(parse)).
		Add("show", flow.Sink(show)).
		Add("log", flow.Sink(show)).
		Connect("lines", "show").
		Connect("lines", "pars")
	fmt.Println(g.Check())
	// Output:
	// flow: graph "readings": 5 mistakes:
	// 	lines -> show: the output gives string, the input takes guide_test.reading
	// 	lines -> pars: there is no process "pars"; did you mean "parse"?
	// 	parse.in: the input is not connected
	// 	parse.out: the output is not connected
	// 	log.in: the input is not connected
}

func Example_fails() {
	g := flow.New("readings").
		Add("lines", lines("kitchen 21.5", "cellar twelve", "kitchen 22")).
		Add("parse", flow.Step(parse)).
		Add("show", flow.Sink(show)).
		Connect("lines", "parse").
		Connect("parse", "show")
	fmt.Println(g.Run(context.Background()))
	// Output:
	// kitchen has 21.5 degrees
	// flow: process parse failed: strconv.ParseFloat: parsing "twelve": invalid syntax
}

func Example_failures() {
	bad := func(_ context.Context, f *flow.Failure) error {
		_, err := fmt.Printf("%s: %q: %v\n", f.Process, f.Message, errors.Unwrap(f.Err))
		return err
	}
	f, err := flow.New("readings").
		Add("lines", lines("kitchen 21.5", "cellar twelve", "kitchen 22")).
		Add("parse", flow.Step(parse)).
		Add("show", flow.Sink(func(context.Context, reading) error { return nil })).
		Add("bad", flow.Sink(bad)).
		Connect("lines", "parse").
		Connect("parse", "show").
		Connect("parse.failures", "bad", runnel.Buffer(16)).
		Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Wait())
	for _, e := range f.Status().Edges {
		fmt.Println(e.Stats)
	}
	// Output:
	// parse: "cellar twelve": invalid syntax
	// <nil>
	// lines.out -> parse.in: sent 3 = received 2 + buffered 0 + dropped 1 (1 failed)
	// parse.out -> show.in: sent 2 = received 2 + buffered 0 + dropped 0
	// parse.failures -> bad.in: sent 1 = received 1 + buffered 0 + dropped 0
}

func Example_retry() {
	calls := 0
	store := func(_ context.Context, line string) error {
		if calls++; calls == 2 {
			return errors.New("connection lost")
		}
		_, err := fmt.Println("stored", line, "with call", calls)
		return err
	}
	g := flow.New("readings").
		Add("lines", lines("kitchen 21.5", "cellar 12")).
		Add("store", flow.Sink(store),
			flow.Retry(runnel.Backoff{Attempts: 3, First: time.Millisecond, Max: time.Second, Timeout: time.Second})).
		Connect("lines", "store")
	fmt.Println(g.Run(context.Background()))
	// Output:
	// stored kitchen 21.5 with call 1
	// stored cellar 12 with call 3
	// <nil>
}

func Example_parallel() {
	measure := func(ctx context.Context, room string) (reading, error) { // the longer the name, the longer it takes
		_, err := runnel.After(time.Duration(len(room)) * time.Millisecond).Recv(ctx)
		return reading{room, float64(len(room))}, err
	}
	g := flow.New("measure").
		Add("rooms", lines("living room", "attic", "hall")).
		Add("measure", flow.Step(measure), flow.Parallel(4), flow.Ordered()).
		Add("show", flow.Sink(show)).
		Connect("rooms", "measure").
		Connect("measure", "show")
	fmt.Println(g.Run(context.Background()))
	// Output:
	// living room has 11 degrees
	// attic has 5 degrees
	// hall has 4 degrees
	// <nil>
}

// The ports of a process that keeps the mean of each room.
const (
	readings = flow.In[reading]("readings")
	ask      = flow.In[string]("ask")
	mean     = flow.Out[reading]("mean")
)

// sum is what is known of a room.
type sum struct {
	degrees float64
	n       int
}

func means() flow.Proc {
	return flow.Stateful[map[string]sum]{
		Init: func(context.Context) (map[string]sum, error) { return map[string]sum{}, nil },
		Handlers: []flow.Handler[map[string]sum]{
			flow.On(readings, func(_ *flow.Turn, rooms *map[string]sum, r reading) error {
				s := (*rooms)[r.room]
				(*rooms)[r.room] = sum{s.degrees + r.degrees, s.n + 1}
				return nil
			}),
			flow.On(ask, func(t *flow.Turn, rooms *map[string]sum, room string) error {
				s := (*rooms)[room]
				return mean.Send(t, reading{room, s.degrees / float64(s.n)})
			}),
		},
		Outs: []flow.Port{mean},
	}.Proc()
}

func Example_state() {
	ctx := context.Background()
	f, err := flow.New("means").
		Add("means", means()).
		Add("show", flow.Sink(show)).
		Open("means.readings").
		Open("means.ask").
		Connect("means", "show").
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = f.Inject(ctx, "means.readings", reading{"kitchen", 21}, reading{"cellar", 12}, reading{"kitchen", 22})
	_ = f.Inject(ctx, "means.ask", "kitchen")
	fmt.Println(f.Drain(ctx))
	// Output:
	// kitchen has 21.5 degrees
	// <nil>
}

func Example_steer() {
	ctx := context.Background()
	f, err := flow.New("readings").
		Add("parse", flow.Step(parse)).
		Add("show", flow.Sink(show)).
		Open("parse", runnel.Buffer(64)).
		Connect("parse", "show").
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = f.Pause("parse") // it takes and gives nothing, from the return of Pause on
	_ = f.Inject(ctx, "parse", "kitchen 21.5", "cellar 12")
	fmt.Println("waiting:", f.Status().Edge("", "parse.in").Len)
	_ = f.Scale("parse", 4)                   // four calls at once; their results in any order
	_ = f.Swap("show", flow.Sink(fahrenheit)) // the same ports, another function
	_ = f.Resume("parse")
	fmt.Println(f.Drain(ctx))
	// Unordered output:
	// waiting: 2
	// kitchen has 70.7 °F
	// cellar has 53.6 °F
	// <nil>
}

func fahrenheit(_ context.Context, r reading) error {
	_, err := fmt.Printf("%s has %.1f °F\n", r.room, r.degrees*9/5+32)
	return err
}

func Example_stop() {
	ctx := context.Background()
	hang := func(ctx context.Context, _ string) error {
		<-ctx.Done() // a service that does not answer, called with ctx
		return ctx.Err()
	}
	f, err := flow.New("readings").
		Add("store", flow.Sink(hang)).
		Open("store", runnel.Buffer(8)).
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = f.Inject(ctx, "store", "kitchen 21.5", "cellar 12", "kitchen 22")
	patience, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	account := f.Stop(patience) // drains for 10 ms, then gives up the rest
	fmt.Println(f.Wait())
	fmt.Println(account.Edge("", "store.in").Stats)
	// Output:
	// flow: the flow was stopped
	// outside -> store.in: sent 3 = received 0 + buffered 0 + dropped 3 (3 undelivered)
}

func Example_picture() {
	g := flow.New("readings").
		Add("lines", lines()).
		Add("parse", flow.Step(parse), flow.Parallel(4)).
		Add("show", flow.Sink(show)).
		Add("bad", flow.Sink(func(context.Context, *flow.Failure) error { return nil })).
		Connect("lines", "parse", runnel.Buffer(64)).
		Connect("parse", "show", runnel.Sliding(1)).
		Connect("parse.failures", "bad", runnel.Buffer(16))
	fmt.Print(g.Mermaid())
	// Output:
	// ---
	// title: "readings"
	// ---
	// flowchart LR
	//   p1(["lines"])
	//   p2["parse<br/>×4"]
	//   p3[["show"]]
	//   p4[["bad"]]
	//   p1 -- "buffer 64" --> p2
	//   p2 -- "sliding 1" --> p3
	//   p2 -. "failures →<br/>buffer 16" .-> p4
}

func Example_signal() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	f, err := flow.New("readings").
		Add("lines", lines("kitchen 21.5", "cellar 12")).
		Add("parse", flow.Step(parse)).
		Add("show", flow.Sink(show)).
		Connect("lines", "parse").
		Connect("parse", "show").
		Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	context.AfterFunc(ctx, func() {
		stop() // a second Ctrl-C ends the program at once
		patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		f.Stop(patience) // drains for 10 s, then gives up the rest
	})
	fmt.Println(f.Wait())
	// Output:
	// kitchen has 21.5 degrees
	// cellar has 12 degrees
	// <nil>
}
