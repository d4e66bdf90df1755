package guide_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/runnel-go/runnel/flow"
)

type reading struct {
	room    string
	degrees float64
}

// parse reads a line like "kitchen 21.5".
func parse(_ context.Context, line string) (reading, error) {
	room, degrees, _ := strings.Cut(line, " ")
	d, err := strconv.ParseFloat(degrees, 64)
	return reading{room, d}, err
}

// show prints a reading.
func show(_ context.Context, r reading) error {
	_, err := fmt.Println(r.room, "has", r.degrees, "degrees")
	return err
}

// lines gives some lines.
func lines(all ...string) flow.Proc {
	return flow.Source(func(ctx context.Context, emit func(string) error) error {
		for _, line := range all {
			if err := emit(line); err != nil {
				return err // nobody wants more
			}
		}
		return nil
	})
}
