// Package record reads a stream of records: lines, NDJSON or CSV with a header.
//
// A [Reader] keeps every byte it takes: [Record.Raw] is the record exactly as it was read, so that what was not worked
// on can be written to a file and fed again. A record that is malformed comes back as a [*Bad] error and the next call
// to Next goes on behind it; any other error ends the stream.
package record
