package secret_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

func TestFault(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"too short":         {"0123456789abcdef0123456789abcde", "at least 32"},
		"empty":             {"", "at least 32"},
		"too long":          {strings.Repeat(secret.New(), 6), "no more than 256"},
		"a blank":           {"correct horse battery staple and more", "no blanks"},
		"not ASCII":         {secret.New() + "ü", "of ASCII"},
		"a line feed":       {secret.New() + "\n", "no blanks"},
		"one character":     {strings.Repeat("x", 64), "easy to guess"},
		"two in turn":       {strings.Repeat("xy", 32), "easy to guess"},
		"a word again":      {strings.Repeat("Password1!", 6), "easy to guess"},
		"the alphabet":      {"abcdefghijklmnopqrstuvwxyzabcdef", "easy to guess"},
		"digits, counted":   {"0123456789012345678901234567890123", "easy to guess"},
		"mostly one":        {strings.Repeat("0", 40) + "1a2b3c4d", "easy to guess"},
		"a generated one":   {secret.New(), ""},
		"the longest":       {strings.Repeat(secret.New(), 6)[:255] + "!", ""},
		"base64":            {"n+cah954zdHEwht9AZADKF5MuIeclQ2vqlcQ3JwYslE=", ""},
		"a UUID":            {"6f1c6b0e-9d1b-4a9c-8a53-2f9d0c7f1e44", ""},
		"long and no blank": {"Tr0ub4dor&3-went/2-the_moon;on:a=Tuesday", ""},
	} {
		if got := secret.Fault(c.text); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: fault %q, want one that contains %q, or none", name, got, c.want)
		}
	}
}

// A random secret of the least length is never refused by chance.
func TestRandomSecretsAreStrong(t *testing.T) {
	for range 20000 {
		var b [24]byte
		_, _ = rand.Read(b[:])
		for _, text := range []string{hex.EncodeToString(b[:16]), base64.StdEncoding.EncodeToString(b[:])} {
			if fault := secret.Fault(text); fault != "" {
				t.Fatalf("%s: fault %q, want none for a random text", text, fault)
			}
		}
	}
}
