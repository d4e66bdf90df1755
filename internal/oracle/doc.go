// Package oracle replays what core.async did: 3,000 random single-threaded channel programs with
// the outcomes that the real core.async 1.5.648 gave (testdata/oracle.jsonl at the top of the
// repository, one JSON object a line). Each operation is issued in a goroutine of its own, when
// all before it have finished or are blocked.
//
//	put, take          Send, Recv          offer, poll   TrySend, TryRecv
//	alts               SelectPriority      alts with a default   the cases one by one, by TrySelect
//	none fixed …       New, Buffer, …      promise       NewPromise
//	xf                 NewVia
//
// All 3,000 must agree, wherever they run; there is no exception. What runnel does differently
// from core.async on purpose (a zero value is a value, polls tell closed from empty, a transducer
// is completed once, any number of operations may wait) does not show in these programs, which
// use no such thing, but for the poll: its results are brought to core.async's coarser form.
package oracle
