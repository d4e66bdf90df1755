package record

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readAll reads a whole input; malformed records are given as their reason behind an exclamation mark.
func readAll(t testing.TB, in io.Reader, f Format, limit int) (texts []string, raw []byte) {
	t.Helper()
	r, err := NewReader(in, f, limit)
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, r.Header()...)
	for row := 1; ; row++ {
		rec, err := r.Next()
		bad, malformed := errors.AsType[*Bad](err)
		switch {
		case err == io.EOF:
			return texts, raw
		case malformed:
			rec = &bad.Record
			texts = append(texts, "!"+bad.Reason)
		case err != nil:
			t.Fatal(err)
		default:
			texts = append(texts, string(rec.Text))
		}
		raw = append(raw, rec.Raw...)
		if malformed && bad.Rest != nil {
			rest, err := io.ReadAll(bad.Rest)
			if err != nil {
				t.Fatal(err)
			}
			raw = append(raw, rest...)
		}
		if rec.Row != row {
			t.Fatalf("row %d, want %d", rec.Row, row)
		}
	}
}

func TestLines(t *testing.T) {
	for in, want := range map[string][]string{
		"":           nil,
		"a":          {"a"},
		"a\n":        {"a"},
		"a\nb":       {"a", "b"},
		"\n\n":       {"", ""},
		"a\r\nb\r\n": {"a", "b"},
		"\r":         {""},
		"\ufeffa\n":  {"a"},
		"\ufeff":     nil,
		"12345\n":    {"12345"},
		"123456\nx":  {"!longer than 5 bytes: raise --max-line to take it", "x"},
		"12345\r\n":  {"12345"},
		"123456":     {"!longer than 5 bytes: raise --max-line to take it"},
		"1234567\n":  {"!longer than 5 bytes: raise --max-line to take it"},
	} {
		if got, _ := readAll(t, strings.NewReader(in), Lines, 5); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A line of many times the buffer's size is within the limit, or is given whole through Rest.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("0123456789", 50_000)
	in := "a\n" + long + "\nb\n"
	for _, limit := range []int{10, 64 << 10, len(long) - 1, len(long)} {
		texts, raw := readAll(t, iotest.HalfReader(strings.NewReader(in)), Lines, limit)
		if len(texts) != 3 || texts[2] != "b" || (texts[1] == long) != (limit == len(long)) {
			t.Errorf("limit %d: %d records", limit, len(texts))
		}
		if string(raw) != in {
			t.Errorf("limit %d: %d bytes came back of %d", limit, len(raw), len(in))
		}
	}
}

// Rest that nobody reads is skipped.
func TestRestIsSkipped(t *testing.T) {
	r, err := NewReader(strings.NewReader(strings.Repeat("x", 200_000)+"\nb\n"), Lines, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil {
		t.Fatal("no error for a line over the limit")
	}
	if rec, err := r.Next(); err != nil || string(rec.Text) != "b" || rec.Line != 2 {
		t.Fatalf("behind the long line: %+v, %v", rec, err)
	}
}

// A short first record is there as soon as its line is, though its input goes on later.
func TestFirstRecordDoesNotWait(t *testing.T) {
	in, w := io.Pipe()
	defer in.Close()
	go func() { _, _ = io.WriteString(w, "\n") }()
	r, err := NewReader(in, Lines, 100)
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := r.Next(); err != nil || len(rec.Text) > 0 {
		t.Fatalf("%v, %v", rec, err)
	}
}

func TestLineNumbers(t *testing.T) {
	r, err := NewReader(strings.NewReader("a,b\n1,\"x\ny\"\n\n2,z\n"), CSV, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"row 1 (line 2)", "row 2 (line 5)"} {
		if rec, err := r.Next(); err != nil || rec.Where() != want {
			t.Fatalf("%v, %v, want %s", rec, err, want)
		}
	}
}

func TestReadErrorEndsTheStream(t *testing.T) {
	broken := errors.New("broken disk")
	r, err := NewReader(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)), Lines, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Fatalf("error %v, want %v", err, broken)
	}
}

func TestStoppableGivesNothingAfterStop(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	s, err := NewStoppable(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.WriteString("first")
	buf := make([]byte, 100)
	if n, err := s.Read(buf); err != nil || string(buf[:n]) != "first" {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	go s.Stop()
	if n, err := s.Read(buf); n != 0 || err != io.EOF { // it waits, for the pipe is open and empty
		t.Fatalf("stopped while waiting: %d bytes, %v", n, err)
	}
	_, _ = w.WriteString("second")
	if n, err := s.Read(buf); n != 0 || err != io.EOF {
		t.Fatalf("stopped before: %d bytes, %v", n, err)
	}
	if n, _ := r.Read(buf); string(buf[:n]) != "second" {
		t.Fatalf("what was not asked for must stay in the pipe; there is %q", buf[:n])
	}
}

// Whatever the input: no panic, no row lost, and for lines every byte comes back in its place. What CSV and NDJSON leave
// out is blank lines.
func FuzzReader(f *testing.F) {
	f.Add([]byte("a,b\n1,\"2\n3\"\n\"x\"y,1\n5\" pipe,2\n\n\"open"), 10)
	f.Add([]byte("\xef\xbb\xbf{\"a\":1}\r\n\nnope\n"), 5)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		if limit < 1 || limit > 1<<20 {
			return
		}
		_, raw := readAll(t, bytes.NewReader(in), Lines, limit)
		if want := bytes.TrimPrefix(in, mark); !bytes.Equal(raw, want) {
			t.Errorf("lines: %q came back of %q", raw, want)
		}
		_, raw = readAll(t, bytes.NewReader(in), NDJSON, limit)
		if got, want := squeeze(raw), squeeze(bytes.TrimPrefix(in, mark)); got != want {
			t.Errorf("ndjson: %q came back of %q", got, want)
		}
		if _, err := NewReader(bytes.NewReader(in), CSV, limit); err != nil {
			return
		}
		_, raw = readAll(t, bytes.NewReader(in), CSV, limit)
		if got, want := squeeze(raw), squeeze(in); got != want {
			t.Errorf("csv: %q came back of %q", got, want)
		}
	})
}

// squeeze takes out blanks and line ends.
func squeeze(b []byte) string { return strings.Join(strings.Fields(string(b)), "") }
