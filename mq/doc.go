// Package mq carries messages between goroutines, processes and machines: typed topics, groups of
// consumers, retries, dead letters, contracts.
package mq
