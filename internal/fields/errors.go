package fields

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Errors holds messages by field, in the order in which the fields were added. The zero
// value is empty. A pointer to a non-empty one is an error.
type Errors struct{ of []entry }

type entry struct {
	field    string
	messages []string
}

// New returns Errors with one field.
func New(field string, messages ...string) *Errors {
	e := &Errors{}
	e.Add(field, messages...)
	return e
}

// Add appends messages to those of a field. Without messages, it does nothing.
func (e *Errors) Add(field string, messages ...string) {
	if len(messages) == 0 {
		return
	}
	at := slices.IndexFunc(e.of, func(x entry) bool { return x.field == field })
	if at < 0 {
		e.of = append(e.of, entry{field: field})
		at = len(e.of) - 1
	}
	e.of[at].messages = append(e.of[at].messages, messages...)
}

// Join appends the messages of another.
func (e *Errors) Join(other *Errors) {
	for _, x := range other.of {
		e.Add(x.field, x.messages...)
	}
}

// Err returns e, or nil if it is empty.
func (e *Errors) Err() error {
	if e == nil || len(e.of) == 0 {
		return nil
	}
	return e
}

// Has reports whether the field has messages.
func (e *Errors) Has(field string) bool { return len(e.Of(field)) > 0 }

// Of returns the field's messages.
func (e *Errors) Of(field string) []string {
	for _, x := range e.of {
		if x.field == field {
			return x.messages
		}
	}
	return nil
}

// Map returns the messages by field.
func (e *Errors) Map() map[string][]string {
	m := make(map[string][]string, len(e.of))
	for _, x := range e.of {
		m[x.field] = x.messages
	}
	return m
}

// Error names the fields, but not their values.
func (e *Errors) Error() string {
	names := make([]string, len(e.of))
	for i, x := range e.of {
		names[i] = x.field
	}
	return "refused fields: " + strings.Join(names, ", ")
}

// MarshalJSON writes an object in the order of the fields.
func (e *Errors) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encode := json.NewEncoder(&b)
	encode.SetEscapeHTML(false) // a refused value is quoted as it was sent
	b.WriteByte('{')
	for i, x := range e.of {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode.Encode(x.field); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encode.Encode(x.messages); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
