package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/runnel-go/runnel/cmd/runnel/internal/demo"
	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

const demoLong = `demo replays a week of real earthquakes (USGS, 1707 events) in about six seconds: two producers send them
through a sliding buffer to three consumers. Some attempts fail and are retried, some quakes become dead letters,
and when the consumers fall behind the buffer drops the oldest quakes. At the end comes the ledger, which balances.

What fails is the same for the same seed; what is dropped depends on the timing of the run.`

func newDemo(s streams) *cobra.Command {
	cfg := demo.Config{Speed: 1, Seed: 1}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch channels at work on a week of earthquakes",
		Long:  demoLong,
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return runDemo(cfg, s) },
	}
	cmd.Flags().Var((*speedFlag)(&cfg.Speed), "speed", "how fast; 2 takes half the time")
	cmd.Flags().Var((*seedFlag)(&cfg.Seed), "seed", "which attempts fail")
	return cmd
}

func runDemo(cfg demo.Config, s streams) error {
	cfg.Console = screen.NewConsole(s.out)
	stop := watchSignals()
	_, err := demo.Run(stop.soft, cfg)
	switch {
	case err != nil:
		return exitError{exitBug, err}
	case stop.soft.Err() != nil:
		return exitError{exitInterrupted, errors.New("stopped")}
	}
	return nil
}
