// Package page keeps pages of docs/guide equal to code that is run: each block of Go on a page is a
// function, or the body of an example, of the tests that lie beside the one that calls Check.
//
//	<!-- func: NAME -->      the function NAME, with its comment
//	<!-- decl: NAME -->      the type or the variable NAME, with its comment
//	<!-- example: NAME -->   what is between the braces of Example_NAME, with its output
//	<!-- output: NAME -->    what Example_NAME prints, as a block of text
package page
