package device

import (
	"strings"
	"testing"
)

// A user code is one of ours, and is read in no two ways (RFC 8628 §6.1).
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
