package mq

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func observed(values ...int64) (h Histogram) {
	for _, v := range values {
		h.observe(v)
	}
	return h
}

// drawn are values of all magnitudes.
func drawn(r *rand.Rand, n int) []int64 {
	values := make([]int64, n)
	for i := range values {
		values[i] = r.Int64() >> r.IntN(64)
	}
	return values
}

func TestBucketsCoverAllValues(t *testing.T) {
	next := uint64(0)
	for p := range pages {
		for i := range 1 << pageBits {
			least, most := edges(p, i)
			if least != next {
				t.Fatalf("bucket %d,%d begins at %d, want %d", p, i, least, next)
			}
			for _, v := range []uint64{least, least + (most-least)/2, most} {
				if gotP, gotI := place(v); gotP != p || gotI != i {
					t.Fatalf("place(%d) = %d,%d, want %d,%d", v, gotP, gotI, p, i)
				}
			}
			next = most + 1
		}
	}
	if next != 0 {
		t.Errorf("the last bucket ends at %d, want at the greatest uint64", next-1)
	}
}

func TestQuantilesAreWithinSixPercent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		values := drawn(r, 1+r.IntN(300))
		h := observed(values...)
		slices.Sort(values)
		for _, q := range []float64{0, 0.1, 0.5, 0.9, 0.99, 1} {
			exact := values[max(int(math.Ceil(q*float64(len(values)))), 1)-1]
			if got := h.Quantile(q); math.Abs(float64(got-exact)) > 0.06*float64(exact) {
				t.Fatalf("quantile %v of %d values is %d, want %d within 6 %%", q, len(values), got, exact)
			}
		}
	}
}

func TestSumIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	var h Histogram
	want := new(big.Int)
	for _, v := range append(drawn(r, 1000), math.MaxInt64, math.MaxInt64, math.MaxInt64) {
		h.observe(v)
		want.Add(want, big.NewInt(v))
	}
	got := new(big.Int).Lsh(new(big.Int).SetUint64(h.hi), 64)
	got.Add(got, new(big.Int).SetUint64(h.lo))
	if got.Cmp(want) != 0 {
		t.Errorf("sum = %v, want %v", got, want)
	}
	mean, _ := new(big.Int).Div(want, big.NewInt(1003)).Float64()
	if float64(h.Mean()) != mean {
		t.Errorf("mean = %v, want %v", h.Mean(), mean)
	}
}

func TestMergeAndSinceAreInverse(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 100 {
		first, second := drawn(r, r.IntN(50)), drawn(r, r.IntN(50))
		a, b, both := observed(first...), observed(second...), observed(slices.Concat(first, second)...)
		var merged Histogram
		merged.merge(&a)
		merged.merge(&b)
		if !reflect.DeepEqual(merged, both) {
			t.Fatalf("merged: %v, want %v", merged, both)
		}
		if rest := merged.since(&a); !reflect.DeepEqual(rest, b) {
			t.Fatalf("since: %v, want %v", rest, b)
		}
		merged.observe(5)
		if !reflect.DeepEqual(a, observed(first...)) || !reflect.DeepEqual(b, observed(second...)) {
			t.Fatal("a merged histogram shares buckets with its parts")
		}
	}
}

func TestHistogramJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for _, h := range []Histogram{{}, observed(0, 1, 2), observed(math.MaxInt64, math.MaxInt64, math.MaxInt64), observed(drawn(r, 500)...)} {
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		var back Histogram
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if !reflect.DeepEqual(h, back) {
			t.Errorf("read back: %v, want %v", back, h)
		}
	}
	var h Histogram
	h.observe(-5)
	h.observe(1000)
	text, _ := json.Marshal(h)
	if want := `{"count":2,"sum":1000,"p50":0,"p90":989,"p99":989,"max":989,"buckets":[[0,1],[960,1]]}`; string(text) != want {
		t.Errorf("JSON is %s, want %s", text, want)
	}
}

func TestHistogramRefusesBadJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"count":2,"sum":1,"buckets":[[1,1]]}`:                                       "mq: histogram: count is 2, want that of its buckets, 1",
		`{"count":1,"sum":-1,"buckets":[[1,1]]}`:                                      "mq: histogram: sum is -1, want 0 or more",
		`{"count":1,"buckets":[[1,1]]}`:                                               "mq: histogram: sum is <nil>, want 0 or more",
		`{"count":1,"sum":999999999999999999999999999999999999999,"buckets":[[1,1]]}`: "mq: histogram: sum is 999999999999999999999999999999999999999, want 0 or more",
	} {
		var h Histogram
		if err := json.Unmarshal([]byte(text), &h); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}
