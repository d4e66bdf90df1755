// Package flow runs graphs of processes. The topology is data; processes are plain functions;
// the graph does execution, lifecycle, failure and monitoring.
package flow
