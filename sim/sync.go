package sim

// Slot implements hook.World.
func (w *world) Slot(of any) *any {
	slot := w.slots[of]
	if slot == nil {
		if w.slots == nil {
			w.slots = map[any]*any{}
		}
		slot = new(any)
		w.slots[of] = slot
	}
	return slot
}

// Fatal implements hook.World.
func (w *world) Fatal(message string) {
	w.fail(&Failure{Kind: Panic, Message: message, task: w.current, stack: stackOf()})
	panic(errAborted)
}
