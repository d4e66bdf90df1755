package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the program
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// program is one run of this program.
type program struct {
	flights, strikes string // files
	status, picture  bool
	out              *bufio.Writer
	err              io.Writer
	table            table // that was printed
	bad              []*badRecord
}

// run returns the exit code. When ctx ends the flow is drained.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := &program{out: bufio.NewWriter(stdout), err: stderr}
	if code := p.parse(args); code >= 0 {
		return code
	}
	err := p.work(ctx)
	if err = errors.Join(err, p.out.Flush()); err != nil {
		fmt.Fprintln(stderr, "strikes:", err)
		return 1
	}
	return 0
}

// parse reads the arguments. It returns an exit code, or -1 to go on.
func (p *program) parse(args []string) int {
	flags := flag.NewFlagSet("strikes", flag.ContinueOnError)
	flags.SetOutput(p.err)
	flags.StringVar(&p.flights, "flights", "examples/data/flights.csv", "read flights from this `file`")
	flags.StringVar(&p.strikes, "strikes", "examples/data/strikes.csv", "read strikes from this `file`")
	flags.BoolVar(&p.status, "status", false, "tell what each process and each edge does, every second and in the end")
	flags.BoolVar(&p.picture, "graph", false, "print the graph for Mermaid, and run nothing")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(p.err, "strikes: unexpected argument %q; files are given by -flights and -strikes\n", flags.Arg(0))
		return 2
	}
	return -1
}

func (p *program) work(ctx context.Context) error {
	if p.picture {
		_, err := p.out.WriteString(p.graph().Mermaid())
		return err
	}
	if err := errors.Join(check(p.flights, flightHeader), check(p.strikes, strikeHeader)); err != nil {
		return err
	}
	f, err := p.graph().Start(context.Background())
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		f.Stop(patience)
	})
	if p.status {
		defer p.watch(f)()
	}
	if err := f.Wait(); err != nil {
		return err
	}
	p.account(f.Status())
	if ctx.Err() != nil {
		return errors.New("interrupted: this is what was read until then")
	}
	return nil
}

// watch tells every second what the flow does, and once more when end is called.
func (p *program) watch(f *flow.Flow) (end func()) {
	tick, told := runnel.Tick(time.Second), runnel.New[struct{}]()
	go func() {
		defer told.Close()
		for range tick.All(context.Background()) {
			p.tell(f.Status())
		}
		p.tell(f.Status())
	}()
	return func() {
		tick.Close()
		told.Recv(context.Background())
	}
}

func (p *program) tell(s flow.Status) { fmt.Fprintf(p.err, "%v\n%v\n", s, s.Explain()) }

// account tells which records failed, and what became of all.
func (p *program) account(s flow.Status) {
	slices.SortFunc(p.bad, func(a, b *badRecord) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.number, b.number))
	})
	for _, e := range p.bad {
		fmt.Fprintln(p.out, "failed:", e)
	}
	failed := func(process string) uint64 { return s.Process(process).Failed }
	counted := p.table.whole()
	p.balance("flights", s.Edge("flights.out", "parse flight.in"), counted.flights, failed("parse flight")+failed("by hour"))
	p.balance("strikes", s.Edge("strikes.out", "parse strike.in"), counted.strikes, failed("parse strike"))
}

func (p *program) balance(what string, read flow.EdgeStatus, counted int, failed uint64) {
	fmt.Fprintf(p.out, "%s: %d read = %d counted + %d failed\n", what, read.Sent, counted, failed)
}
