package mq

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func failedAttempt(n int) Attempt {
	return attemptOf(n, noon.Add(time.Duration(n)*time.Second), time.Millisecond, fmt.Errorf("attempt %d", n))
}

// attempts made = len(First) + Out + len(Last), and those told are the first and the last ones.
func TestHistoryKeepsTheEnds(t *testing.T) {
	var state []byte
	for n := 1; n <= 40; n++ {
		state = remember(state, n-1, failedAttempt(n))
		h := trailOf(state, n)
		if h.made() != n {
			t.Fatalf("after %d attempts the history tells of %d", n, h.made())
		}
		if len(state) > 4<<10 {
			t.Fatalf("after %d attempts the state has %d bytes", n, len(state))
		}
		for i, a := range h.attempts() {
			want := i + 1
			if i >= len(h.First) {
				want += h.Out
			}
			if a != failedAttempt(want) {
				t.Fatalf("after %d attempts, line %d is %+v, want that of attempt %d", n, i, a, want)
			}
		}
	}
}

// A State that is not ours, or that lacks attempts, hides none: they count as left out.
func TestHistoryOfAnUnknownState(t *testing.T) {
	for _, state := range []string{"", "{", "\x00\x01", `{"first":7}`, `[]`, `null`} {
		h := trailOf([]byte(state), 4)
		if h.made() != 4 || h.Out != 4 {
			t.Errorf("state %q: %+v, want 4 left out", state, h)
		}
		h = h.add(failedAttempt(5))
		if h.made() != 5 || len(h.attempts()) != 1 || h.attempts()[0].Number != 5 {
			t.Errorf("state %q: after one more: %+v", state, h)
		}
	}
}

func deliveryAfter(n int) *driver.Delivery {
	var state []byte
	for i := 1; i <= n; i++ {
		state = remember(state, i-1, failedAttempt(i))
	}
	return &driver.Delivery{
		Record:   driver.Record{ID: "m1", Key: "k", Seq: 9, Payload: []byte("{}"), Published: noon},
		Attempts: n, State: state, Lapses: 1,
	}
}

func TestLetterOf(t *testing.T) {
	last := failedAttempt(3)
	l := letterOf(burial{
		Delivery: deliveryAfter(2), Reason: ReasonFailed, Err: fmt.Errorf("bill: %w", os.ErrNotExist), Last: &last,
		Group: "billing", Handler: "bill", Version: "v2", Time: noon,
	})
	if l.Group != "billing" || !l.Time.Equal(noon) || l.Record.ID != "m1" || l.Record.Seq != 9 {
		t.Errorf("letter %+v", l)
	}
	var c cause
	if err := json.Unmarshal(l.Cause, &c); err != nil {
		t.Fatal(err)
	}
	if c.Reason != "failed" || c.Error != "bill: file does not exist" || c.Type != "*errors.errorString" ||
		c.Handler != "bill" || c.Version != "v2" || c.Lapses != 1 || c.History.made() != 3 ||
		c.Title != "failed: bill: file does not exist" || len(c.Fingerprint) != 16 || c.Stack != "" {
		t.Errorf("cause %s", l.Cause)
	}
}

// Whatever the error is, the letter is written, and bounded.
func TestLetterOfAnything(t *testing.T) {
	circle := &loop{}
	circle.inner = fmt.Errorf("again: %w", circle)
	for _, err := range []error{
		nil, circle, &rude{}, errors.New(strings.Repeat("ü", 100_000)), errors.New("\xff\xfe"),
		errors.Join(nil, errors.New("a"), runnel.Permanent(errors.New("b"))),
		&runnel.PanicError{Value: 7, Stack: []byte(strings.Repeat("x", 1<<20))},
		fmt.Errorf("x: %w", &runnel.PanicError{Value: os.ErrClosed}),
	} {
		l := letterOf(burial{Delivery: &driver.Delivery{State: []byte("?")}, Reason: ReasonPanic, Err: err})
		var c cause
		if e := json.Unmarshal(l.Cause, &c); e != nil || len(c.Fingerprint) != 16 || c.Title == "" {
			t.Errorf("%T: %v: %.200s", err, e, l.Cause)
		}
		if len(l.Cause) > 64<<10 {
			t.Errorf("%T: the cause has %d bytes", err, len(l.Cause))
		}
	}
}

type loop struct{ inner error }

func (*loop) Error() string   { return "loop" }
func (l *loop) Unwrap() error { return l.inner }

type rude struct{}

func (*rude) Error() string { panic("no") }
func (*rude) Unwrap() error { panic("neither") }

func TestTypeOf(t *testing.T) {
	for want, err := range map[string]error{
		"":                    nil,
		"*fs.PathError":       fmt.Errorf("a: %w", fmt.Errorf("b: %w", &os.PathError{Err: os.ErrExist})),
		"*mq.loop":            runnel.Permanent(runnel.RetryAfter(1, &loop{})),
		"*errors.errorString": errors.Join(errors.New("x")),
		"string":              &runnel.PanicError{Value: "x"},
		"*mq.rude":            &rude{},
	} {
		if got := typeOf(err); got != want {
			t.Errorf("typeOf(%T) = %q, want %q", err, got, want)
		}
	}
}

func TestTemplate(t *testing.T) {
	for text, want := range map[string]string{
		"order 17 not found":                                              "order # not found",
		"order-2024-0001 of user17 is gone":                               "order-# of user# is gone",
		`no customer "ada" in 'Rome' or ` + "`x`":                         "no customer # in # or #",
		"can't open it, won't try":                                        "can't open it, won't try",
		"dial tcp 10.0.0.1:5432: connection refused":                      "dial tcp #: connection refused",
		"dial tcp [fe80::1%eth0]:443: refused":                            "dial tcp #: refused",
		"at 2026-01-02T15:04:05.123Z: late":                               "at #: late",
		"at 2026-01-02 15:04:05.1 +0100 CET m=+0.5: late":                 "at #: late",
		"at Fri, 02 Jan 2026 15:04:05 GMT: late":                          "at #: late",
		"took 1m3.5s, want 250ms":                                         "took #, want #",
		"id 123e4567-e89b-12d3-a456-426614174000!":                        "id #!",
		"object 0xc000012345 and deadbeef00":                              "object # and #",
		"missing [1, 2, 3] of 5":                                          "missing [#] of #",
		"value -3.5e+10 out of range":                                     "value # out of range",
		"unexpected status 404 for order 17":                              "unexpected status 404 for order #",
		"exit status 2":                                                   "exit status 2",
		"ERROR: duplicate (SQLSTATE 23505)":                               "ERROR: duplicate (SQLSTATE 23505)",
		"mail to ada.l@example.org bounced":                               "mail to # bounced",
		"ulid 01ARZ3NDEKTSV4RRFFQ69G5FAV":                                 "ulid #",
		"runtime error: index out of range [5] with length 3":             "runtime error: index out of range [#] with length #",
		"a::b: std::vector":                                               "a::b: std::vector",
		"  white \n\t space ":                                             "white space",
		"card declined":                                                   "card declined",
		"read tcp 10.0.0.1:80->10.0.0.2:44312: i/o timeout (attempt 3/5)": "read tcp #->#: i/o timeout (attempt #)",
	} {
		if got := template(text); got != want {
			t.Errorf("template(%q)\n got %q\nwant %q", text, got, want)
		}
	}
}

const letters = "abcdefghijklmnopqrstuvwxyz"

// ids makes what texts have in them that tells one message from another.
var ids = []func(*rand.Rand) string{
	func(r *rand.Rand) string { return fmt.Sprint(r.Uint64() >> r.IntN(64)) },
	func(r *rand.Rand) string { return fmt.Sprint(r.NormFloat64()) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("%x-%x-%x", r.Uint32(), r.Uint32()|1<<31, r.Uint64()|1<<63)
	},
	func(r *rand.Rand) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), r.Uint64()>>16) },
	func(r *rand.Rand) string { return fmt.Sprintf("0x%x", r.Uint64()) },
	func(r *rand.Rand) string { return fmt.Sprintf("%q", fmt.Sprint("it's ", r.Uint64(), ` "so" \`)) },
	func(r *rand.Rand) string {
		return time.Unix(r.Int64N(1<<32), r.Int64N(1e9)).UTC().Format(time.RFC3339Nano)
	},
	func(r *rand.Rand) string { return time.Unix(r.Int64N(1<<32), 0).UTC().Format(time.RFC1123) },
	func(r *rand.Rand) string { return time.Unix(r.Int64N(1<<32), 0).UTC().String() },
	func(r *rand.Rand) string { return time.Duration(r.Int64() >> r.IntN(60)).String() },
	func(r *rand.Rand) string {
		return fmt.Sprintf("%d.%d.%d.%d:%d", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(65536))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("[2001:db8::%x:%x]:%d", r.IntN(65536), r.IntN(65536), r.IntN(65536))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("%c%d@example.org", letters[r.IntN(26)], r.IntN(100))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("01%c%d%cZQ%dT", 'A'+r.IntN(26), r.IntN(10), 'A'+r.IntN(26), r.IntN(10))
	},
	func(r *rand.Rand) string {
		return fmt.Sprint([]int{r.IntN(9), r.IntN(999), r.IntN(99999)}[:1+r.IntN(3)])
	},
}

// words of which no two are taken for ids, or for each other.
func phrase(r *rand.Rand) string {
	var words []string
	for range 2 + r.IntN(5) {
		w := []byte("z") // no hexadecimal digit
		for range 1 + r.IntN(6) {
			w = append(w, letters[r.IntN(26)])
		}
		words = append(words, string(w))
	}
	return strings.Join(words, " ")
}

// The same words around other ids are one group; other words, types, handlers, reasons, versions or
// functions are another one.
func TestFingerprintProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 900 {
		a, b, id := phrase(r), phrase(r), ids[i%len(ids)]
		text := func() string { return a + " " + id(r) + " " + b }
		base := burial{Reason: ReasonFailed, Handler: "h", Version: "v1", Err: errors.New(text())}
		same := base
		same.Err = errors.New(text())
		first, _ := fingerprint(base, "")
		second, _ := fingerprint(same, "")
		if first != second {
			t.Fatalf("two groups of\n%v  (%s)\n%v  (%s)", base.Err, template(base.Err.Error()), same.Err, template(same.Err.Error()))
		}
		for name, other := range differing(base, phrase(r)) {
			if p, _ := fingerprint(other, ""); p == first {
				t.Fatalf("another %s is the same group: %v, %v", name, base.Err, other.Err)
			}
		}
	}
}

func differing(base burial, words string) map[string]burial {
	text, handler, version, reason, kind, wrap := base, base, base, base, base, base
	text.Err = errors.New(base.Err.Error() + " " + words)
	handler.Handler += words
	version.Version, version.Handler = "v1h", ""
	reason.Reason = ReasonStuck
	kind.Err = otherError(base.Err.Error())
	wrap.Err = fmt.Errorf("%w", base.Err)
	return map[string]burial{
		"text": text, "handler": handler, "version": version, "reason": reason, "type": kind, "wrapping": wrap,
	}
}

type otherError string

func (e otherError) Error() string { return string(e) }

// What says only what to do about an error does not make another group.
func TestFingerprintOfAdvice(t *testing.T) {
	err := errors.New("x")
	plain, _ := fingerprint(burial{Err: err}, "")
	for _, e := range []error{runnel.Permanent(err), runnel.RetryAfter(1, err)} {
		if p, _ := fingerprint(burial{Err: e}, ""); p != plain {
			t.Errorf("%T makes another group", e)
		}
	}
}

// Breaches of one field are one group whatever the messages have there, in whatever order.
func TestFingerprintOfContracts(t *testing.T) {
	print := func(fields ...Breach) string {
		p, _ := fingerprint(burial{Reason: ReasonContract, Err: &ContractError{Topic: "t", Fields: fields}}, "")
		return p
	}
	a := print(Breach{"items[2].price", "number", `"x"`})
	if b := print(Breach{"items[3].price", "number", "true"}, Breach{"items[7].price", "number", "null"}); a != b {
		t.Error("the position in a list makes another group")
	}
	if b := print(Breach{"items[2].name", "number", `"x"`}); a == b {
		t.Error("another field is the same group")
	}
	if b := print(Breach{"items[2].price", "string", `"x"`}); a == b {
		t.Error("another demand is the same group")
	}
}

const aStack = `goroutine 7 [running]:
runtime/debug.Stack()
	/go/src/runtime/debug/stack.go:26 +0x5e
github.com/runnel-go/runnel/mq.(*Consumer[...]).attempt.func1()
	/go/mq/consumer.go:12 +0x3d
panic({0x1234, 0x5678?})
	/go/src/runtime/panic.go:860 +0x13a
runtime.goPanicIndex(0x5, 0x3)
	/go/src/runtime/panic.go:115 +0x74
shop/billing.(*Book).Charge(0xc000012345, {0x1, 0x2})
	/shop/billing/book.go:LINE +0x1d
shop/billing.Bill[...](...)
	/shop/billing/bill.go:9
shop/billing.Handlers.func1({0xADDR, 0xc0000b2000})
	/shop/billing/handlers.go:9
github.com/runnel-go/runnel/mq.(*Consumer[...]).attempt(0x1)
	/go/mq/consumer.go:20 +0x3d
created by github.com/runnel-go/runnel.Go in goroutine 1
	/go/producer.go:7 +0x1
`

func TestFrames(t *testing.T) {
	want := "shop/billing.(*Book).Charge shop/billing.Bill shop/billing.Handlers.func1"
	if got := strings.Join(frames(aStack, 5), " "); got != want {
		t.Errorf("frames are %s\nwant %s", got, want)
	}
	if got := frames(aStack, 1); len(got) != 1 {
		t.Errorf("frames(…, 1) = %q", got)
	}
	if got := frames("", 5); got != nil {
		t.Errorf("frames of nothing are %q", got)
	}
}

// A line that moved is the same failure, another function is another one; and the first panic counts,
// not that of a deferred function that hides it.
func TestFingerprintOfPanics(t *testing.T) {
	print := func(stack string) string {
		p, _ := fingerprint(burial{Reason: ReasonPanic, Err: &runnel.PanicError{Value: "x"}}, stack)
		return p
	}
	a := print(strings.NewReplacer("LINE", "12", "ADDR", "a1").Replace(aStack))
	if b := print(strings.NewReplacer("LINE", "99", "ADDR", "b2").Replace(aStack)); a != b {
		t.Error("a line that moved is another group")
	}
	if b := print(strings.ReplaceAll(aStack, "Charge", "Refund")); a == b {
		t.Error("another function is the same group")
	}
	again := strings.Replace(aStack, "panic(", "panic({0x1})\n\t/x.go:1\nshop/billing.cleanup()\n\t/x.go:2\npanic(", 1)
	if b := print(again); a != b {
		t.Errorf("a panic during a panic: %q", frames(again, 5))
	}
}

// The format of runtime/debug.Stack is what frames expects.
func TestFramesOfARealStack(t *testing.T) {
	var stack []byte
	func() {
		defer func() { recover(); stack = debug.Stack() }()
		_ = strings.Repeat("x", -1)
	}()
	got := frames(string(stack), 1)
	if len(got) != 1 || got[0] != "strings.Repeat" {
		t.Errorf("frames are %q of\n%s", got, stack)
	}
}
