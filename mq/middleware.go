package mq

import "context"

// Handle does the work for one message, whatever its type.
type Handle func(ctx context.Context, m *Meta) error

// Middleware wraps a Handle.
type Middleware func(next Handle) Handle
