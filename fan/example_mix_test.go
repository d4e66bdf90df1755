package fan_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// Two microphones and a line. The settings are changed while sound flows, and hold when Set
// has returned.
func ExampleMix() {
	ctx := context.Background()
	anna, ben := runnel.New[string](runnel.Buffer(4)), runnel.New[string](runnel.Buffer(4))
	line := runnel.New[string]()
	x := fan.NewMix(line)
	x.Add(anna, ben)
	x.Close() // nobody else will join
	done := runnel.New[error](runnel.Buffer(1))
	runnel.Go(func() { done.Send(ctx, x.Run(ctx)) })

	x.Set(
		fan.Setting[string]{In: anna, Mode: fan.Mute},
		fan.Setting[string]{In: ben, Mode: fan.Pause},
	)
	anna.SendAll(ctx, []string{"a cough"})
	ben.SendAll(ctx, []string{"good evening", "dear listeners"})
	anna.Close()

	x.Set(fan.Setting[string]{In: ben, Mode: fan.Play})
	ben.Close()
	for words := range line.All(ctx) {
		fmt.Println(words)
	}
	err, _ := done.Recv(ctx)
	fmt.Println("ended:", err)
	fmt.Println("of Anna nobody heard", anna.Stats().Dropped[runnel.Unheard])
	// Output:
	// good evening
	// dear listeners
	// ended: <nil>
	// of Anna nobody heard 1
}

// While somebody plays solo, the others are muted, or paused as here: then nothing of them is
// lost.
func ExampleMix_SoloMode() {
	ctx := context.Background()
	choir, soloist := runnel.New[string](runnel.Buffer(2)), runnel.New[string]()
	hall := runnel.New[string]()
	x := fan.NewMix(hall)
	x.Add(choir, soloist)
	x.SoloMode(fan.Pause)
	x.Set(fan.Setting[string]{In: soloist, Solo: true})
	x.Close()
	runnel.Go(func() { x.Run(ctx) })

	choir.Send(ctx, "la la la")
	soloist.Send(ctx, "aria")
	heard, _ := hall.Recv(ctx)
	fmt.Println(heard)

	soloist.Close() // the choir may sing again
	choir.Close()
	for heard := range hall.All(ctx) {
		fmt.Println(heard)
	}
	// Output:
	// aria
	// la la la
}

// A mute button knows its input and nothing else.
func ExampleMix_Settings() {
	x := fan.NewMix(runnel.New[string](runnel.Name("line")))
	anna, ben := runnel.New[string](runnel.Name("Anna")), runnel.New[string](runnel.Name("Ben"))
	x.Add(anna, ben)

	press := func(in runnel.Receiver[string]) {
		for _, s := range x.Settings() {
			switch {
			case s.In != in:
				continue
			case s.Mode == fan.Mute:
				s.Mode = fan.Play
			default:
				s.Mode = fan.Mute
			}
			x.Set(s)
		}
	}
	show := func() {
		for _, s := range x.Settings() {
			fmt.Println(s.In.Stats().Name, s.Mode)
		}
	}
	press(anna)
	press(ben)
	show()
	press(ben)
	show()
	// Output:
	// Anna mute
	// Ben mute
	// Anna mute
	// Ben play
}
