// Package arch holds the rules of this repository as code, so that a rule is
// never a matter of memory and a refusal always says why.
//
// # Usage
//
// The package has no users; its tests are its purpose. They load the checkout
// and apply every [Rule] in [Rules] to it:
//
//	go test ./internal/arch
//
// A failure prints the place, what is wrong, why that is a rule, and what to
// do. Rules are data where they can be: the table of imports is in imports.go,
// the limits of size are in size.go, the forbidden text is in text.go.
//
// # Changing a rule
//
// A new package needs a row in the table of imports; that is the moment to
// decide what it may know. Limits only ever get tighter. A rule without a
// fixture in testdata that breaks it does not pass: a check that cannot fail
// checks nothing.
package arch
