package marble_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// The bodies of these examples are the fragments of the guide.

func Example_pipeline() {
	lines := runnel.FromSeq(ctx, strings.Lines("tea 3\nmilk 2\noats 5\n"))
	counts := pipe.Map(ctx, lines, 4, func(_ context.Context, line string) (n int, err error) {
		_, err = fmt.Sscanf(line, "%s %d", new(string), &n)
		return n, err
	})
	pairs := pipe.Batch(ctx, counts, 2, time.Second)
	err := pipe.ForEach(ctx, pairs, 1, func(_ context.Context, pair []int) error {
		fmt.Println(pair)
		return nil
	})
	fmt.Println("end:", err) // nil, or the first error of any stage
	// Output:
	// [3 2]
	// [5]
	// end: <nil>
}

func Example_map() {
	type event struct {
		account string
		amount  int
	}
	events := runnel.FromSeq(ctx, slices.Values([]event{{"ann", 5}, {"bob", 1}, {"ann", -2}, {"ann", 4}}))
	balance := map[string]*int{"ann": new(int), "bob": new(int)}

	account := func(e event) string { return e.account }
	book := func(_ context.Context, e event) (string, error) {
		*balance[e.account] += e.amount // one call at a time for each account
		return fmt.Sprint(e.account, " has ", *balance[e.account]), nil
	}
	booked := pipe.MapKeyed(ctx, events, 8, 16, account, book)
	all, err := pipe.Collect(ctx, booked)

	fmt.Println(len(all), "booked,", all[slices.Index(all, "ann has 7")], err)
	// Output: 4 booked, ann has 7 <nil>
}

func Example_flatMap() {
	folders := runnel.FromSeq(ctx, slices.Values([]string{"in", "out"}))
	files := pipe.FlatMap(ctx, folders, 4, func(ctx context.Context, folder string, emit func(string) error) error {
		for i := range 3 {
			if err := emit(fmt.Sprint(folder, "/", i)); err != nil {
				return err // the stage has stopped
			}
		}
		return nil
	})
	all, err := pipe.Collect(ctx, files)
	fmt.Println(all, err)
	// Output: [in/0 in/1 in/2 out/0 out/1 out/2] <nil>
}

func Example_retry() {
	fetch := func(_ context.Context, page string) (int, error) {
		if page == "b" {
			return 0, errors.New("no such page")
		}
		return len(page), nil
	}
	patient := pipe.Retry(runnel.Backoff{Attempts: 3, First: time.Millisecond}, fetch)

	pages := runnel.FromSeq(ctx, slices.Values([]string{"a", "b", "cc"}))
	for r, err := range pipe.Seq2(ctx, pipe.Map(ctx, pages, 8, pipe.Try(patient))) {
		switch {
		case err != nil:
			fmt.Println("the stage ended:", err)
		case r.Err != nil:
			fmt.Println(r.In, "is put aside:", r.Err)
		default:
			fmt.Println(r.In, "has", r.Out)
		}
	}
	// Output:
	// a has 1
	// b is put aside: pipe: attempt 3 of 3: no such page
	// cc has 2
}

func Example_skip() {
	deadLetters := runnel.OnDrop(func(line string, why runnel.Reason) { fmt.Printf("%q is %v\n", line, why) })
	lines := runnel.FromSeq(ctx, slices.Values([]string{"3", "x", "5"}), deadLetters)
	numbers := pipe.FlatMap(ctx, lines, 4, func(_ context.Context, line string, emit func(int) error) error {
		n, err := strconv.Atoi(line)
		if err != nil {
			lines.Reject(line, runnel.Failed) // into the account, and to OnDrop
			return nil                        // the stage goes on
		}
		return emit(n)
	})
	all, err := pipe.Collect(ctx, numbers)
	fmt.Println(all, err)
	fmt.Println(lines.Stats())
	// Output:
	// "x" is failed
	// [3 5] <nil>
	// sent 3 = received 2 + buffered 0 + dropped 1 (1 failed)
}

func Example_through() {
	words := xf.Compose3(
		xf.FlatMap(strings.Fields),
		xf.Map(strings.ToLower),
		xf.Distinct[string](),
	)
	lines := runnel.FromSeq(ctx, slices.Values([]string{"One two", "two Three", "one four"}))
	first := pipe.Take(ctx, pipe.Through(ctx, lines, words), 3)
	all, err := pipe.Collect(ctx, first)
	fmt.Println(all, err)
	// Output: [one two three] <nil>
}

func Example_window() {
	type reading struct {
		at      time.Time
		degrees int
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	readings := runnel.FromSeq(ctx, slices.Values([]reading{
		{noon, 9}, {noon.Add(70 * time.Second), 11}, {noon.Add(50 * time.Second), 10}, {noon.Add(3 * time.Minute), 8},
	}))
	when := func(r reading) time.Time { return r.at }
	minutes := pipe.WindowBy(ctx, readings, pipe.Tumbling(time.Minute), when, 30*time.Second)
	for pane, err := range pipe.Seq2(ctx, minutes) {
		if err != nil {
			fmt.Println("ended:", err)
			break
		}
		fmt.Println(pane.Start.Format("15:04"), len(pane.Values))
	}
	// Output:
	// 12:00 2
	// 12:01 1
	// 12:03 1
}

func Example_merge() {
	paper := runnel.FromSeq(ctx, slices.Values([]int{1, 2, 3}))
	web := runnel.FromSeq(ctx, slices.Values([]int{10, 20}))
	orders := pipe.Merge(ctx, []runnel.Receiver[int]{paper, web})
	sum, err := pipe.Reduce(ctx, orders, 0, func(sum, n int) (int, error) { return sum + n, nil })
	fmt.Println(sum, err)
	// Output: 36 <nil>
}

func Example_split() {
	g, ctx := pipe.NewGroup(ctx)
	numbers := runnel.FromSeq(ctx, slices.Values([]int{1, 2, 3, 4, 5, 6}))
	even, odd := pipe.Split(ctx, numbers, func(n int) bool { return n%2 == 0 })

	var evens, odds []int
	g.Go(func() (err error) { evens, err = pipe.Collect(ctx, even); return err })
	g.Go(func() (err error) { odds, err = pipe.Collect(ctx, odd); return err })
	err := g.Wait() // the first error of any of them

	fmt.Println(evens, odds, err)
	// Output: [2 4 6] [1 3 5] <nil>
}

func Example_ends() {
	pages := pipe.Generate(ctx, func(ctx context.Context, emit func(int) error) error {
		for page := 1; ; page++ {
			if err := emit(page); err != nil {
				return err // nobody wants more
			}
		}
	})
	for page, err := range pipe.Seq2(ctx, pages) {
		if err != nil {
			fmt.Println("ended:", err)
			break
		}
		fmt.Println("page", page)
		if page == 2 {
			break // cancels pages, so the function above returns
		}
	}
	// Output:
	// page 1
	// page 2
}

func Example_mult() {
	prices := runnel.FromSeq(ctx, slices.Values([]int{7, 8, 9}))
	m := fan.NewMult(prices)
	audit := m.Tap(runnel.Buffer(64))                    // the others wait for it
	screen := m.Tap(runnel.Sliding(1))                   // it gets the latest
	m.Tap(runnel.Buffer(1)).EvictAfter(time.Millisecond) // nobody receives: thrown out

	fmt.Println("run:", m.Run(ctx))
	all, err := pipe.Collect(ctx, audit)
	latest, _ := screen.Recv(ctx)
	fmt.Println(all, err, latest, screen.Lag())
	// Output:
	// run: <nil>
	// [7 8 9] <nil> 9 2
}

func Example_mix() {
	music, speech := runnel.New[string](runnel.Buffer(4)), runnel.New[string](runnel.Buffer(4))
	music.SendAll(ctx, []string{"la", "la"})
	speech.SendAll(ctx, []string{"good evening"})
	music.Close()
	speech.Close()

	out := runnel.New[string](runnel.Buffer(4))
	x := fan.NewMix(out)
	x.Add(music, speech)
	x.Set(fan.Setting[string]{In: music, Mode: fan.Mute})
	x.Close() // there will be no other inputs
	fmt.Println("run:", x.Run(ctx))

	all, err := pipe.Collect(ctx, out)
	fmt.Println(all, err, "unheard:", music.Stats().Dropped[runnel.Unheard])
	// Output:
	// run: <nil>
	// [good evening] <nil> unheard: 2
}

func Example_account() {
	g, ctx := pipe.NewGroup(ctx)
	tell := runnel.OnDrop(func(order string, why runnel.Reason) { fmt.Println(order, "is", why) })
	orders := runnel.New[string](runnel.Buffer(8), tell)
	orders.SendAll(ctx, []string{"tea", "milk", "oats"})
	orders.Close()

	prices := pipe.MapUnordered(ctx, orders, 2, func(ctx context.Context, order string) (int, error) {
		if order == "milk" {
			return 0, errors.New("no price for milk")
		}
		return 1, runnel.Sleep(ctx, time.Hour) // a slow server
	})
	g.Go(func() error {
		return pipe.ForEach(ctx, prices, 1, func(context.Context, int) error { return nil })
	})
	err := g.Wait() // from here on no call is running: what the calls used can be closed
	fmt.Println(err)
	fmt.Println(orders.Stats())
	// Unordered output:
	// milk is failed
	// oats is undelivered
	// tea is undelivered
	// no price for milk
	// sent 3 = received 0 + buffered 0 + dropped 3 (2 undelivered, 1 failed)
}

func Example_branches() {
	g, ctx := pipe.NewGroup(ctx)
	numbers := pipe.Generate(ctx, func(_ context.Context, emit func(int) error) error {
		for n := 1; ; n++ { // it would never end by itself
			if err := emit(n); err != nil {
				return err
			}
		}
	})
	even, odd := pipe.Split(ctx, numbers, func(n int) bool { return n%2 == 0 })
	g.Go(func() error {
		return pipe.ForEach(ctx, even, 1, func(_ context.Context, n int) error {
			if n == 4 {
				return errors.New("disk full")
			}
			return nil
		})
	})
	g.Go(func() error {
		return pipe.ForEach(ctx, odd, 1, func(context.Context, int) error { return nil })
	})
	fmt.Println(g.Wait())
	// Output: disk full
}

func Example_shutdown() {
	interrupt, ctrlC := context.WithCancel(ctx) // in a program: signal.NotifyContext(ctx, os.Interrupt)
	orders := pipe.Generate(interrupt, func(_ context.Context, emit func(int) error) error {
		for n := 1; ; n++ {
			if n == 6 {
				ctrlC()
			}
			if err := emit(n); err != nil {
				return err
			}
		}
	})
	pairs := pipe.Batch(ctx, orders, 2, time.Hour) // ctx, not interrupt: it finishes the rest
	err := pipe.ForEach(ctx, pairs, 1, func(_ context.Context, pair []int) error {
		fmt.Println(pair)
		return nil
	})
	fmt.Println("end:", err)
	// Output:
	// [1 2]
	// [3 4]
	// [5]
	// end: context canceled
}

func Example_native() {
	wanted, unwanted := context.WithCancel(ctx)
	jobs := make(chan int)
	var sender sync.WaitGroup
	sender.Go(func() {
		for n := 1; ; n++ {
			select {
			case jobs <- n:
			case <-wanted.Done():
				return
			}
		}
	})
	in := runnel.From(ctx, jobs)
	in.OnClose(func(error) { unwanted() }) // a stop reaches the goroutine, too

	three, err := pipe.Collect(ctx, pipe.Take(ctx, in, 3))
	fmt.Println(three, err)
	sender.Wait() // it has ended
	// Output: [1 2 3] <nil>
}
