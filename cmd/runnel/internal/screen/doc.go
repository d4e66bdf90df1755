// Package screen shows a running command to a person: lines, a progress bar and colours, each only where it helps.
package screen
