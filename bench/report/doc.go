// Package report holds what a run of the benchmark program found and prints
// it: as JSON for keeping, as aligned plain text for reading, and as an SVG
// chart.
//
// # Usage
//
// The benchmark program fills a [Run], judges its rows with [Row.Judge] and
// hands it to [Run.WriteJSON], [Run.WriteText] and [Run.WriteSVG]. [ReadJSON]
// brings a kept run back, so text and chart can be made again without
// measuring again.
//
// # Concurrency properties
//
// Values of this package are plain data and belong to one goroutine at a time.
package report
