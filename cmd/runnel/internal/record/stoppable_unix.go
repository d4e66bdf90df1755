//go:build unix

package record

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Stoppable reads from a file that may have nothing to give for long, such as a pipe or a terminal, and can be told to
// stop: then it gives no further byte and takes none, so that nothing is read that nobody will work on. It polls before
// it reads, because a blocked read cannot be called off, and making a shared standard input non-blocking would change
// it for every process that has it open.
type Stoppable struct {
	file *os.File
	wake *os.File // readable once stopped
	stop func()
}

// NewStoppable wraps f. Call Stop once, when done with it at the latest.
func NewStoppable(f *os.File) (*Stoppable, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &Stoppable{file: f, wake: r, stop: sync.OnceFunc(func() { w.Close() })}, nil
}

// Stop makes this and any later Read return io.EOF. It may be called from any goroutine, more than once.
func (s *Stoppable) Stop() { s.stop() }

// Read reads from the file unless the reader is stopped.
func (s *Stoppable) Read(p []byte) (int, error) {
	fds := []unix.PollFd{
		{Fd: int32(s.wake.Fd()), Events: unix.POLLIN},
		{Fd: int32(s.file.Fd()), Events: unix.POLLIN},
	}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, os.NewSyscallError("poll", err)
		case fds[0].Revents != 0:
			return 0, io.EOF
		default:
			return s.file.Read(p)
		}
	}
}
