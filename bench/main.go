package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/runnel-go/runnel/bench/report"
)

const gcPercent = 400

// options are the flags.
type options struct {
	quick                             bool
	only, procs                       string
	samples                           int
	json, svg, out, from, coreAsyncIn string
	profile                           string
}

func main() {
	var o options
	o.register(flag.CommandLine)
	flag.Parse()
	if err := o.run(os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (o *options) register(f *flag.FlagSet) {
	f.BoolVar(&o.quick, "quick", false, "few short samples: a look, not a measurement")
	f.StringVar(&o.only, "only", "", "measure only rows whose name or family matches this `regexp`")
	f.StringVar(&o.procs, "p", "", "comma-separated `list` of GOMAXPROCS (default 1, 2 and the number of cores)")
	f.IntVar(&o.samples, "samples", 13, "`number` of samples per implementation")
	f.StringVar(&o.json, "json", "", "write the results to `file` as JSON")
	f.StringVar(&o.svg, "svg", "", "write the chart to `file`")
	f.StringVar(&o.out, "out", "", "write JSON, text and chart into `directory`, named by date and machine")
	f.StringVar(&o.from, "from", "", "measure nothing, take the results from `file` (JSON)")
	f.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile to `file`; best with -only and -p")
	f.StringVar(&o.coreAsyncIn, "coreasync", "", "compare with core.async: `file` holds the output of coreasync/run")
}

func (o *options) run(stdout, stderr io.Writer) error {
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return o.produce(stdout, stderr)
}

// produce measures, prints and keeps.
func (o *options) produce(stdout, stderr io.Writer) error {
	run, err := o.results(stderr)
	if err != nil {
		return err
	}
	if err := run.WriteText(stdout); err != nil {
		return err
	}
	if o.out != "" {
		base := filepath.Join(o.out, fmt.Sprintf("%s-%s-%dcpu", run.Date[:len(time.DateOnly)], slug(run.Machine.CPU), run.Machine.Cores))
		o.json, o.svg = cmp.Or(o.json, base+".json"), cmp.Or(o.svg, base+".svg")
		if err := write(base+".txt", run.WriteText); err != nil {
			return err
		}
	}
	if err := write(o.json, run.WriteJSON); err != nil {
		return err
	}
	return write(o.svg, run.WriteSVG)
}

// results measures, or reads what was measured before.
func (o *options) results(progress io.Writer) (*report.Run, error) {
	if o.from == "" {
		return o.measure(progress)
	}
	f, err := os.Open(o.from)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return report.ReadJSON(f)
}

func (o *options) measure(progress io.Writer) (*report.Run, error) {
	rows, err := o.rows()
	if err != nil {
		return nil, err
	}
	procs, err := o.sections(runtime.NumCPU())
	if err != nil {
		return nil, err
	}
	others, err := o.coreAsync()
	if err != nil {
		return nil, err
	}
	r := runner{samples: o.samples, duration: 20 * time.Millisecond, progress: progress}
	if o.quick {
		r.samples, r.duration = 5, 4*time.Millisecond
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	run := o.describe(r)
	for i, p := range procs {
		if i > 0 {
			rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.kind.gauged() })
		}
		section := r.section(p, rows)
		addCoreAsync(&section, others)
		run.Sections = append(run.Sections, section)
	}
	return run, nil
}

func (o *options) describe(r runner) *report.Run {
	hash, modified := commit()
	return &report.Run{
		Date:    time.Now().UTC().Format(time.DateTime) + " UTC",
		Command: strings.Join(append([]string{"go run ./bench"}, os.Args[1:]...), " "),
		Commit:  hash, Modified: modified, Go: runtime.Version(), Machine: machine(),
		Settings: report.Settings{
			Samples: r.samples, SampleMillis: float64(r.duration) / float64(time.Millisecond),
			GCPercent: gcPercent, MaxDelay: maxDelay,
		},
	}
}

func (o *options) rows() ([]row, error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	rows := matching(allRows(), only)
	if len(rows) == 0 {
		return nil, fmt.Errorf("-only: no row matches %q", o.only)
	}
	return rows, nil
}

// sections returns the values of GOMAXPROCS to measure under.
func (o *options) sections(cores int) ([]int, error) {
	procs := []int{1, 2, cores}
	if o.procs != "" {
		procs = nil
		for _, field := range strings.Split(o.procs, ",") {
			p, err := strconv.Atoi(field)
			if err != nil || p < 1 {
				return nil, fmt.Errorf("-p: %q is not a number of processors", field)
			}
			procs = append(procs, p)
		}
	}
	slices.Sort(procs)
	return slices.Compact(procs), nil
}

func (o *options) coreAsync() (map[string][]coreAsyncLine, error) {
	if o.coreAsyncIn == "" {
		return nil, nil
	}
	f, err := os.Open(o.coreAsyncIn)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readCoreAsync(f)
}

// write makes a file by a function that writes its content, unless the name
// is empty.
func write(name string, content func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := content(f); err != nil {
		return err
	}
	return f.Close()
}
