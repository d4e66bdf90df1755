package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootLong = `runnel pushes records through a channel with a policy: for when it is full, for how it ends,
and with an account of every value that went through it.

  runnel work   run a command for each record of a file or of standard input
  runnel demo   watch channels at work on a week of earthquakes

Flags may be written with one dash or two.

` + exitTable

// execute runs the command line and returns the exit code.
func execute(args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(doubleDashes(root, args))
	cmd, err := root.ExecuteContextC(context.Background())
	if e, ok := errors.AsType[exitError](err); err != nil && (!ok || e.error != nil) {
		complain(s, cmd, err)
	}
	return codeOf(err)
}

// complain writes an error, one line for each of those that were joined.
func complain(s streams, cmd *cobra.Command, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(s.err, "%s: %s%s\n", cmd.CommandPath(), strings.TrimSuffix(line, "\n"), hint(cmd, err))
	}
}

// hint points to the help if it was the command line that could not be read.
func hint(cmd *cobra.Command, err error) string {
	if _, ok := errors.AsType[exitError](err); ok {
		return ""
	}
	return fmt.Sprintf(" (see %s --help)", cmd.CommandPath())
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "runnel",
		Short:         "Run a command for each record, and account for every one",
		Long:          rootLong,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          known,
		// How many letters a name may be off to be suggested.
		SuggestionsMinimumDistance: 2,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(newWork(s), newDemo(s), newVersion(), newReference(root))
	root.InitDefaultCompletionCmd()
	return root
}

// known refuses an argument that names no command.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unknown command %q%s", args[0], meant(cmd.SuggestionsFor(args[0]), ""))
}

// noArgs refuses arguments of a command that has none.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes no arguments", cmd.Name())
}

// meant asks for what may have been meant, if anything comes near.
func meant(near []string, prefix string) string {
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + prefix + strings.Join(near, " or "+prefix) + "?"
}

// flagError adds to the error of an unknown flag which one may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	names := &cobra.Command{SuggestionsMinimumDistance: 2} // cobra compares the names of commands only
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	return fmt.Errorf("%w%s", err, meant(names.SuggestionsFor(unknown.GetSpecifiedName()), "--"))
}

// doubleDashes lets long flags be written with one dash (-buffer), as Go programs have them, beside the two that the
// flag package in use asks for. It looks no further than the flags do: behind "--" and behind the first argument that
// is no flag stands the command to run.
func doubleDashes(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args[:min(1, len(args))])
	if err != nil {
		return args
	}
	cmd.InitDefaultHelpFlag()
	var out []string
	if cmd != root {
		out, args = append(out, args[0]), args[1:]
	}
	for i := 0; i < len(args); i++ {
		flag, isFlag := doubled(cmd, args[i])
		if !isFlag {
			return append(out, args[i:]...)
		}
		out = append(out, flag)
		if i+1 < len(args) && takesNext(cmd, flag) {
			i++
			out = append(out, args[i])
		}
	}
	return out
}

// doubled returns a flag with two dashes if it is a long one written with one, and whether it is a flag at all.
func doubled(cmd *cobra.Command, arg string) (flag string, isFlag bool) {
	if len(arg) < 2 || arg[0] != '-' || arg == "--" {
		return arg, false
	}
	name, _, _ := strings.Cut(arg[1:], "=")
	if len(name) > 1 && cmd.Flags().Lookup(name) != nil {
		return "-" + arg, true
	}
	return arg, true
}

// takesNext tells whether the flag's value is the argument behind it.
func takesNext(cmd *cobra.Command, arg string) bool {
	var f *pflag.Flag
	switch {
	case strings.Contains(arg, "="):
		return false
	case strings.HasPrefix(arg, "--"):
		f = cmd.Flags().Lookup(arg[2:])
	case len(arg) == 2:
		f = cmd.Flags().ShorthandLookup(arg[1:])
	}
	return f != nil && f.NoOptDefVal == ""
}
