// Command bench measures the channels of runnel against native Go channels,
// reflect.Select, the queues of xsync and, by an opt-in script, core.async, and
// the stages of pipe and the mult of fan against pipelines written by hand,
// go-streams, ro and conc. It prints what it finds beside the targets of the
// design.
//
// # Usage
//
//	go run ./bench                      measure everything, print the tables
//	go run ./bench -quick -only select  a quick look at some rows
//	go run ./bench -out bench/results   measure and keep JSON, text and chart
//	go run ./bench -from FILE -svg FILE draw the chart of a kept run
//
// # Method
//
// All implementations of all patterns are measured in one process, in rounds:
// each round takes one sample of about 20 ms of every implementation in an
// order drawn anew, so that what disturbs the machine disturbs all of them
// alike. A figure is a median over the samples in which the process's threads
// hardly had to queue for a CPU. README.md says more.
package main
