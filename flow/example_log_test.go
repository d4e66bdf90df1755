package flow_test

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/runnel-go/runnel/flow"
)

// What happens to a flow, told to slog: here as text without times, which are never the same.
func ExampleLog() {
	noTimes := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "took" {
			return slog.Attr{}
		}
		return a
	}
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: noTimes}))
	prices := flow.Source(func(_ context.Context, emit func(int) error) error {
		for _, cents := range []int{250, -1, 990} {
			if err := emit(cents); err != nil {
				return err
			}
		}
		return nil
	})
	charge := flow.Sink(func(_ context.Context, cents int) error {
		if cents < 0 {
			return errors.New("a negative price")
		}
		return nil
	})
	g := flow.New("shop").
		Add("prices", prices).
		Add("charge", charge, flow.Skip()).
		Connect("prices", "charge")
	_ = g.Run(context.Background(), flow.Log(log))
	// Output:
	// level=INFO msg="flow started" flow=shop processes=2 edges=1
	// level=WARN msg="process failed" flow=shop process=charge edge="prices.out -> charge.in" error="a negative price"
	// level=INFO msg="flow ended" flow=shop done=2 failed=1 dropped.failed=1
}
