package mq

import (
	"encoding/json"
	"slices"
)

// Codec turns values into bytes and back. It is used by many goroutines at once. A contract is a
// codec that checks (package contract).
type Codec[T any] interface {
	// Encode returns a new slice, which the caller may keep. An error is returned to who
	// publishes, and nothing is sent.
	Encode(v T) ([]byte, error)

	// Decode does not keep payload. Its error makes a dead letter of the message: trying again
	// would not help.
	Decode(payload []byte) (T, error)
}

// Described is implemented by codecs that can tell what they carry. Version is stamped on each
// message.
type Described interface {
	ContentType() string // of the payload: "application/json"
	Version() string     // of the contract; "" if there is none
	Schema() []byte      // JSON Schema; nil if there is none
}

// JSON is the codec of topics that name none: encoding/json.
func JSON[T any]() Codec[T] { return jsonCodec[T]{} }

type jsonCodec[T any] struct{}

func (jsonCodec[T]) Encode(v T) ([]byte, error) { return json.Marshal(v) }

func (jsonCodec[T]) Decode(payload []byte) (v T, err error) {
	err = json.Unmarshal(payload, &v)
	return v, err
}

func (jsonCodec[T]) ContentType() string { return "application/json" }
func (jsonCodec[T]) Version() string     { return "" }
func (jsonCodec[T]) Schema() []byte      { return nil }

// Bytes is the codec of payloads that are bytes already. They are copied both ways, so that
// neither side can change what the other one sees.
func Bytes() Codec[[]byte] { return bytesCodec{} }

type bytesCodec struct{}

func (bytesCodec) Encode(v []byte) ([]byte, error)       { return slices.Clone(v), nil }
func (bytesCodec) Decode(payload []byte) ([]byte, error) { return slices.Clone(payload), nil }
func (bytesCodec) ContentType() string                   { return "application/octet-stream" }
func (bytesCodec) Version() string                       { return "" }
func (bytesCodec) Schema() []byte                        { return nil }
