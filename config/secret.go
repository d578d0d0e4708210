package config

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// A Secret is a value that is hidden from logs and errors: however it is printed or
// encoded, only its harmless part shows.
type Secret struct {
	// value is behind a pointer because fmt prints unexported fields without calling
	// the methods below.
	value *string
	shown string
}

// NewSecret returns a Secret that shows only whether it is empty.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value, redacted}
}

// NewSecretURL returns a Secret that shows the scheme and the place, but not the
// user, the password or the parameters.
func NewSecretURL(value string) Secret {
	s := NewSecret(value)
	if value != "" {
		s.shown = redactURL(value)
	}
	return s
}

// place matches what is shown after the scheme and the user: hosts, perhaps with ports, and
// a path. Anything else may be part of a password that was not escaped.
var place = regexp.MustCompile(`^(([\w.-]+|\[[\da-fA-F:.]+\])?(:\d+)?,?)*(/[\w./-]*)?$`)

// redactURL keeps the scheme and the place. It splits at the "@" rather than by the
// rules for URLs, so that a password with a "/" in it stays hidden, and keeps only
// the scheme if the text is ambiguous. Without an "@", what follows a colon may be a
// password too; only Redis often has a port but no user.
func redactURL(raw string) string {
	scheme, rest, found := strings.Cut(raw, "://")
	if strings.HasPrefix(raw, "sqlite:") && !strings.Contains(raw, "@") {
		return raw
	}
	if !found || strings.ContainsAny(scheme, ":@/?") {
		return redacted
	}
	rest, query, hasQuery := strings.Cut(rest, "?")
	_, hosts, hasUser := strings.Cut(rest, "@")
	shown := scheme + "://" + redacted + "@" + hosts
	if !hasUser {
		hosts, shown = rest, scheme+"://"+rest
	}
	port := hasUser || strings.HasPrefix(scheme, "redis") || !strings.Contains(hosts, ":")
	if !port || !place.MatchString(hosts) || strings.Contains(query, "@") {
		return scheme + ":" + redacted
	}
	if hasQuery {
		shown += "?" + redacted
	}
	return shown
}

// Reveal returns the value. It is called only where the value is used.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String returns the part that may be seen.
func (s Secret) String() string { return s.shown }

// Format implements fmt.Formatter, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.shown) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown) }

// MarshalText implements encoding.TextMarshaler, for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown), nil }
