// Package demo replays a week of earthquakes through a channel: two producers, a sliding buffer, three consumers that
// fail now and then, retries, dead letters, and at the end the account of every quake.
//
// # Shape
//
//	california ─┐                          ┌─ consumer 1 ─┐
//	            ├→ quakes (sliding buffer) ─┼─ consumer 2 ─┼→ news → the view
//	elsewhere ──┘                          └─ consumer 3 ─┘
//
// Two producers share the channel of quakes, the last of them closes it. The consumers tell the view by the channel of
// news; the view is one goroutine, a Select over the news and a ticker, so that nothing here needs a lock but the list
// of what the buffer dropped.
package demo
