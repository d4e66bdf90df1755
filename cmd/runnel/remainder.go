package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// checkRemainder refuses a remainder that could not be written, and one that exists: what is in it may be the only copy.
func checkRemainder(f *workFlags) error {
	switch {
	case f.remainder == "":
		return nil
	case filepath.Clean(f.remainder) == filepath.Clean(f.dead):
		return usageError("--remainder %s: is the file of --dead; name another", f.remainder)
	}
	file, err := createNew(f.remainder, 0o644)
	if err != nil {
		return usageError("--remainder %s: %s", f.remainder, whyNotNew(f.remainder, err))
	}
	return errors.Join(file.Close(), os.Remove(f.remainder))
}

func whyNotNew(name string, err error) string {
	info, _ := os.Stat(name)
	switch {
	case info != nil && info.IsDir():
		return "is a directory; name a file in it"
	case errors.Is(err, fs.ErrExist):
		return "exists; remove it or name another"
	}
	return plainReason(err)
}

func createNew(name string, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}

// createRemainder creates the file of what is left over. Where that fails, it creates one in the folder for temporary
// files, and returns the error all the same. Without any file, the error tells of both.
func createRemainder(f *workFlags) (*os.File, error) {
	stem, ext := remainderName(f)
	create := func() (*os.File, error) { return createFree(stem, ext, 0o644) }
	if f.remainder != "" {
		create = func() (*os.File, error) { return createNew(f.remainder, 0o644) }
	}
	file, err := create()
	if err == nil {
		return file, nil
	}
	file, errTemp := createFree(filepath.Join(os.TempDir(), stem), ext, 0o600) // others may look in there
	if errTemp != nil {
		return nil, fmt.Errorf("%w; %w", err, errTemp)
	}
	return file, err
}

// createFree creates a file under the first name that is free: the plain one, or one with a number.
func createFree(stem, ext string, perm fs.FileMode) (*os.File, error) {
	for n := 1; ; n++ {
		name := stem + ext
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", stem, n, ext)
		}
		if file, err := createNew(name, perm); !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// remainderName is the stem and the extension of a remainder's name, in the working directory. The extension is such
// that the format is found again.
func remainderName(f *workFlags) (stem, ext string) {
	format, _ := f.formatOf()
	if f.in == "-" {
		return "runnel.remainder", format.Ext()
	}
	base := filepath.Base(f.in)
	ext = filepath.Ext(base)
	stem = strings.TrimSuffix(base, ext)
	if record.FormatOf(base) != format {
		ext = format.Ext()
	}
	if !remainderStem.MatchString(stem) {
		return stem + ".remainder", ext
	}
	return remainderStem.ReplaceAllString(stem, ".remainder"), ext
}

// remainderStem matches a stem that is a remainder's already.
var remainderStem = regexp.MustCompile(`\.remainder(-\d+)?$`)
