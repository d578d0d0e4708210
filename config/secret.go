package config

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// A Secret is a value that shows neither in a log nor in an error: printing it in
// any way, or encoding it, gives what may be seen of it.
type Secret struct {
	// value is behind a pointer because fmt looks into unexported fields without
	// asking the methods below.
	value *string
	shown string
}

// NewSecret returns a Secret of which nothing may be seen, but whether it is empty.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value, redacted}
}

// NewSecretURL returns a Secret of which the scheme and the place may be seen,
// but not the user, the password and the parameters.
func NewSecretURL(value string) Secret {
	s := NewSecret(value)
	if value != "" {
		s.shown = redactURL(value)
	}
	return s
}

// redactURL shows the scheme and the place. It goes by the "@" and not by the
// rules for URLs, lest a password with a "/" in it show, and where it is not clear
// what is what it shows the scheme alone.
func redactURL(raw string) string {
	scheme, rest, found := strings.Cut(raw, ":")
	if !found || strings.ContainsAny(scheme, "@/?") {
		return redacted
	}
	place, _, hasQuery := strings.Cut(rest, "?")
	if strings.Count(rest, "@") != strings.Count(place, "@") || strings.Count(rest, "@") > 1 {
		return scheme + ":" + redacted
	}
	if _, host, found := strings.Cut(place, "@"); found {
		place = "//" + redacted + "@" + host
	}
	if hasQuery {
		place += "?" + redacted
	}
	return scheme + ":" + place
}

// Reveal returns the value, to be called where it is used.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String returns what may be seen.
func (s Secret) String() string { return s.shown }

// Format implements fmt.Formatter, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.shown) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown) }

// MarshalText implements encoding.TextMarshaler, for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown), nil }
