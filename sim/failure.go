package sim

// Kind is what a failure is.
type Kind string

const (
	Deadlock   Kind = "deadlock"   // nobody can go on and the body has not ended
	Leak       Kind = "leak"       // the body has ended, others never will
	Livelock   Kind = "livelock"   // the limit of steps was reached, see [MaxSteps]
	Panic      Kind = "panic"      // a task panicked, or the program would have died of a fatal error
	Assertion  Kind = "assertion"  // the body said so: T.Fatalf, T.Errorf, T.Assert, ...
	Unreceived Kind = "unreceived" // values were left in a channel, see [NoLeftovers]
	Misuse     Kind = "misuse"     // of a simulation: of a channel of another run, say
	Race       Kind = "data race"  // as the race detector reports it, see "Data races" above
	Exit       Kind = "exit"       // a task called runtime.Goexit, as testing.T.FailNow does
)

// Failure is what went wrong in a schedule.
type Failure struct {
	Kind    Kind
	Message string

	task  *task
	stack []byte
}

// class tells failures apart that are not the same when a schedule is shortened.
func (f *Failure) class() string {
	switch f.Kind {
	case Deadlock, Leak, Livelock, Unreceived:
		return string(f.Kind) // who is left may differ
	}
	return string(f.Kind) + ": " + f.Message
}
