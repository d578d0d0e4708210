package keys

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// masterKeyBytes is the length of a master key: that of an AES-256 key.
const masterKeyBytes = 32

// A MasterKey seals the private signing keys at rest, and other packages derive
// keys of their own from it (Derive). It hides its bytes from fmt, slog and JSON.
// They are in a closure because fmt cannot call the methods of an unexported field
// in another struct, and would follow a pointer to them.
type MasterKey struct{ bytes func() [masterKeyBytes]byte }

func masterKey(b [masterKeyBytes]byte) MasterKey {
	return MasterKey{func() [masterKeyBytes]byte { return b }}
}

// NewMasterKey makes a random master key.
func NewMasterKey() MasterKey {
	var b [masterKeyBytes]byte
	rand.Read(b[:]) // never fails: without randomness the process crashes
	return masterKey(b)
}

// ParseMasterKey reads 32 bytes in base64, of the standard or the URL alphabet,
// with or without padding. White space around them is ignored.
func ParseMasterKey(text string) (MasterKey, error) {
	decoded, err := decodeBase64(strings.TrimSpace(text))
	if err != nil {
		return MasterKey{}, errors.New("the master key is not base64")
	}
	if len(decoded) != masterKeyBytes {
		return MasterKey{}, fmt.Errorf("the master key has %d bytes, want %d (openssl rand -base64 32 makes one)", len(decoded), masterKeyBytes)
	}
	if monotonous(decoded) {
		return MasterKey{}, errors.New("the master key is one byte repeated, which is a sample and not a secret")
	}
	return masterKey([masterKeyBytes]byte(decoded)), nil
}

func decodeBase64(text string) ([]byte, error) {
	text = strings.TrimRight(text, "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	return base64.RawStdEncoding.Strict().DecodeString(text)
}

func monotonous(key []byte) bool {
	return bytes.Count(key, key[:1]) == len(key)
}

// IsZero reports whether m is the zero value rather than a key.
func (m MasterKey) IsZero() bool { return m.bytes == nil }

// ID names the key without giving it away.
func (m MasterKey) ID() string {
	id := m.Derive("gatehouse master key id")
	return hex.EncodeToString(id[:8])
}

// Derive returns a key for one purpose, by HKDF-SHA256 (RFC 5869). A derived key
// reveals nothing about m or about the keys of other labels.
func (m MasterKey) Derive(label string) [32]byte {
	secret := m.bytes()
	derived, err := hkdf.Key(sha256.New, secret[:], nil, label, 32)
	if err != nil {
		panic(fmt.Sprintf("keys: deriving 32 bytes: %v", err)) // HKDF refuses only lengths over 8,160 bytes
	}
	return [32]byte(derived)
}

// Reveal returns the key in base64, for the file that keeps it.
func (m MasterKey) Reveal() string {
	secret := m.bytes()
	return base64.StdEncoding.EncodeToString(secret[:])
}

const redacted = "[redacted]"

// String implements fmt.Stringer.
func (MasterKey) String() string { return redacted }

// Format implements fmt.Formatter: every verb, %#v and %x among them.
func (MasterKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) } //nolint:errcheck // fmt keeps its own errors

// LogValue implements slog.LogValuer.
func (MasterKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, for JSON and YAML.
func (MasterKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }
