package device

import (
	"strings"
	"testing"
)

// An accepted user code has our letters and reads back as itself (RFC 8628 §6.1).
func FuzzUserCode(f *testing.F) {
	for _, s := range []string{"BCDF-GHJK", "bcdf ghjk", "b.c_d-f g h j k", "BCDFGHJ", "ſſſſſſſſ", strings.Repeat("-", 60) + "BCDFGHJK"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := canonical(typed)
		if !ok {
			return
		}
		if len(code) != userCodeLength || strings.ContainsFunc(code, func(r rune) bool { return !strings.ContainsRune(userCodeLetters, r) }) {
			t.Errorf("%q is read as %q, want letters of a user code", typed, code)
		}
		if again, ok := canonical(readable(code)); !ok || again != code {
			t.Errorf("%q is shown as %q, which is %q, want the same", code, readable(code), again)
		}
	})
}
