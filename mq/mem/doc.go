// Package mem is the engine that keeps topics in memory.
package mem
