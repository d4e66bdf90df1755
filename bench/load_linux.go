package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// readLoad reads the CPU time of the process and, per thread, how long it has
// queued for a CPU: /proc/self/task/*/schedstat holds running time, queueing
// time and the number of slices.
func readLoad() load {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return load{}
	}
	l := load{cpu: time.Duration(u.Utime.Nano() + u.Stime.Nano())}
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		text, _ := os.ReadFile("/proc/self/task/" + t.Name() + "/schedstat")
		l.delay += queued(string(text))
	}
	return l
}

func queued(schedstat string) time.Duration {
	fields := strings.Fields(schedstat)
	if len(fields) < 2 {
		return 0
	}
	ns, _ := strconv.ParseInt(fields[1], 10, 64)
	return time.Duration(ns)
}
