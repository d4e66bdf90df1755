// Command alerts sends a week of earthquakes to a news desk, by messages: a topic with a contract and a
// key, a group of workers that keeps the order of each network of seismographs, a service that is
// down at first and refuses some of the reports for good, retries, dead letters, and their replay when
// the service has been mended. It ends with the ledger of the topic: nothing has vanished.
//
//	go run ./examples/alerts          # the whole story, in a second or two
//	go run ./examples/alerts -dead    # and each dead letter
//
// All runs in this process; the news desk is an HTTP server on the loopback interface.
package main
