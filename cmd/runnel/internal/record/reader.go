package record

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/runnel-go/runnel/cmd/runnel/internal/legible"
)

// Reader reads records from a stream.
type Reader struct {
	scan    scanner
	format  Format
	row     int
	header  []byte
	columns []string
}

// NewReader reads records of a format from r, none longer than limit bytes. For CSV it reads the header at once, and
// fails if there is none or it is malformed.
func NewReader(r io.Reader, f Format, limit int) (*Reader, error) {
	rd := &Reader{format: f, scan: scanner{src: bufio.NewReaderSize(r, 64<<10), max: limit, line: 1}}
	if f == CSV {
		rd.scan.quotes = &state{}
		return rd, rd.readHeader()
	}
	return rd, nil
}

func (r *Reader) readHeader() error {
	row, err := r.notBlank()
	switch {
	case err == io.EOF:
		return errors.New("no header: a CSV begins with a line that names its columns, and this input is empty")
	case err == errOverlong:
		return fmt.Errorf("the header is longer than %d bytes: raise --max-line or check that this is a CSV", r.scan.max)
	case err != nil:
		return err
	}
	r.columns, err = parseRow(trimEnd(row.raw))
	if err != nil {
		return fmt.Errorf("the header is malformed: %w", err)
	}
	r.header = append(r.scan.bom[:len(r.scan.bom):len(r.scan.bom)], row.raw...)
	return nil
}

// Header returns the header of a CSV as it was read, to stand before rows that are written elsewhere.
func (r *Reader) Header() []byte { return r.header }

// Columns returns the names of the columns of a CSV, nil for other formats.
func (r *Reader) Columns() []string { return r.columns }

// Next returns the next record; io.EOF at the end; a [*Bad] for a malformed record, after which Next goes on.
func (r *Reader) Next() (*Record, error) {
	row, err := r.notBlank()
	if err != nil && err != errOverlong {
		return nil, err
	}
	r.row++
	rec := &Record{Row: r.row, Line: row.line, Raw: row.raw, Text: trimEnd(row.raw), Format: r.format, columns: r.columns}
	if err == errOverlong {
		reason := fmt.Sprintf("longer than %d bytes: raise --max-line to take it", r.scan.max)
		if r.scan.quotes != nil && r.scan.quotes.at == quoted {
			reason += ", or close the quote that is open at that point"
		}
		return nil, &Bad{Record: *rec, Reason: reason, Rest: r.scan.rest}
	}
	if reason := rec.parse(); reason != "" {
		return nil, &Bad{Record: *rec, Reason: reason}
	}
	return rec, nil
}

type row struct {
	raw  []byte
	line int
}

// notBlank returns the next row that counts: CSV and NDJSON ignore blank lines, to the format lines they are records.
func (r *Reader) notBlank() (row, error) {
	for {
		raw, line, err := r.scan.next()
		if err != nil || r.format == Lines || len(bytes.TrimSpace(raw)) > 0 {
			return row{raw, line}, err
		}
	}
}

// parse checks the record and returns what is wrong with it, or "".
func (r *Record) parse() string {
	switch r.Format {
	case NDJSON:
		return checkJSON(r.Text)
	case CSV:
		return r.parseCSV()
	}
	return ""
}

func checkJSON(b []byte) string {
	if json.Valid(b) {
		return ""
	}
	var v json.RawMessage
	err := json.Unmarshal(b, &v)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("not JSON: %v (byte %d); each line must be one JSON value", e, e.Offset)
	}
	return fmt.Sprintf("not JSON: %v; each line must be one JSON value", err)
}

func (r *Record) parseCSV() string {
	values, err := parseRow(r.Text)
	switch {
	case err != nil:
		return "malformed CSV: " + err.Error()
	case len(values) != len(r.columns):
		return fmt.Sprintf("%s, but the header has %d%s", count(len(values), "field"), len(r.columns), listed(r.columns))
	}
	r.values = values
	return ""
}

func parseRow(text []byte) ([]string, error) {
	p := csv.NewReader(bytes.NewReader(text))
	p.FieldsPerRecord = -1
	values, err := p.Read()
	e, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case !ok:
		return values, err
	case e.Err == csv.ErrBareQuote:
		return nil, fmt.Errorf(`a quote within a field at byte %d: a field with quotes must be quoted, and its quotes doubled`, e.Column)
	case e.Err == csv.ErrQuote && strings.Count(string(text), `"`)%2 == 1:
		return nil, errors.New("a quote is opened and never closed")
	case e.Err == csv.ErrQuote:
		return nil, fmt.Errorf(`text behind a closing quote at byte %d: quotes within a quoted field must be doubled`, e.Column)
	}
	return nil, e.Err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// listed is a list of columns in brackets, if it is short.
func listed(columns []string) string {
	if list := legible.List(columns); list != "" {
		return " (" + list + ")"
	}
	return ""
}
