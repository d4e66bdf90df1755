// Command sim measures how many schedules and steps package sim explores in a
// second, beside the targets of the design.
//
//	go run ./bench/sim               everything, half a minute
//	go run ./bench/sim -only prodcons
//	go run -race ./bench/sim         the same under the race detector
//
// It is a program of its own because a program that contains package sim pays
// for it: its locks ask whether a task is calling, and so does every operation
// that has to wait. What channels and locks cost without it is for the rows of
// ./bench.
//
// # Method
//
// One core is used. In every round each program is explored for a tenth of a
// second, in an order drawn anew; a figure is the median over the rounds. It
// goes by CPU time, collection of garbage included, where the system tells it,
// because that is what "per core" means and because other work on the machine
// disturbs it least; how much of the time the CPU was had stands beside it.
//
// A program in a bubble is first explored outside, and then the same schedules
// are run again inside, where no clock tells real time.
package main
