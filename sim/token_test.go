package sim

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestTokenRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		var ds []decision
		for range r.IntN(10) {
			ds = append(ds, randomDecision(r))
		}
		print := r.Uint32()
		token := encode(ds, print)
		got, err := parseToken(token)
		if err != nil || !slices.Equal(got.decisions, ds) || got.fingerprint != print {
			t.Fatalf("%v becomes %s and then %+v (%v)", ds, token, got, err)
		}
	}
}

func randomDecision(r *rand.Rand) decision {
	d := decision{turn: turn{path: randomPath(r), n: r.IntN(2000)}}
	switch r.IntN(3) {
	case 0:
		d.to = randomPath(r)
	case 1:
		d.to = theClock
	default:
		d.choice = 1 + r.IntN(40)
	}
	return d
}

func randomPath(r *rand.Rand) string {
	path := "0"
	for range r.IntN(4) {
		path += "." + string(rune('1'+r.IntN(9)))
	}
	return path
}

// Six decisions among tasks that were made by tasks, late in a run, fit into 64 characters.
func TestTokensAreShort(t *testing.T) {
	var ds []decision
	for i := range 6 {
		ds = append(ds, decision{turn: turn{"0.3.7", 50 + i}, to: "0.12.2"})
	}
	if token := encode(ds, 1<<32-1); len(token) > 64 {
		t.Fatalf("%s: %d characters", token, len(token))
	}
}

// Names of subtests may hold what means something to a shell or in a pattern.
func TestCommandsQuoteNames(t *testing.T) {
	want := `-run '^TestA$/^b\(c$/^don'\''t$' p` + "\n"
	if got := commands(Report{Token: "d1.x"}, "TestA/b(c/don't", "p"); !strings.HasSuffix(got, want) {
		t.Errorf("%s does not end in %s", got, want)
	}
}

func TestDamagedTokens(t *testing.T) {
	for _, token := range []string{
		"", "d1", "x1.AAAA", "d2.AAAA", "d1.!", "d1.", "d1.AA", "d1.8AAAAAAA", "d1.////////////", "s1.", "s1.pos.loose.1.2",
		"t1.!", "t1.A", "s1.pos.late.1.2.3", "s1.best.loose.1.2.3", "s1.pos.loose.g.2.3", "s1.pos.loose.1.-2.3", "s1.pos.loose.1.2.x",
	} {
		if s, err := parseToken(token); err == nil || !strings.HasPrefix(err.Error(), "sim: token") {
			t.Errorf("%q: %+v, %v", token, s, err)
		}
	}
}

func TestSeedTokenRoundTrip(t *testing.T) {
	for _, s := range []seedToken{
		{strategy: "pos"}, {strategy: "pct3", loose: true, seed: 1<<64 - 1, index: 1<<40 + 3, length: 20_000},
	} {
		got, err := parseToken(s.String())
		if err != nil || got.seed != s || len(s.String()) > 64 {
			t.Errorf("%v: %+v, %v", s, got, err)
		}
	}
}

func FuzzToken(f *testing.F) {
	for _, s := range []string{"d1.87oejg", "d1.ECERITARqgagvA", "d1.IRG-lHx6", "s1.random.loose.3.3.54", "d1.", "", "d1.gICAgICAgIA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		s, err := parseToken(token)
		if err != nil || s.seed.strategy != "" {
			return
		}
		again, err := parseToken(encode(s.decisions, s.fingerprint))
		if err != nil || !slices.Equal(again.decisions, s.decisions) || again.fingerprint != s.fingerprint {
			t.Fatalf("%q: %+v becomes %+v (%v)", token, s, again, err)
		}
	})
}
