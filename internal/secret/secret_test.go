package secret_test

import (
	"encoding/base64"
	"testing"

	"gatehouse/internal/secret"
)

func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		got := secret.New()
		if raw, err := base64.RawURLEncoding.Strict().DecodeString(got); err != nil || len(raw) != secret.Bytes {
			t.Errorf("New() = %q, %d bytes, %v, want as many as Bytes in base64url", got, len(raw), err)
		}
		if seen[got] {
			t.Errorf("New() = %q twice, want another secret each time", got)
		}
		seen[got] = true
	}
}
