package pipe_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func ExampleReduce() {
	ctx := context.Background()
	fields := runnel.FromSeq(ctx, slices.Values([]string{"2", "40", "x"}))

	sum, err := pipe.Reduce(ctx, fields, 0, func(sum int, field string) (int, error) {
		n, err := strconv.Atoi(field)
		return sum + n, err
	})
	fmt.Println(sum, err)
	// Output: 42 strconv.Atoi: parsing "x": invalid syntax
}
