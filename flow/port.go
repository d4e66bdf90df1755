package flow

import (
	"reflect"

	"github.com/runnel-go/runnel"
)

// Port is one typed end of a process, as data: an [In], an [Out], or one of them made
// [Optional].
type Port interface{ port() port }

// In is the name of an input for values of type T. It is a constant, and what a [Stateful]
// process is told by which port a value came:
//
//	const strikes = flow.In[Strike]("strikes")
type In[T any] string

// Out is the name of an output for values of type T; see [Out.Send].
type Out[T any] string

// Optional makes a port that need not be connected: an input on which nothing ever comes, or an
// output whose values are counted as unheard.
func Optional(p Port) Port {
	q := p.port()
	q.optional = true
	return q
}

// port is what the graph knows of a port. The functions are where its type is known.
type port struct {
	name     string
	out      bool
	optional bool
	signal   bool // an input of Listen: no edge can be connected to it
	typ      reflect.Type
	edge     func(l link, opts []runnel.Option) edge
	outlet   func(w *worker, name string, edges []edge) outlet // nil for an input
}

func (p port) port() port { return p }

func (i In[T]) port() port {
	return port{name: string(i), typ: reflect.TypeFor[T](), edge: makeEdge[T]}
}

func (o Out[T]) port() port {
	return port{name: string(o), out: true, typ: reflect.TypeFor[T](), edge: makeEdge[T], outlet: makeOutlet[T]}
}
