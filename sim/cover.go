package sim

// A fuzzer is guided by the code that an input reaches: each block has a counter. Two schedules
// mostly reach the same code. So that it sees the order of operations, too, each pair of
// operations on one object, by two tasks, one right after the other, is hashed, and counts in
// one of 4,096 blocks that do nothing. Blocks without writing them all down are the instances of
// a generic function: the compiler makes code, with counters, for each combination of types.

type (
	d0 [1]byte
	d1 [2]byte
	d2 [3]byte
	d3 [4]byte
	d4 [5]byte
	d5 [6]byte
	d6 [7]byte
	d7 [8]byte
)

// cover counts the pairs of the run of w. It is of use while fuzzing only.
func (w *world) cover() {
	last := make([]step, len(w.objects)+1)
	seen := make([]bool, len(w.objects)+1)
	for _, s := range w.log {
		before := last[s.object]
		if seen[s.object] && before.task != s.task {
			pair(mix(uint64(before.kind) | uint64(s.kind)<<8 | uint64(uint32(s.object))<<16 ^
				uint64(before.task)<<40 ^ uint64(s.task)<<52))
		}
		last[s.object], seen[s.object] = s, true
	}
}

// pair reaches the block of h: three bits of it at each level.
func pair(h uint64) {
	switch h & 7 {
	case 0:
		level1[d0](h >> 3)
	case 1:
		level1[d1](h >> 3)
	case 2:
		level1[d2](h >> 3)
	case 3:
		level1[d3](h >> 3)
	case 4:
		level1[d4](h >> 3)
	case 5:
		level1[d5](h >> 3)
	case 6:
		level1[d6](h >> 3)
	case 7:
		level1[d7](h >> 3)
	}
}

func level1[A any](h uint64) {
	switch h & 7 {
	case 0:
		level2[A, d0](h >> 3)
	case 1:
		level2[A, d1](h >> 3)
	case 2:
		level2[A, d2](h >> 3)
	case 3:
		level2[A, d3](h >> 3)
	case 4:
		level2[A, d4](h >> 3)
	case 5:
		level2[A, d5](h >> 3)
	case 6:
		level2[A, d6](h >> 3)
	case 7:
		level2[A, d7](h >> 3)
	}
}

func level2[A, B any](h uint64) {
	switch h & 7 {
	case 0:
		level3[A, B, d0](h >> 3)
	case 1:
		level3[A, B, d1](h >> 3)
	case 2:
		level3[A, B, d2](h >> 3)
	case 3:
		level3[A, B, d3](h >> 3)
	case 4:
		level3[A, B, d4](h >> 3)
	case 5:
		level3[A, B, d5](h >> 3)
	case 6:
		level3[A, B, d6](h >> 3)
	case 7:
		level3[A, B, d7](h >> 3)
	}
}

var reached int

func level3[A, B, C any](h uint64) {
	switch h & 7 {
	case 0:
		reached = 0
	case 1:
		reached = 1
	case 2:
		reached = 2
	case 3:
		reached = 3
	case 4:
		reached = 4
	case 5:
		reached = 5
	case 6:
		reached = 6
	case 7:
		reached = 7
	}
}
