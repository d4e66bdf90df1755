// Package conformance says what a channel does, in laws that hold in every order in which its
// users may go on: what is received, dropped and refused adds up, values of one sender keep their
// order, nothing is half-done, of a Select's cases exactly one is carried out.
//
// The laws are functions over the exported operations. The tests of the root package run them
// really, in bubbles of testing/synctest; those of package sim run them in many schedules of a
// simulation. It must be the same channel in both.
package conformance
