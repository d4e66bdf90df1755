package command

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// awaitExit returns when the command has ended, and leaves it to be reaped: as long as it is a zombie no other process
// can get its number, so that its group can be killed without a doubt whose it is.
func awaitExit(cmd *exec.Cmd) (reap func() error) {
	var info unix.Siginfo
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	return cmd.Wait
}
