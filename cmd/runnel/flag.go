package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/runnel-go/runnel/cmd/runnel/internal/job"
)

// policyFlag is the value of --buffer.
type policyFlag struct{ job.Policy }

// Set reads fixed:N, dropping:N or sliding:N.
func (p *policyFlag) Set(s string) (err error) {
	p.Policy, err = job.ParsePolicy(s)
	return err
}

// Type is the name of the value in the help.
func (*policyFlag) Type() string { return "policy" }

// sizeFlag is a number of bytes.
type sizeFlag int

var sizeUnits = map[string]int{"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

// Set reads a number with an optional unit: K, M or G, with or without B or iB, all of them powers of 1024.
func (f *sizeFlag) Set(s string) error {
	digits := strings.TrimRight(s, "KMGiBkmgb")
	n, err := strconv.Atoi(digits)
	unit, ok := sizeUnits[strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(s[len(digits):]), "B"), "I")]
	if err != nil || !ok || n < 1 || n > (1<<31-1)/unit {
		return errors.New("use a number of bytes from 1 to 2 GiB, such as 65536, 64KiB or 1MiB")
	}
	*f = sizeFlag(n * unit)
	return nil
}

// String spells the size in the largest unit that divides it.
func (f *sizeFlag) String() string {
	for _, unit := range []string{"G", "M", "K"} {
		if n := sizeUnits[unit]; *f > 0 && int(*f)%n == 0 {
			return fmt.Sprintf("%d%siB", int(*f)/n, unit)
		}
	}
	return strconv.Itoa(int(*f))
}

// Type is the name of the value in the help.
func (*sizeFlag) Type() string { return "bytes" }

// countFlag is a whole number within bounds.
type countFlag struct{ n, least, most int }

// Set reads the number.
func (f *countFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < f.least || n > f.most {
		return fmt.Errorf("use a number from %d to %d", f.least, f.most)
	}
	f.n = n
	return nil
}

func (f *countFlag) String() string { return strconv.Itoa(f.n) }

// Type is the name of the value in the help.
func (*countFlag) Type() string { return "N" }

// timeFlag is a span of time, not negative.
type timeFlag time.Duration

// Set reads the time.
func (f *timeFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return errors.New("use a time such as 500ms, 10s or 2m")
	}
	*f = timeFlag(d)
	return nil
}

func (f *timeFlag) String() string { return time.Duration(*f).String() }

// Type is the name of the value in the help.
func (*timeFlag) Type() string { return "time" }

// speedFlag is a factor.
type speedFlag float64

// Set reads the factor.
func (f *speedFlag) Set(s string) error {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x >= 0.01 && x <= 10_000) { // NaN is neither
		return errors.New("use a number from 0.01 to 10000")
	}
	*f = speedFlag(x)
	return nil
}

func (f *speedFlag) String() string { return strconv.FormatFloat(float64(*f), 'g', -1, 64) }

// Type is the name of the value in the help.
func (*speedFlag) Type() string { return "number" }

// seedFlag is where chance begins.
type seedFlag uint64

// Set reads the seed.
func (f *seedFlag) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return fmt.Errorf("use a whole number from 0 to %d", uint64(math.MaxUint64))
	}
	*f = seedFlag(n)
	return nil
}

func (f *seedFlag) String() string { return strconv.FormatUint(uint64(*f), 10) }

// Type is the name of the value in the help.
func (*seedFlag) Type() string { return "N" }

// noEmptyNames refuses a file that was given the name "", as by a variable of the shell that is not set.
func noEmptyNames(fs *pflag.FlagSet) (err error) {
	fs.Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.String() == "" && (f.Name == "in" || f.Name == "dead" || f.Name == "remainder") {
			err = usageError("--%s: the name of the file is empty", f.Name)
		}
	})
	return err
}
