package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

//go:generate sh -c "go run . reference > REFERENCE.md"

// newReference is hidden: it makes the page that stands beside this file. Cobra's own generator would bring a YAML and
// a man page library along.
func newReference(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "reference",
		Short:  "Print the reference page",
		Hidden: true,
		Args:   noArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "# The command runnel\n\nMade from the command's help; `go generate` makes it again.\n")
			writeReference(w, root)
		},
	}
}

func writeReference(w io.Writer, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	fmt.Fprintf(w, "\n## %s\n\n```text\n%s\n\n%s```\n", cmd.CommandPath(), strings.TrimSpace(longOf(cmd)), usageOf(cmd))
	for _, c := range cmd.Commands() {
		if listed(c) {
			writeReference(w, c)
		}
	}
}

// listed tells whether a command is ours, and not one that cobra adds.
func listed(c *cobra.Command) bool {
	return c.IsAvailableCommand() && c.Name() != "completion" && c.Name() != "help"
}

func longOf(cmd *cobra.Command) string {
	if cmd.Long == "" {
		return cmd.Short
	}
	return cmd.Long
}

// usageOf is the usage without what depends on the machine.
func usageOf(cmd *cobra.Command) string {
	if f := cmd.Flags().Lookup("workers"); f != nil {
		f.DefValue = "number of CPUs"
	}
	return cmd.UsageString()
}
