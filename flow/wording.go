package flow

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// The words of complaints.

func quote(name string) string { return strconv.Quote(name) }

// title is the name of a graph where one is to be read.
func title(name string) string { return cmp.Or(name, "the flow") }

func article(noun string) string { return "an " + noun } // input, output

// list is "no output", "the output a", "the outputs a, b".
func list(noun string, names []string) string {
	switch len(names) {
	case 0:
		return "no " + noun
	case 1:
		return "the " + noun + " " + names[0]
	}
	return fmt.Sprintf("%d %ss (%s)", len(names), noun, strings.Join(names, ", "))
}

// meant suggests the name that is nearest, if one is near.
func meant(name string, names []string) string {
	best, least := "", 1+max(1, len(name)/3)
	for _, n := range names {
		if d := distance(name, n); d < min(least, len(name), len(n)) { // one that has something of the other
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + quote(best) + "?"
}

// distance is how many bytes must be changed, added or removed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
