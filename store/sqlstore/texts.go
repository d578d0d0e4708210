package sqlstore

import (
	"encoding/json"
	"fmt"
)

// list is a JSON array, empty for nil. Strings and numbers always encode.
func list[T any](of []T) string {
	if len(of) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(of)
	return string(text)
}

// texts receives a column that list filled; nil from an empty one.
type texts []string

// Scan implements sql.Scanner.
func (t *texts) Scan(column any) error {
	*t = nil
	var text []byte
	switch column := column.(type) {
	case string:
		text = []byte(column)
	case []byte:
		text = column
	default:
		return fmt.Errorf("a list of texts is no %T", column)
	}
	if len(text) == 0 || string(text) == "[]" {
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// A digestColumn receives a digest.
type digestColumn [32]byte

// Scan implements sql.Scanner.
func (d *digestColumn) Scan(column any) error {
	bytes, ok := column.([]byte)
	if !ok || len(bytes) != len(d) {
		return fmt.Errorf("a digest is no %T of %d", column, len(bytes))
	}
	copy(d[:], bytes)
	return nil
}
