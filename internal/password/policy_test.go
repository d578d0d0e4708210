package password

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/stolen"
	"gatehouse/internal/test/testkit"
)

func TestPolicy(t *testing.T) {
	const (
		short = "Ensure this field has at least 8 characters."
		usual = "This password is too common."
		taken = "This password appears in lists of stolen passwords. Choose another one."
	)
	for name, c := range map[string]struct {
		password string
		want     []string
	}{
		"good":                   {"complexpassword123", nil},
		"another alphabet":       {"пароль-密码-🔑", nil},
		"eight emoji":            {"🔑🔒🗝🔓🔐🔏🛡🧱", nil},
		"seven":                  {"abcdefg", []string{short}},
		"seven and blanks":       {"abcdefg  ", []string{short}},
		"inner blanks count":     {"a b c d e", nil},
		"NUL":                    {"abc\x00defgh", []string{"Null characters are not allowed."}},
		"1,024 bytes":            {strings.Repeat("é", 512), nil},
		"1,025 bytes":            {strings.Repeat("é", 512) + "e", []string{"Ensure this field has no more than 1024 bytes."}},
		"common":                 {"password", []string{usual}},
		"common, in capitals":    {"PassWord", []string{usual}},
		"common, with blanks":    {" password ", []string{usual}},
		"digits":                 {"12345678", []string{usual}},
		"first of the list":      {"!qaz1qaz", []string{usual}},
		"stolen":                 {"fyfcnfcbz1", []string{taken}},
		"like the username":      {"heidi.tester", []string{"The password is too similar to the username."}},
		"like a word of it":      {"heiditester1", []string{"The password is too similar to the username."}},
		"username, backwards":    {"retset.idieh", []string{"The password is too similar to the username."}},
		"like the address":       {"hb@mail.example", []string{"The password is too similar to the email address."}},
		"like the first name":    {"Adelheide1", []string{"The password is too similar to the first name."}},
		"like the last name":     {"BRUNNERIN", []string{"The password is too similar to the last name."}},
		"holds a name, and more": {"brunnerin eats marzipan daily", nil},
	} {
		got, err := Policy{MinLength: 8}.Check(c.password, "heidi.tester", "hb@mail.example", "Adelheid", "Brunnerin")
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestEveryCommonPasswordIsFound(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(commonPasswords, "\n"), "\n")
	if len(lines) < 3000 || !slices.IsSorted(lines) { // ASVS 5.0 §6.2.4 requires 3,000
		t.Errorf("%d common passwords, sorted: %t, want at least 3000, sorted", len(lines), slices.IsSorted(lines))
	}
	for _, line := range lines {
		if !common(line) || !common(strings.ToUpper(line)) && strings.ToLower(strings.ToUpper(line)) == line {
			t.Errorf("%q is not found, want it in the list", line)
		}
		if common(line+"\x00") || common(line[1:]) != slices.Contains(lines, line[1:]) {
			t.Errorf("something near %q is found, want only passwords of the list", line)
		}
	}
	for _, no := range []string{"", "\n", "zzzzzzzzzzzzzzzzzzz", "~~~~~~~~~", "\U0010ffff"} {
		if common(no) {
			t.Errorf("%q is found, want it allowed", no)
		}
	}
}

// What an operator lists is refused exactly as it was typed. A list that cannot be read is a
// fault, and never a password that is accepted.
func TestTheOperatorsListIsAsked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stolen.txt")
	line := fmt.Sprintf("%X\n", sha1.Sum([]byte("Vellum-Otter-Quilt")))
	if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
		t.Fatalf("writing a list: %v", err)
	}
	list, err := stolen.Open(file)
	if err != nil {
		t.Fatalf("opening a list: %v", err)
	}
	p := Policy{MinLength: 8, Stolen: list}
	for pw, want := range map[string][]string{"Vellum-Otter-Quilt": {wasStolen}, "vellum-otter-quilt": nil} {
		if got, err := p.Check(pw, "ann", "ann@mail.example", "", ""); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", pw, got, err, want)
		}
		if got, err := p.Known(pw); err != nil || got != (want != nil) {
			t.Errorf("%s is known: %t, %v; want %t", pw, got, err, want != nil)
		}
	}
	if err := os.Truncate(file, 0); err != nil {
		t.Fatalf("emptying the list: %v", err)
	}
	if _, err := p.Check("vellum-otter-quilt", "ann", "ann@mail.example", "", ""); err == nil {
		t.Error("the list was emptied meanwhile: no error, want one")
	}
}

func BenchmarkPolicy(b *testing.B) {
	for b.Loop() {
		_, _ = Policy{MinLength: 8}.Check("correct horse battery staple", "heidi", "heidi@example.com", "Heidi", "Brunner")
	}
}

// A value that is too long for its field is refused there. Comparing each of its words
// would make a stranger's request take a thousand times as long.
func TestLongValuesAreNotCompared(t *testing.T) {
	password := strings.Repeat("Zq9", 340)
	value := strings.Repeat("Zq9 ", 15_000) + password
	var faults []string
	const limit = 100 * time.Millisecond
	took := testkit.Took(limit, func() { faults, _ = Policy{MinLength: 8}.Check(password, value, value, value, value) })
	if len(faults) != 0 || took > limit {
		t.Errorf("the check took %s: %v, want no faults within %s", took, faults, limit)
	}
}
