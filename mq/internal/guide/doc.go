// Package guide holds the code of the pages about messages in docs/guide, as functions and examples of
// tests; the file of a page begins with its name. TestPages compares them; with -update it writes the pages anew.
package guide
