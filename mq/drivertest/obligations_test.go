package drivertest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every sentence of the contract has a case that quotes it, or stands below with the reason why it has
// none. So whoever adds an obligation adds its case.
func TestObligations(t *testing.T) {
	var quotes []string
	for _, c := range Cases() {
		for _, part := range strings.Split(c.Quote, " … ") {
			quotes = append(quotes, plain(part))
		}
	}
	left := map[string]bool{}
	for part := range uncased {
		left[part] = true
	}
	all := obligations(t)
	for _, s := range all {
		if quoted(s, quotes) {
			continue
		}
		i := slices.IndexFunc(keys(uncased), func(part string) bool { return strings.Contains(s, part) })
		if i < 0 {
			t.Errorf("no case quotes, and no reason is given for: %s", s)
			continue
		}
		delete(left, keys(uncased)[i])
	}
	for part := range left {
		t.Errorf("a reason is given for what is quoted, or not in the contract: %s", part)
	}
	if len(all) < 100 {
		t.Errorf("the contract has %d sentences only", len(all))
	}
}

func keys(m map[string]string) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func quoted(sentence string, quotes []string) bool {
	return slices.ContainsFunc(quotes, func(q string) bool { return strings.Contains(q, sentence) || strings.Contains(sentence, q) })
}

// obligations are the sentences of the comments that say what an engine does.
func obligations(t *testing.T) (all []string) {
	for _, name := range []string{"doc.go", "driver.go", "optional.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), "../driver/"+name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.Comments {
			all = append(all, sentences(c)...)
		}
	}
	return all
}

var (
	end     = regexp.MustCompile(`([.:])\s+`)
	heading = regexp.MustCompile(`(?m)^# .*$`)
	advice  = regexp.MustCompile(`(?s)# How to write an engine.*# Errors`)
)

// sentences splits a comment at full stops and colons, and at the lines of tables.
func sentences(c *ast.CommentGroup) (all []string) {
	text := heading.ReplaceAllString(advice.ReplaceAllString(c.Text(), ""), "")
	text = strings.ReplaceAll(text, "\n\t", ".\n\t")
	for _, s := range end.Split(text, -1) {
		if s = strings.Trim(plain(s), " .:"); strings.Contains(s, " ") {
			all = append(all, s)
		}
	}
	return all
}

const (
	what = "says what a thing is, or is for; what is promised of it is said elsewhere"
	disk = "only a machine that loses its power can tell; what outlives the broker is tested by Restart/Stored"
	code = "is not of the engine, and tested in package driver"
)

// uncased says of parts of sentences why no case quotes them.
var uncased = map[string]string{
	"is the contract between package mq and the engines": what,
	"It is for authors of engines":                       what,
	"An engine implements [Engine] and [Source]":         what,
	"What goes beyond that is optional":                  what,
	"[Featured] tells what the engine cannot do":         what,
	"An engine is done when":                             what,
	"Package mq does the rest":                           what,
	"encoding, workers":                                  what,
	"Engine stores records by topic":                     what,
	"Source gives out the records":                       what,
	"Topic is the definition":                            what,
	"Subscription says who":                              what,
	"Delivery is a record":                               what,
	"Settlement says what":                               what,
	"Verb is what becomes":                               what,
	"Outcome is what became":                             what,
	"Overflow is what happens":                           what,
	"the policies of channels, by name":                  what,
	"Order is how far":                                   what,
	"Durability is what":                                 what,
	"Featured is implemented":                            what,
	"Features is what":                                   what,
	"Admin counts and removes":                           what,
	"Account is the ledger":                              what,
	"Drops counts by reason":                             what,
	"LetterState is where":                               what,
	"See the package comment for the law":                what,

	"it ends with the process": "promises nothing",
	"it is forced to the disk": disk,
	"the machine":              disk,
	"it is on the disk":        disk,
	"by Admin":                 "engines need not remove single records; what is deleted whole has no account any more",
	"Total is the sum":         code,
	"Balanced tells whether":   code,
}
