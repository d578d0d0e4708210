package sqlstore

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
)

// list encodes a JSON array, empty for nil. Strings and numbers always encode.
func list[T any](of []T) string {
	if len(of) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(of)
	return string(text)
}

// texts is a list on its way to or from a column. An empty column is read as nil.
type texts []string

// Scan implements sql.Scanner.
func (t *texts) Scan(column any) error {
	*t = nil
	if text, ok := column.([]byte); ok {
		column = string(text)
	}
	if text, ok := column.(string); ok {
		if inner, ok := quoted(text); ok {
			*t = strings.Split(inner, `","`)
			return nil
		}
	}
	return scanList(column, (*[]string)(t))
}

// quoted returns what is between the first and the last quote of a list of texts that needs
// no JSON to be read: nothing is escaped, and the quotes within are those between two texts.
// Each use of a session reads such a list, of what the sign-in proved.
func quoted(list string) (inner string, ok bool) {
	if len(list) < len(`["x"]`) || !strings.HasPrefix(list, `["`) || !strings.HasSuffix(list, `"]`) {
		return "", false
	}
	inner = list[2 : len(list)-2]
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c < ' ' || c > '~' || c == '\\':
			return "", false
		case c == '"' && !strings.HasPrefix(inner[i:], `","`):
			return "", false
		case c == '"':
			i += 2 // at the quote that opens the next text
		}
	}
	return inner, true
}

// scanList decodes a column into a list, which it leaves as it is if the column's is empty.
func scanList(column, into any) error {
	var text []byte
	switch column := column.(type) {
	case string:
		text = []byte(column)
	case []byte:
		text = column
	default:
		return fmt.Errorf("the column of a list holds %T", column)
	}
	if len(text) == 0 || string(text) == "[]" {
		return nil
	}
	return json.Unmarshal(text, into)
}

// Value implements driver.Valuer.
func (t *texts) Value() (driver.Value, error) { return list(*t), nil }

// A digestColumn is a digest on its way to or from a column.
type digestColumn [32]byte

// Scan implements sql.Scanner.
func (d *digestColumn) Scan(column any) error {
	bytes, ok := column.([]byte)
	if !ok || len(bytes) != len(d) {
		return fmt.Errorf("the column of a digest holds %T of %d bytes", column, len(bytes))
	}
	copy(d[:], bytes)
	return nil
}

// Value implements driver.Valuer.
func (d *digestColumn) Value() (driver.Value, error) { return d[:], nil }

// An optionalDigest is NULL in its column if it is zero.
type optionalDigest [32]byte

// Scan implements sql.Scanner.
func (d *optionalDigest) Scan(column any) error {
	if column == nil {
		*d = optionalDigest{}
		return nil
	}
	return (*digestColumn)(d).Scan(column)
}

// Value implements driver.Valuer.
func (d *optionalDigest) Value() (driver.Value, error) {
	if *d == (optionalDigest{}) {
		return nil, nil //nolint:nilnil // NULL
	}
	return d[:], nil
}

// A document is JSON on its way to or from a column. An empty column is read as nil.
type document []byte

// Scan implements sql.Scanner.
func (d *document) Scan(column any) error {
	*d = nil
	switch column := column.(type) {
	case string:
		*d = append(*d, column...)
	case []byte:
		*d = append(*d, column...)
	default:
		return fmt.Errorf("the column of a document holds %T", column)
	}
	return nil
}

// Value implements driver.Valuer.
func (d *document) Value() (driver.Value, error) { return string(*d), nil }
