package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"github.com/runnel-go/runnel/bench/report"
)

// machine describes the computer as far as it can be asked.
func machine() report.Machine {
	cpuinfo, _ := os.ReadFile("/proc/cpuinfo")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return report.Machine{
		CPU: cmp.Or(model(string(cpuinfo)), "unknown CPU"), Cores: runtime.NumCPU(),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: cmp.Or(strings.TrimSpace(string(kernel)), "unknown"),
	}
}

// model names the processor by the text of /proc/cpuinfo. Family and model
// are part of the name: hypervisors give the same one to many generations.
func model(cpuinfo string) string {
	name := field(cpuinfo, "model name")
	if family := field(cpuinfo, "cpu family"); family != "" {
		name += fmt.Sprintf(" (family %s, model %s)", family, field(cpuinfo, "model"))
	}
	return name
}

// field is the value of a key where it stands first.
func field(cpuinfo, key string) string {
	for line := range strings.Lines(cpuinfo) {
		if k, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a part of a file name.
func slug(s string) string {
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(s), "-"), "-")
}

// commit returns what the checkout is at, and whether anything but results
// was changed since.
func commit() (hash string, modified bool) {
	out, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "unknown", false
	}
	top, _ := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	status := exec.Command("git", "status", "--porcelain", "--", ":!bench/results")
	status.Dir = strings.TrimSpace(string(top))
	changes, _ := status.Output()
	return strings.TrimSpace(string(out)), len(changes) > 0
}
