package factor

import (
	"regexp"
	"strings"
	"testing"
)

// A testVault seals nothing.
type testVault struct{}

func (testVault) Seal(plain, aad []byte) ([]byte, error) {
	return append(append([]byte{byte(len(aad))}, aad...), plain...), nil
}

func (testVault) Open(sealed, aad []byte) ([]byte, error) {
	if int(sealed[0]) != len(aad) || string(sealed[1:1+len(aad)]) != string(aad) {
		return nil, ErrWrong
	}
	return sealed[1+len(aad):], nil
}

func (testVault) Derive(label string) (key [32]byte) { copy(key[:], label); return key }

func TestRecoveryCodesAreTenOfSixtyBits(t *testing.T) {
	s := &Service{Vault: testVault{}}
	codes, digests := s.NewRecoveryCodes(7)
	form := regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){2}$`)
	seen := map[string]bool{}
	for i, c := range codes {
		if !form.MatchString(c) || seen[c] {
			t.Errorf("code %q, want three groups of four letters that no other code has", c)
		}
		if seen[c] = true; digests[i] != s.digest(7, c) {
			t.Errorf("the digest of %q differs from that of the same code, want it equal", c)
		}
	}
	if len(codes) != 10 || len(digests) != 10 {
		t.Errorf("%d codes and %d digests, want 10 of each", len(codes), len(digests))
	}
	if s.digest(7, codes[0]) == s.digest(8, codes[0]) {
		t.Error("two people have the same digest of one code, want them to differ")
	}
}

func TestTheSpellingOfARecoveryCodeDoesNotMatter(t *testing.T) {
	s := &Service{Vault: testVault{}}
	want := s.digest(7, "4k7m-x2p9-01tw")
	for _, typed := range []string{"4K7MX2P901TW", " 4k7m x2p9 01tw\n", "4k7m–x2p9–o1tw", "4k7m-x2p9-OItw", "4k7m-x2p9-0ltw", "4k7m.x2p9.01tw"} {
		if s.digest(7, typed) != want {
			t.Errorf("%q has another digest, want that of the same code", typed)
		}
	}
	for _, typed := range []string{"4k7m-x2p9-01t", "4k7m-x2p9-01tx", ""} {
		if s.digest(7, typed) == want {
			t.Errorf("%q has the digest of another code", typed)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"4k7m-x2p9-0qtw", "O0IiLl", "\x00\xff", strings.Repeat("a", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		once := canonical(typed)
		if canonical(once) != once || strings.Trim(once, alphabet) != "" || canonical(strings.ToUpper(once)) != once {
			t.Errorf("%q is %q, want one spelling in our letters", typed, once)
		}
	})
}
