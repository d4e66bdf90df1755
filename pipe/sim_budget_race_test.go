//go:build race

package pipe_test

const underRace = true

func scale(short, _ int) int { return (short + 9) / 10 }
