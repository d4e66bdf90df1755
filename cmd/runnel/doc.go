// Command runnel runs a command for each record of an input, with a bounded queue, workers, retries and dead letters, and
// accounts for every record. See runnel --help.
package main
