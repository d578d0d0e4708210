package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// blob binds bytes: gorm would take a slice after a parenthesis for a list.
type blob []byte

// Value implements driver.Valuer.
func (b blob) Value() (driver.Value, error) { return []byte(b), nil }

// millis is a time as it is kept: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the time that millis came from.
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
		return fmt.Errorf("a time is no %T", column)
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
		return fmt.Errorf("a duration is no %T", column)
	}
	*l = lifetime(time.Duration(ms) * time.Millisecond)
	return nil
}

// Value implements driver.Valuer.
func (l *lifetime) Value() (driver.Value, error) { return time.Duration(*l).Milliseconds(), nil }

// plausible reports whether id can be one of ours: printable ASCII. What comes
// from outside may be anything, and neither database need be asked about it.
func plausible(id string) bool {
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return id != "" && len(id) <= 255
}

// text is s as it fits into n bytes. It is for what came from outside and is
// only kept to be shown: an address, the name of a browser.
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
