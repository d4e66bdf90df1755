// Command strikes joins two records of American aviation in a graph: delays of flights, in
// windows of an hour, and collisions with birds, by the time of day.
//
//	go run ./examples/strikes            from the top of the repository
//	go run ./examples/strikes -graph     the graph as a picture, in the language of Mermaid
//	go run ./examples/strikes -status    what each process and each edge did
//
// Records that cannot be read fail in a step, are passed over and told in the end, and the account adds
// up: read = counted + failed. Ctrl-C ends the sources, and the table shows what was read so far; a
// second one ends the program.
//
// # What the data can say
//
// There are more strikes in the day than in the night because there are more flights. What
// the join gives is strikes in relation to flights. Both files are samples, from other years, so
// it compares shares, not numbers. Those who reported a strike chose between dawn, day, dusk and
// night by what they saw; for flights it is done by the clock, the same in every season and
// place. And military, freight and private aircraft, which fly more by night, are among the
// strikes, but not among the flights.
package main
