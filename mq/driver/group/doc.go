// Package group is the state of one group of consumers as a pure machine.
package group
