// Package job runs a command for each record of an input and accounts for every one of them.
//
// # Shape
//
//	input → source → records (the policy) → N workers → results → writer → output, dead letters
//
// The arrows are runnel channels. The source is the only sender of records, whose policy decides what happens when the
// workers are slower than the input; its drops are counted as they happen. In order, a worker holds the turn while it
// takes a record: it first puts an empty promise into results and then receives, so that promises stand in the order of
// the records, and the writer waits for the first of them. Results is bounded: when one slow record holds up the
// writer, workers run that far ahead of it and no further.
//
// # Stopping
//
// The end of the soft context cancels records: its queue comes back as undelivered, the source gets back the record
// that it holds, running commands finish, and whatever is left goes to the remainder. The end of the hard context kills
// the commands as well. A failure to write takes the same way, so that nothing is lost by a full disk either.
package job
