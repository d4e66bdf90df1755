package xf_test

import (
	"fmt"
	"slices"

	"github.com/runnel-go/runnel/xf"
)

// The reference model knows nothing of sinks. It maps a whole stream to a whole stream, where each value carries
// the index of the input that brought it about. A step that stops says at which input; that decides how much of the
// input may be read. Everything past a stop that a model computes nonetheless is cut off by the model of the step
// that stopped.

type tagged struct{ v, at int }

// op is a step on ints together with its model: model returns the results and the index of the input at which the step
// stops, or end if it does not. Values flushed at Close have the index end.
type op struct {
	name  string
	step  xf.Step[int, int]
	model func(in []tagged, end int) (out []tagged, stop int)
}

// opKinds make an op from a small number. The steps built on batches turn each slice into one number.
var opKinds = []func(n int) op{
	func(n int) op {
		f := func(v int) int { return v + n }
		return op{fmt.Sprintf("Map(+%d)", n), xf.Map(f), expanding(func(v int) []int { return []int{f(v)} })}
	},
	func(n int) op {
		f := divisible(n)
		return op{fmt.Sprintf("Filter(%%%d)", n+1), xf.Filter(f), selecting(f)}
	},
	func(n int) op {
		f := divisible(n)
		return op{fmt.Sprintf("Remove(%%%d)", n+1), xf.Remove(f), selecting(func(v int) bool { return !f(v) })}
	},
	func(n int) op {
		f := func(v int) (int, bool) { return v * 2, v%4 != n%4 }
		return op{fmt.Sprintf("FilterMap(%d)", n), xf.FilterMap(f), expanding(func(v int) []int {
			if r, ok := f(v); ok {
				return []int{r}
			}
			return nil
		})}
	},
	func(n int) op {
		f := func(v int) []int { return slices.Repeat([]int{v}, (v+n)%4) }
		return op{fmt.Sprintf("FlatMap(%d)", n), xf.FlatMap(f), expanding(f)}
	},
	func(n int) op {
		f := func(v int) []int { return []int{v, v + n, v}[:(v+n)%4%3+1] }
		return op{fmt.Sprintf("FlatMapSeq(%d)", n), xf.FlatMapSeq(sequence(f)), expanding(f)}
	},
	func(n int) op { return op{fmt.Sprintf("Take(%d)", n), xf.Take[int](n), takeModel(n)} },
	func(n int) op {
		return op{fmt.Sprintf("TakeWhile(<%d)", n+2), xf.TakeWhile(below(n + 2)), takeWhileModel(below(n + 2))}
	},
	func(n int) op { return op{fmt.Sprintf("Drop(%d)", n), xf.Drop[int](n), dropModel(n)} },
	func(n int) op {
		return op{fmt.Sprintf("DropWhile(<%d)", n), xf.DropWhile(below(n)), func(in []tagged, end int) ([]tagged, int) {
			first := slices.IndexFunc(in, func(t tagged) bool { return t.v >= n })
			if first < 0 {
				return nil, end
			}
			return in[first:], end
		}}
	},
	func(int) op {
		return op{"Dedupe", xf.Dedupe[int](), neighbours(func(v int) int { return v })}
	},
	func(n int) op {
		f := func(v int) int { return v / (n + 1) }
		return op{fmt.Sprintf("DedupeBy(/%d)", n+1), xf.DedupeBy(f), neighbours(f)}
	},
	func(int) op { return op{"Distinct", xf.Distinct[int](), firsts(func(v int) int { return v })} },
	func(n int) op {
		f := func(v int) int { return v % (n + 1) }
		return op{fmt.Sprintf("DistinctBy(%%%d)", n+1), xf.DistinctBy(f), firsts(f)}
	},
	func(n int) op {
		return op{fmt.Sprintf("Batch(%d)", n+1), xf.Compose2(xf.Batch[int](n+1), xf.Map(digest)), batchModel(n + 1)}
	},
	func(n int) op {
		f := func(v int) int { return v / (n + 1) }
		return op{fmt.Sprintf("BatchBy(/%d)", n+1), xf.Compose2(xf.BatchBy(f), xf.Map(digest)), batchByModel(f)}
	},
	func(n int) op {
		return op{fmt.Sprintf("Scan(%d)", n), xf.Scan(n, add), func(in []tagged, end int) (out []tagged, stop int) {
			sum := n
			for _, t := range in {
				sum += t.v
				out = append(out, tagged{sum, t.at})
			}
			return out, end
		}}
	},
	func(n int) op {
		return op{fmt.Sprintf("Interpose(%d)", n), xf.Interpose(n), func(in []tagged, end int) (out []tagged, stop int) {
			for i, t := range in {
				if i > 0 {
					out = append(out, tagged{n, t.at})
				}
				out = append(out, t)
			}
			return out, end
		}}
	},
}

// reference says what the steps make of in, and how many values of in they read, if the consumer breaks off at its
// limit-th value (0: never).
func reference(ops []op, in []int, limit int) (out []int, read int) {
	end := len(in)
	stream := make([]tagged, end)
	for i, v := range in {
		stream[i] = tagged{v, i}
	}
	if limit > 0 {
		ops = append(slices.Clone(ops), op{model: takeModel(limit)})
	}
	first := end
	for _, o := range ops {
		var stop int
		stream, stop = o.model(stream, end)
		first = min(first, stop)
	}
	for _, t := range stream {
		out = append(out, t.v)
	}
	return out, min(first+1, end)
}

func divisible(n int) func(int) bool { return func(v int) bool { return v%(n+1) == 0 } }

// digest turns a batch into a number that depends on length and order.
func digest(batch []int) (d int) {
	for _, v := range batch {
		d = (d*31 + v + 1) & 0xffff
	}
	return d
}

func expanding(f func(int) []int) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) (out []tagged, stop int) {
		for _, t := range in {
			for _, v := range f(t.v) {
				out = append(out, tagged{v, t.at})
			}
		}
		return out, end
	}
}

func selecting(f func(int) bool) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) ([]tagged, int) {
		return slices.DeleteFunc(slices.Clone(in), func(t tagged) bool { return !f(t.v) }), end
	}
}

func takeModel(n int) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) ([]tagged, int) {
		if len(in) == 0 || len(in) < n {
			return in, end
		}
		return in[:n], in[max(n, 1)-1].at
	}
}

func takeWhileModel(keep func(int) bool) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) ([]tagged, int) {
		if i := slices.IndexFunc(in, func(t tagged) bool { return !keep(t.v) }); i >= 0 {
			return in[:i], in[i].at
		}
		return in, end
	}
}

func dropModel(n int) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) ([]tagged, int) { return in[min(n, len(in)):], end }
}

func neighbours(key func(int) int) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) ([]tagged, int) {
		return slices.CompactFunc(slices.Clone(in), func(a, b tagged) bool { return key(a.v) == key(b.v) }), end
	}
}

func firsts(key func(int) int) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) (out []tagged, stop int) {
		for i, t := range in {
			if !slices.ContainsFunc(in[:i], func(u tagged) bool { return key(u.v) == key(t.v) }) {
				out = append(out, t)
			}
		}
		return out, end
	}
}

// batchOf is a batch that was complete when the input at arrived.
func batchOf(in []tagged, at int) tagged {
	var values []int
	for _, t := range in {
		values = append(values, t.v)
	}
	return tagged{digest(values), at}
}

func batchModel(n int) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) (out []tagged, stop int) {
		for chunk := range slices.Chunk(in, n) {
			at := end
			if len(chunk) == n {
				at = chunk[n-1].at
			}
			out = append(out, batchOf(chunk, at))
		}
		return out, end
	}
}

func batchByModel(key func(int) int) func([]tagged, int) ([]tagged, int) {
	return func(in []tagged, end int) (out []tagged, stop int) {
		start := 0
		for i := 1; i < len(in); i++ {
			if key(in[i].v) != key(in[start].v) {
				out = append(out, batchOf(in[start:i], in[i].at))
				start = i
			}
		}
		if start < len(in) {
			out = append(out, batchOf(in[start:], end))
		}
		return out, end
	}
}
