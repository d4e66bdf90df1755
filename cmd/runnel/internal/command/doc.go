// Package command turns a record into a command line and runs it.
//
// A command runs in a process group of its own. Whatever is left of the group when the command ends, or when its time
// is over, is killed: nothing that a record started outlives the record.
package command
