package record

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
)

// Format is how records are told apart.
type Format string

// The formats.
const (
	Lines  Format = "lines"  // every line is a record, empty ones too
	NDJSON Format = "ndjson" // every line that is not blank is a JSON value
	CSV    Format = "csv"    // the first row is the header; a record may span lines within quotes
)

// ParseFormat checks a format's name.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case Lines, NDJSON, CSV:
		return f, nil
	}
	return "", fmt.Errorf("unknown format %q: use lines, ndjson or csv", s)
}

// FormatOf guesses the format from a file's name: .csv, .ndjson and .jsonl tell; anything else is lines.
func FormatOf(name string) Format {
	return cmp.Or(formats[strings.ToLower(filepath.Ext(name))], Lines)
}

var (
	formats    = map[string]Format{".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}
	extensions = map[Format]string{CSV: ".csv", NDJSON: ".ndjson", Lines: ".txt"}
)

// Ext is the file name extension by which FormatOf finds the format again.
func (f Format) Ext() string { return extensions[f] }
