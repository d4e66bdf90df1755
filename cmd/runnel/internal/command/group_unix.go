//go:build unix

package command

import (
	"context"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ownGroup puts the command into a process group of its own: a Ctrl-C in the terminal does not reach it, and the group
// can be killed as a whole.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// waitGroup waits for the command, ends it if ctx ends first, and kills what is left of its group. The cause is why it
// was killed, nil if it ended by itself.
func waitGroup(ctx context.Context, cmd *exec.Cmd) (err, cause error) {
	pid := cmd.Process.Pid
	ended := make(chan struct{})
	var reap func() error
	go func() {
		defer close(ended)
		reap = awaitExit(cmd)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		cause = context.Cause(ctx)
		endGroup(pid, ended)
	}
	_ = unix.Kill(-pid, unix.SIGKILL)
	return reap(), cause
}

// endGroup asks the group to end, and insists after a while.
func endGroup(pid int, ended <-chan struct{}) {
	_ = unix.Kill(-pid, unix.SIGTERM)
	select {
	case <-ended:
	case <-time.After(grace):
		_ = unix.Kill(-pid, unix.SIGKILL)
		<-ended
	}
}
