package mq

import (
	"net/netip"
	"regexp"
	"strings"
)

// How much of a text a template is made of, and how long it may be.
const (
	maxTemplateText = 8 << 10
	maxTemplate     = 400
)

// hole stands in a template for a variable part.
const hole = "#"

// template is the text without its variable parts: in the place of each, and of a row of them, stands
// a hole. Variable are
//
//	quoted strings           "…" '…' `…`
//	times and dates          2026-01-02T15:04:05Z, Fri, 02 Jan 2026 15:04:05 GMT
//	addresses                10.0.0.1:443, [::1]:80, 0xc000012345, ada@example.org
//	UUIDs, hexadecimal ids   of 6 digits and more
//	numbers, and words in    17, 1.5e3, 250ms; of "user17" only the digits, since its letters tell
//	which digits are mixed   what it is
//
// but for numbers that tell kinds of failure apart: those after "status", "code", "errno", "exit" and
// the like.
func template(text string) string {
	text = strings.ToValidUTF8(shorten(text, maxTemplateText), "?")
	text = strings.ReplaceAll(text, hole, " ")
	for _, s := range steps {
		text = s.pattern.ReplaceAllStringFunc(text, s.replace)
	}
	text = strings.Join(strings.Fields(text), " ")
	text = row.ReplaceAllString(text, hole)
	if runes := []rune(text); len(runes) > maxTemplate {
		return string(runes[:maxTemplate])
	}
	return text
}

// A step replaces one kind of variable parts. What one step has kept, later ones may still replace; so
// the order is from the longest kind to the shortest.
type step struct {
	pattern *regexp.Regexp
	replace func(match string) string
}

const (
	weekday = `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +`
	month   = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*`
	clock   = `\d{1,2}:\d\d:\d\d(?:[.,]\d+)?`
	zone    = `(?: ?(?:Z\b|[-+]\d\d:?\d\d\b))?(?: [A-Z]{3,4}\b)?(?: m=[-+][\d.]+)?`
)

var steps = []step{
	{regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|` + "`[^`\n]*`"), drop},
	{regexp.MustCompile(`(^|[^\pL\pN])'(?:[^'\\\n]|\\.|'[\pL\pN])*'`), dropQuoted},
	{regexp.MustCompile(`(?:` + weekday + `)?(?:\d{1,2}[ -]` + month + `[ -]\d{2,4}|` + month + ` +\d{1,2})(?: ` + clock + zone + `)?(?: \d{4}\b)?`), drop},
	{regexp.MustCompile(`\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]` + clock + zone + `)?`), drop},
	{regexp.MustCompile(`\b` + clock + zone), drop},
	{regexp.MustCompile(`[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)*`), drop},
	{regexp.MustCompile(`\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b`), drop},
	{regexp.MustCompile(`[\[\]\pL\pN:.%]*:[\[\]\pL\pN:.%]*`), dropAddress},
	{regexp.MustCompile(`(?i)\b(?:status|code|errno|sqlstate|exit|signal|http|error)\b[ :=(#]{0,3}\d{1,5}\b`), keepDigits},
	{regexp.MustCompile(`\b\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)\b`), drop},
	{regexp.MustCompile(`[\pL\pN\x{E000}-\x{E009}]+`), dropWord},
	{regexp.MustCompile(`[\x{E000}-\x{E009}]+`), giveBackDigits},
	{regexp.MustCompile(`(^|[\s=:(\[,])[-+]#`), func(m string) string { return strings.TrimRight(m, "-+#") + hole }},
}

// row is what is left of several variable parts side by side: "1.5.3", "[1, 2, 3]", "10.0.0.1:443".
var row = regexp.MustCompile(`#(?:(?:[-.:/+_]|[,;] ?| )#)+`)

func drop(string) string { return hole }

// dropQuoted leaves the sign before the quote.
func dropQuoted(match string) string {
	before, _, _ := strings.Cut(match, "'")
	return before + hole
}

// dropAddress replaces IP addresses of version 6, with their port; those of version 4 are numbers.
func dropAddress(match string) string {
	address := strings.TrimRight(match, ".:")
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "["), "]")
	if _, err := netip.ParseAddr(host); err != nil || !strings.ContainsFunc(host, isDigit) {
		return match
	}
	return hole + match[len(address):]
}

// keepDigits hides digits from the steps that follow, as signs that no text has.
func keepDigits(match string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return 0xE000 + r - '0'
		}
		return r
	}, match)
}

func giveBackDigits(match string) string {
	return strings.Map(func(r rune) rune { return r - 0xE000 + '0' }, match)
}

var (
	named = regexp.MustCompile(`^\PN+\pN+$`)
	hexa  = regexp.MustCompile(`^(?:0[xX])?[0-9a-fA-F]+$`)
)

// dropWord replaces a word with digits in it, or one of hexadecimal digits. Of letters followed by
// digits the letters stay: they are a name, and what follows its number.
func dropWord(word string) string {
	digits := strings.ContainsFunc(word, isDigit)
	switch {
	case hexa.MatchString(word) && (digits && len(word) >= 6 || len(word) >= 8):
		return hole
	case !digits:
		return word
	case named.MatchString(word):
		return strings.TrimRightFunc(word, isDigit) + hole
	}
	return hole
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }
