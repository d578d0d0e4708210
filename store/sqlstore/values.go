package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A blob binds bytes as one value: gorm would read a slice after a parenthesis as a list.
type blob []byte

// Value implements driver.Valuer.
func (b blob) Value() (driver.Value, error) { return []byte(b), nil }

// millis returns a time as it is kept: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant returns the time that is kept as ms; see millis.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// A moment is a time on its way to or from a column.
type moment time.Time

// Scan implements sql.Scanner.
func (m *moment) Scan(column any) error {
	ms, ok := column.(int64)
	if !ok {
		return fmt.Errorf("the column of a time holds %T", column)
	}
	*m = moment(instant(ms))
	return nil
}

// Value implements driver.Valuer.
func (m *moment) Value() (driver.Value, error) { return millis(time.Time(*m)), nil }

// A lifetime is a duration on its way to or from a column, in milliseconds.
type lifetime time.Duration

// Scan implements sql.Scanner.
func (l *lifetime) Scan(column any) error {
	ms, ok := column.(int64)
	if !ok {
		return fmt.Errorf("the column of a duration holds %T", column)
	}
	*l = lifetime(time.Duration(ms) * time.Millisecond)
	return nil
}

// Value implements driver.Valuer.
func (l *lifetime) Value() (driver.Value, error) { return time.Duration(*l).Milliseconds(), nil }

// plausible reports whether id can be one of ours: printable ASCII. Outside input may
// be anything, and other IDs need no query.
func plausible(id string) bool {
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return id != "" && len(id) <= 255
}

// text cuts s to n bytes. It is for text from outside that is kept only to be shown,
// such as the name of a browser.
func text(s string, n int) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
