package mq

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/runnel-go/runnel/mq/driver"
)

type bodyJSON struct {
	ID        string      `json:"id"`
	Key       string      `json:"key,omitempty"`
	Seq       uint64      `json:"seq"`
	Header    []fieldJSON `json:"header,omitempty"`
	Payload   string      `json:"payload"`
	Encoding  string      `json:"encoding"` // "text" or "base64"
	Published time.Time   `json:"published"`
	NotBefore time.Time   `json:"notBefore,omitzero"`
	Expires   time.Time   `json:"expires,omitzero"`
	Dedup     string      `json:"dedup,omitempty"`
}

type fieldJSON struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MarshalJSON: see DeadBody.
func (b DeadBody) MarshalJSON() ([]byte, error) {
	payload, encoding := encodePayload(b.Payload)
	return json.Marshal(bodyJSON{
		b.ID, b.Key, b.Seq, encodeHeader(b.Header), payload, encoding, b.Published, b.NotBefore, b.Expires, b.Dedup,
	})
}

// UnmarshalJSON reads what MarshalJSON has written.
func (b *DeadBody) UnmarshalJSON(text []byte) error {
	var j bodyJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	payload, err := decodePayload(j.Payload, j.Encoding)
	*b = DeadBody{j.ID, j.Key, j.Seq, decodeHeader(j.Header), payload, j.Published, j.NotBefore, j.Expires, j.Dedup}
	return err
}

func encodePayload(p []byte) (text, encoding string) {
	if utf8.Valid(p) {
		return string(p), "text"
	}
	return base64.StdEncoding.EncodeToString(p), "base64"
}

func decodePayload(text, encoding string) ([]byte, error) {
	switch encoding {
	case "text":
		return []byte(text), nil
	case "base64":
		return base64.StdEncoding.DecodeString(text)
	}
	return nil, fmt.Errorf("mq: payload with encoding %q; want \"text\" or \"base64\"", encoding)
}

func encodeHeader(h Header) []fieldJSON {
	var fields []fieldJSON
	for _, f := range h {
		fields = append(fields, fieldJSON(f))
	}
	return fields
}

func decodeHeader(fields []fieldJSON) Header {
	var h Header
	for _, f := range fields {
		h = append(h, driver.Field(f))
	}
	return h
}
