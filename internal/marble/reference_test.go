package marble_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// signatures is a list of functions of package pipe in the guide.
var signatures = regexp.MustCompile("(?s)<!-- signatures: ([\\w ]+) -->\n```go\n(.*?)```\n")

// TestSignatures compares the lists with the source, and expects every function in one of them.
func TestSignatures(t *testing.T) {
	all := signaturesOf(t, "../../pipe/*.go")
	fresh := signatures.ReplaceAllStringFunc(read(t, page), func(old string) string {
		names := signatures.FindStringSubmatch(old)[1]
		var lines strings.Builder
		for _, name := range strings.Fields(names) {
			if all[name] == "" {
				t.Errorf("there is no pipe.%s, or it is listed twice", name)
			}
			lines.WriteString(all[name] + "\n")
			delete(all, name)
		}
		return "<!-- signatures: " + names + " -->\n```go\n" + lines.String() + "```\n"
	})
	for name := range all {
		t.Errorf("pipe.%s is in no list of signatures", name)
	}
	compare(t, page, []byte(fresh))
}

// signaturesOf returns the signatures of functions, shortened to what a caller writes.
func signaturesOf(t *testing.T, pattern string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range glob(t, pattern) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
				all[f.Name.Name] = signature(t, f)
			}
		}
	}
	return all
}

func signature(t *testing.T, f *ast.FuncDecl) string {
	t.Helper()
	var text strings.Builder
	f.Body, f.Doc, f.Type.TypeParams = nil, nil, nil
	if err := printer.Fprint(&text, token.NewFileSet(), f); err != nil {
		t.Fatal(err)
	}
	short := strings.NewReplacer("func "+f.Name.Name, f.Name.Name, "runnel.", "", "(ctx context.Context, in", "(ctx, in",
		"(ctx context.Context, a ", "(ctx, a ", "(ctx context.Context, f", "(ctx, f", "(ctx context.Context, seq", "(ctx, seq")
	return short.Replace(text.String())
}

// rightly is what the table of mistakes says that one writes, in code that compiles.
func rightly() error {
	g, ctx := pipe.NewGroup(ctx)
	var in runnel.Receiver[int] = runnel.New[int]()
	in = pipe.Take(ctx, in, 3)
	a, b := runnel.New[int](), runnel.New[int]()
	in = pipe.Merge(ctx, []runnel.Receiver[int]{in, a, b})
	words := runnel.New[string]()
	numbers := pipe.Map(ctx, words, 4, func(_ context.Context, s string) (int, error) { return strconv.Atoi(s) })
	few := pipe.Through(ctx, numbers, xf.Take[int](3))
	key := func(n int) int { return n % 10 }
	f := func(_ context.Context, n int) (int, error) { return n, nil }
	keyed := pipe.MapKeyed(ctx, few, 8, 16, key, f)
	batches := pipe.Batch(ctx, keyed, 2, time.Second)
	one := pipe.Through(ctx, batches, xf.FlatMap(func(b []int) []int { return b }))
	store := func(context.Context, int) error { return nil }
	backoff := runnel.Backoff{Attempts: 3}
	g.Go(func() error { return pipe.ForEach(ctx, one, 1, pipe.RetryEach(backoff, store)) })
	x := fan.NewMix(runnel.New[int]())
	x.Add(a)
	g.Go(func() error { return x.Set(fan.Setting[int]{In: a, Mode: fan.Mute}) })
	m := fan.NewMult(in)
	g.Go(func() error { return m.Run(ctx) })
	return g.Wait()
}

var _ = rightly // it is compiled, not run

// TestMistakes expects that what the table says is in code that compiles.
func TestMistakes(t *testing.T) {
	_, table, found := strings.Cut(read(t, page), "## If it does not compile")
	if !found {
		t.Fatal("there is no table of mistakes")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	code := strings.Join(bodiesIn(t, "reference_test.go")["rightly"], "\n")
	rows := 0
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[2]), "`") {
			continue
		}
		rows++
		if good := strings.Trim(cells[2], " `"); !strings.Contains(code, good) {
			t.Errorf("%s is not in the code that compiles", good)
		}
	}
	if want := 8; rows < want {
		t.Errorf("%d rows, want %d", rows, want)
	}
}
