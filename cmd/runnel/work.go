package main

import (
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/runnel-go/runnel/cmd/runnel/internal/job"
	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

const workLong = `work runs CMD for each record of a file or of standard input, with N workers, and writes what the
commands print to standard output, in the order of the records.

Records are lines, NDJSON or CSV with a header, told by --format or by the file's name. A record is given to CMD
on its standard input, or in place of {} in CMD's arguments; {name} is a column of a CSV or a field of an NDJSON
object (a dot goes into objects), {{name}} a literal {name}. Without CMD the records pass through the policy alone.
CMD finds the row and the attempt in RUNNEL_ROW and RUNNEL_ATTEMPT.

A channel stands between the input and the workers; --buffer is its policy for when the workers are slower:
  fixed:N     the input waits (N may be 0: a record is handed over when a worker is free)
  dropping:N  the newest records are dropped, and counted
  sliding:N   the oldest records are dropped, and counted

A record fails if CMD ends with a code other than 0, by a signal, or not within --timeout. It is retried --retries
times, after --backoff, then twice that, and so on up to --max-backoff, each shortened at random by up to a half.
Then a line on standard error tells of it, with -q as well. With --dead it also goes to that file, as a line of JSON,
behind what the file has; then standard error tells of the first 10 failures only, and once that there are more.
A malformed record (too long, not JSON, wrong number of fields) is not started and goes the same way; the job goes
on. A bad header or a column that does not exist ends it before anything starts.

A dead letter has row, line, kind, error, exit_code, stderr (the end of it), attempts, tries and time, and record, or
record_base64 if the record is too long or not UTF-8. The kind is one of:
  exit      CMD ended with a code other than 0      signal    CMD was ended by a signal
  timeout   CMD took longer than --timeout          output    CMD wrote too much, or left its output open
  start     CMD could not be started                field     the record lacks a field that CMD asks for
  rejected  the record is malformed

When CMD ends, or is killed, so is every process of its group.

Ctrl-C stops: running commands finish, their failures are not retried, and what was not done goes to the remainder
file, in the form of the input, to be fed again. All that is unread of a file goes there too; from a pipe, no more is
read. A second Ctrl-C kills the running commands, and their records go to the remainder as well. The account at the
end calls records interrupted that were started and neither done nor given up: killed, due for a retry, or with a
result or dead letter that could not be written.
The remainder is also written if the output or the dead letters cannot be, as when the reader of a pipe goes away. If
its file cannot be created it goes to the folder for temporary files, and a line tells where.
SIGTERM and SIGHUP stop as Ctrl-C does. A signal that is ignored at the start stays ignored: SIGHUP under nohup, and
Ctrl-C (SIGINT) in a background job of a script; stop that one with SIGTERM.

With --json a result is a line of JSON on standard output, with row, record, output and attempts; dead letters (with
--dead in that file alone) and the end report (with -q only if the job could not go on) are lines of JSON on standard
error. What keeps a job from starting is one line of plain text all the same.

` + exitTable

const workExample = `  runnel work --in urls.txt -n 8 --timeout 10s --dead dead.ndjson -- curl -fsS {} -o /dev/null
  runnel work --in people.csv -- ./invite --to {email} --name {name}
  tail -f log.ndjson | runnel work --buffer sliding:100 -- ./alert`

// workFlags are the flags of work, as given.
type workFlags struct {
	in, format, dead, remainder string
	workers, retries            countFlag
	policy                      policyFlag
	backoff, maxBackoff         timeFlag
	timeout                     timeFlag
	maxLine, maxOutput          sizeFlag
	unordered, json, quiet      bool
}

func newWork(s streams) *cobra.Command {
	f := workFlags{
		policy:  policyFlag{job.Policy{Kind: "fixed", Size: 64}},
		workers: countFlag{runtime.NumCPU(), 1, 10_000}, retries: countFlag{2, 0, 1000},
		backoff: timeFlag(200 * time.Millisecond), maxBackoff: timeFlag(30 * time.Second),
		maxLine: 1 << 20, maxOutput: 8 << 20,
	}
	cmd := &cobra.Command{
		Use:                   "work [flags] [--] [CMD [ARG]...]",
		DisableFlagsInUseLine: true,
		Short:                 "Run a command for each record of a file or of standard input",
		Long:                  workLong,
		Example:               workExample,
		PreRunE:               func(cmd *cobra.Command, _ []string) error { return noEmptyNames(cmd.Flags()) },
		RunE:                  func(_ *cobra.Command, args []string) error { return work(f, args, s) },
	}
	f.declare(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]cobra.Completion{"lines", "ndjson", "csv"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (f *workFlags) declare(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.SetInterspersed(false) // the command's own flags are not ours
	fs.StringVar(&f.in, "in", "-", "read records from `FILE`; - is standard input")
	fs.StringVar(&f.format, "format", "", "lines, ndjson or csv (default by the name of FILE: .csv, .ndjson, .jsonl; else lines)")
	fs.VarP(&f.workers, "workers", "n", "run `N` commands at a time")
	fs.Var(&f.policy, "buffer", "`POLICY` of the channel: fixed:N, dropping:N or sliding:N")
	fs.Var(&f.retries, "retries", "try a failed record `N` more times")
	fs.Var(&f.backoff, "backoff", "wait this `TIME` before the first retry; doubled for each further one")
	fs.Var(&f.maxBackoff, "max-backoff", "longest `TIME` to wait before a retry")
	fs.Var(&f.timeout, "timeout", "kill an attempt after this `TIME`; 0s is never")
	fs.StringVar(&f.dead, "dead", "", "append failed and malformed records to `FILE`, as NDJSON; the first 10 are told of on standard error too")
	fs.StringVar(&f.remainder, "remainder", "", "after a stop, write what was not done to `FILE` (default from the name of the input); FILE must not exist")
	fs.Var(&f.maxLine, "max-line", "longest record in `BYTES`; 64KiB, 1MiB and the like are understood")
	fs.Var(&f.maxOutput, "max-output", "longest output of a command in `BYTES`; it is held until its turn")
	fs.BoolVar(&f.unordered, "unordered", false, "write results as they come")
	fs.BoolVar(&f.json, "json", false, "write results, dead letters and report as JSON")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress bar and no end report; failures, and the names of files written, are told all the same")
}

// formatOf is the format asked for, or that of the input's name.
func (f *workFlags) formatOf() (record.Format, error) {
	if f.format == "" {
		return record.FormatOf(f.in), nil
	}
	format, err := record.ParseFormat(f.format)
	if err != nil {
		return "", usageError("--format: %w", err)
	}
	return format, nil
}
