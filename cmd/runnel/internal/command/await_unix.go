//go:build unix && !linux

package command

import "os/exec"

// awaitExit returns when the command has ended. Without a dependable waitid it is reaped at once; a process that it
// left behind with its output open makes the wait last until the grace is over.
func awaitExit(cmd *exec.Cmd) (reap func() error) {
	err := cmd.Wait()
	return func() error { return err }
}
