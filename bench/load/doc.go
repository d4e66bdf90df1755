// Package load tells what the process has had of the machine's CPUs.
package load
