package main

import (
	"errors"
	"fmt"
)

// The exit codes. The table is shown by --help and stands in the reference.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitBroken      = 3
	exitBug         = 70
	exitInterrupted = 130
)

const exitTable = `Exit codes:
  0    every record was done, or dropped by the policy that was asked for
  1    the job went through, but some records failed or were malformed
  2    nothing was started: a bad flag, file, header or command
  3    the job could not go on: reading the input or writing a file failed
  70   the account does not balance: a bug, please report it
  130  stopped by Ctrl-C (SIGINT), SIGTERM or SIGHUP`

// exitError is an error with the exit code for it. One without a text has been reported already.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

// usageError is an error in how the command was called, or in what it was given before anything started.
func usageError(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

// silent ends the command with a code and no further word.
func silent(code int) error {
	if code == exitOK {
		return nil
	}
	return exitError{code, nil}
}

// codeOf returns the exit code for an error; what carries none comes from reading the command line.
func codeOf(err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[exitError](err); ok {
		return e.code
	}
	return exitUsage
}
