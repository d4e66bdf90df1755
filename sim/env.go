package sim

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// What can be set from outside, for a test that has failed or is to run longer. It goes before
// the options.
const (
	envReplay    = "RUNNEL_SIM_REPLAY"
	envSeed      = "RUNNEL_SIM_SEED"
	envSchedules = "RUNNEL_SIM_SCHEDULES"
	envFor       = "RUNNEL_SIM_FOR"
)

// fromEnvironment returns the options that the environment sets.
func fromEnvironment() (opts []Option, err error) {
	for _, v := range []struct {
		name, want string
		parse      func(string) (Option, bool)
	}{
		{envSeed, "a number from 0 to 2⁶⁴−1, such as 42 or 0xc0ffee", parseSeed},
		{envSchedules, "a number of schedules, at least 1, such as 100000", parseSchedules},
		{envFor, "a duration, such as 30s; 0 means no limit", parseFor},
	} {
		s := os.Getenv(v.name)
		if s == "" {
			continue
		}
		o, ok := v.parse(s)
		if !ok {
			return nil, fmt.Errorf("sim: %s=%q: want %s", v.name, s, v.want)
		}
		opts = append(opts, o)
	}
	return opts, nil
}

func parseSeed(s string) (Option, bool) {
	n, err := strconv.ParseUint(s, 0, 64)
	return Seed(n), err == nil
}

func parseSchedules(s string) (Option, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return nil, false
	}
	return Schedules(n), true
}

func parseFor(s string) (Option, bool) {
	if s == "0" {
		return For(0), true
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return nil, false
	}
	return For(d), true
}
