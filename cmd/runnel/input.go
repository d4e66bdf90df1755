package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
	"github.com/runnel-go/runnel/cmd/runnel/internal/screen"
)

// input is where records come from.
type input struct {
	file   *os.File
	name   string
	size   int64  // 0 if not known
	typed  bool   // by a person, who needs the line that a progress bar would take
	stop   func() // makes a pipe end where it is; nil for a file, which can be read on after a stop
	reader *record.Reader
}

// openInput opens the input and reads a CSV's header. soft calls off the wait for it.
func openInput(soft context.Context, f *workFlags, s streams, c *screen.Console) (*input, error) {
	format, err := f.formatOf()
	if err != nil {
		return nil, err
	}
	in := &input{name: f.in, file: s.in}
	if f.in == "-" {
		in.name = "standard input"
	} else if in.file, err = os.Open(f.in); err != nil {
		return nil, usageError("--in %s: %s", f.in, plainReason(err))
	}
	src, err := in.source(c)
	if err != nil {
		return nil, err
	}
	if in.stop != nil {
		defer context.AfterFunc(soft, in.stop)()
	}
	in.reader, err = record.NewReader(src, format, int(f.maxLine))
	if err != nil {
		return nil, usageError("%s: %w", in.name, err)
	}
	return in, nil
}

type reader interface{ Read([]byte) (int, error) }

// source returns what to read from: the file itself, or, if it may keep a reader waiting, something that can be stopped.
func (in *input) source(c *screen.Console) (reader, error) {
	info, err := in.file.Stat()
	switch {
	case err != nil:
		return nil, usageError("%s: %s", in.name, plainReason(err))
	case info.IsDir():
		return nil, usageError("--in %s: is a directory; name a file in it", in.name)
	case info.Mode().IsRegular():
		in.size = info.Size()
		return in.file, nil
	}
	if in.typed = screen.NewConsole(in.file).IsTerminal(); in.typed {
		c.Printf("runnel: reading records from the terminal; Ctrl-D ends them")
	}
	src, err := record.NewStoppable(in.file)
	if err != nil {
		return nil, usageError("%s: %w", in.name, err)
	}
	in.stop = src.Stop
	return src, nil
}

// plainReason is an error of a file without the operation and the path, which the message has already.
func plainReason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// openDead opens the file of dead letters, or returns nil if there is none.
func openDead(name string, in *input) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, usageError("--dead %s: %s", name, plainReason(err))
	}
	a, errA := f.Stat()
	b, errB := in.file.Stat()
	if errA == nil && errB == nil && os.SameFile(a, b) {
		return nil, usageError("--dead %s: is the input; name another file", name)
	}
	return f, nil
}
