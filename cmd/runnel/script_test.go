package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"runnel": main}) }

// TestScript runs every script of testdata/script. Beside the commands of testscript they have those below.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"await":     await,
			"interrupt": interrupt,
			"exited":    exited,
			"count":     count,
			"gone":      gone,
		},
		Setup: func(e *testscript.Env) error {
			e.Values[lastSignalled{}] = new(*exec.Cmd)
			return nil
		},
	})
}

// exits CODE PROGRAM [ARG]... runs a program that must exit with the code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	if got := exitCode(err); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d (%v), want %s", got, err, args[0])
	}
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	return -1
}

// await FILE [TEXT] waits until a file exists, and holds the text.
func await(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.Join(args[1:], " ")
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.Contains(string(b), text) {
			return
		}
	}
	ts.Fatalf("waited in vain for %s", strings.Join(args, " "))
}

type lastSignalled struct{}

// interrupt sends SIGINT, as Ctrl-C does, to the program that was put into the background last.
func interrupt(ts *testscript.TestScript, _ bool, _ []string) {
	all := ts.BackgroundCmds()
	cmd := all[len(all)-1]
	*ts.Value(lastSignalled{}).(**exec.Cmd) = cmd
	ts.Check(cmd.Process.Signal(os.Interrupt))
}

// exited CODE checks, after wait, the exit code of the program that was interrupted.
func exited(ts *testscript.TestScript, _ bool, args []string) {
	cmd := *ts.Value(lastSignalled{}).(**exec.Cmd)
	if got := cmd.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// count N FILE checks the number of lines of a file.
func count(ts *testscript.TestScript, _ bool, args []string) {
	if n := strings.Count(ts.ReadFile(args[1]), "\n"); strconv.Itoa(n) != args[0] {
		ts.Fatalf("%s has %d lines, want %s", args[1], n, args[0])
	}
}

// gone FILE waits until the process whose number is in the file has ended. A zombie has: the orphan of a killed process
// is nobody's to reap where the first process of the system does not care.
func gone(ts *testscript.TestScript, _ bool, args []string) {
	pid := strings.TrimSpace(ts.ReadFile(args[0]))
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		out, err := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
		if err != nil || strings.HasPrefix(string(out), "Z") {
			return
		}
	}
	ts.Fatalf("process %s still runs", pid)
}
