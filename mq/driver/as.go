package driver

// As finds an optional interface, such as [Admin], in e or in the engine that e wraps. An engine that
// wraps another one, to inject faults or to record, has a method Unwrap() Engine, and need not pass
// the optional ones on.
func As[I any](e Engine) (i I, found bool) {
	for e != nil {
		if i, found = e.(I); found {
			return i, true
		}
		outer, wraps := e.(interface{ Unwrap() Engine })
		if !wraps {
			break
		}
		e = outer.Unwrap()
	}
	return i, false
}
