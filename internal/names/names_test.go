package names

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/test/testkit"
)

func TestOneNameInAllItsSpellings(t *testing.T) {
	for _, same := range [][]string{
		{"alice", "ALICE", "  Alice\t", "\u00a0alice\u3000", "ａｌｉｃｅ", "Ａlice"},
		{"café", "CAFÉ", "CAF\u00c9"},
		{"strasse", "straße", "STRASSE", "STRAẞE"},
		{"ibrahim", "İbrahim", "IBRAHIM", "ıbrahım"},
		{"σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{"office", "oﬃce"},
		{"иван", "ИВАН"},
	} {
		want, err := Username(same[0])
		if err != nil {
			t.Fatalf("checking the username: %v", err)
		}
		for _, spelling := range same {
			if key, err := Username(spelling); err != nil || key != want {
				t.Errorf("Username(%q) = %q, %v; want %q", spelling, key, err, want)
			}
			if key := Lookup(spelling); key != want {
				t.Errorf("Lookup(%q) = %q, want %q", spelling, key, want)
			}
		}
	}
}

func TestSignInAcceptsSpellingsThatSignUpRefuses(t *testing.T) {
	// A Mac may send letters decomposed; Django's rule excludes combining marks.
	if _, err := Username("cafe\u0301"); err == nil {
		t.Error("a combining mark made a username, want an error")
	}
	if got := Lookup("cafe\u0301"); got != "café" {
		t.Errorf("Lookup = %q, want café", got)
	}
}

func TestUsernamesThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		s    string
		want []string
	}{
		"blank":                    {"", []string{messageBlank}},
		"blanks":                   {" \t\u3000", []string{messageBlank}},
		"emoji":                    {"🔑user", []string{messageUsername}},
		"blank inside":             {"a b", []string{messageUsername}},
		"slash":                    {"a/b", []string{messageUsername}},
		"bang":                     {"a!b", []string{messageUsername}},
		"NUL":                      {"a\x00b", []string{messageUsername, messageNull}},
		"bad and long":             {strings.Repeat("!", 151), []string{messageUsername, messageUsernameLong}},
		"zero width space":         {"al\u200bice", []string{messageUsername}},
		"zero width joiner":        {"al\u200dice", []string{messageUsername}},
		"soft hyphen":              {"al\u00adice", []string{messageUsername}},
		"byte order mark":          {"\ufeffalice", []string{messageUsername}},
		"right to left":            {"al\u202eice", []string{messageUsername}},
		"line break":               {"al\nice", []string{messageUsername}},
		"Hangul filler":            {"al\u3164ice", []string{messageUsername}},
		"half-width Hangul filler": {"al\uffa0ice", []string{messageUsername}},
		"blank once decomposed":    {"al\ufdfaice", []string{messageUsername}},
		"parentheses in a number":  {"al\u2474", []string{messageUsername}},
		"full-width at":            {"a＠example.com", []string{messageUsername}},
		"not UTF-8":                {"al\xffice", []string{messageUsername}},
		"Cyrillic in Latin":        {"аdmin", []string{messageMixed}},
		"Greek in Latin":           {"αdmin", []string{messageMixed}},
		"Latin after Cyrillic":     {"иван.smith", []string{messageMixed}},
		"Cyrillic before the at":   {"аdmin@example.com", []string{messageMixed}},
		"Cyrillic in the domain":   {"bob@еxample.com", []string{messageMixed}},
		"151":                      {strings.Repeat("u", 151), []string{messageUsernameLong}},
		"151 when folded":          {strings.Repeat("ß", 76), []string{messageUsernameLong}},
		"10000":                    {strings.Repeat("u", 10000), []string{messageUsernameLong}},
	} {
		_, err := Username(c.s)
		var invalid *Invalid
		if !errors.As(err, &invalid) || !slices.Equal(invalid.Messages, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// UTS #39, Highly Restrictive, and letters that look like ASCII.
func TestUsernamesThatLookLikeOthers(t *testing.T) {
	for s, want := range map[string]string{
		"ɑdmin": messageAlike, "ᴀdmin": messageAlike, "аррӏе": messageAlike, "АРРӀЕ": messageAlike, "ВОВ": messageAlike, "сосо1": messageAlike,
		"ᏣᎳᎩ": messageAlike, "ѕсоре": messageAlike, "ρυνο": messageAlike, "١٥": messageAlike, "ǃkung": messageAlike,
		"аdmin": messageMixed, "adminа": messageMixed, "bobאבג": messageMixed, "bobてすとб": messageMixed, "ㄅㄆ密か": messageMixed, "ひらがな한글": messageMixed,
	} {
		_, err := Username(s)
		var invalid *Invalid
		if !errors.As(err, &invalid) || !slices.Equal(invalid.Messages, []string{want}) {
			t.Errorf("Username(%q) = %v, want %q", s, err, want)
		}
	}
	for _, s := range []string{
		"иван", "сергей.1990", "вова", "Ольга", "ελένη", "νίκος", "אברהם", "ひらがなカタカナ漢字Latin", "ㄅㄆ密码bob", "한글漢字bob", "श", "สมชาย",
		"lærke", "søren", "łukasz", "ğül", "žofie", "œuvre", "ñandú", "ıbrahım", "bob１２",
	} {
		if _, err := Username(s); err != nil {
			t.Errorf("Username(%q): %v, want it accepted", s, err)
		}
	}
}

func TestUsernamesOfTheSeed(t *testing.T) {
	for _, s := range []string{
		"alice@example.com", "a.b+c-d_e@f", "12345", "1.5", ".", "a", "Ünïcode", "密码", "иван", "ελένη",
		"محمد", "ⅷ", "x²", "bob密码", strings.Repeat("u", 150), strings.Repeat("密", 150), "иван@пример.com",
	} {
		key, err := Username(s)
		if err != nil {
			t.Errorf("Username(%q): %v", s, err)
		}
		if again, err := Username(key); err != nil || again != key {
			t.Errorf("Username(%q) = %q, %v; want itself", key, again, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]string{
		"Alice@Example.COM":                      "alice@example.com",
		" a@b.de\n":                              "a@b.de",
		"a@localhost":                            "a@localhost",
		"A@LOCALHOST":                            "a@localhost",
		"a@[127.0.0.1]":                          "a@[127.0.0.1]",
		"a@[2001:DB8::0001]":                     "a@[2001:db8::1]",
		"idn@bücher.example":                     "idn@xn--bcher-kva.example",
		"idn@BÜCHER.example":                     "idn@xn--bcher-kva.example",
		"idn@xn--BCHER-KVA.EXAMPLE":              "idn@xn--bcher-kva.example",
		"a@straße.de":                            "a@xn--strae-oqa.de", // another domain than strasse.de
		"x@пример.com":                           "x@xn--e1afmkfd.com",
		`"qq"@example.com`:                       "qq@example.com",
		`"q,q"@example.com`:                      `"q,q"@example.com`,
		"o'neil+tag%x@example.com":               "o'neil+tag%x@example.com",
		strings.Repeat("l", 65) + "@example.com": strings.Repeat("l", 65) + "@example.com",
	} {
		display, key, err := Email(s)
		if err != nil || key != want || display != strings.TrimSpace(s) {
			t.Errorf("Email(%q) = %q, %q, %v; want key %q", s, display, key, err, want)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		s    string
		want []string
	}{
		"blank":                {" ", []string{messageBlank}},
		"no at":                {"nonsense", []string{messageEmail}},
		"no domain":            {"a@", []string{messageEmail}},
		"no local part":        {"@example.com", []string{messageEmail}},
		"no dot":               {"a@host", []string{messageEmail}},
		"short top level":      {"a@b.c", []string{messageEmail}},
		"dot first":            {"a@.example.com", []string{messageEmail}},
		"dot last":             {"a@example.com.", []string{messageEmail}},
		"dots in the name":     {"a..b@example.com", []string{messageEmail}},
		"hyphen first":         {"a@-example.com", []string{messageEmail}},
		"several ats":          {"a@evil@corp.com", []string{messageEmail}},
		"at in quotes":         {`"a@evil"@corp.com`, []string{messageEmail}},
		"blank in quotes":      {`"q q"@example.com`, []string{messageEmail}},
		"escape in quotes":     {`"q\q"@example.com`, []string{messageEmail}},
		"line break":           {"a\n@example.com", []string{messageEmail}},
		"header":               {"a@example.com\r\nBcc: b@example.com", []string{messageEmail}},
		"encoded line break":   {"a%0a@example.com", []string{messageEmail}},
		"NUL":                  {"a\x00@example.com", []string{messageNull, messageEmail}},
		"letters of elsewhere": {"ünï@example.com", []string{messageEmail}},
		"long s":               {"ſam@example.com", []string{messageEmail}},
		"full-width at":        {"a＠example.com", []string{messageEmail}},
		"bad literal":          {"a@[1.2.3]", []string{messageEmail}},
		"zone":                 {"a@[fe80::1%eth0]", []string{messageEmail}},
		"open literal":         {"a@[127.0.0.1", []string{messageEmail}},
		"mixed label":          {"bob@pаypal.com", []string{messageEmail}},
		"zero width":           {"bob@exam\u200bple.com", []string{messageEmail}},
		"too long":             {strings.Repeat("a", 243) + "@example.com", []string{messageEmailLong}},
		"a number":             {"5", []string{messageEmail}},
	} {
		_, _, err := Email(c.s)
		var invalid *Invalid
		if !errors.As(err, &invalid) || !slices.Equal(invalid.Messages, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestUsernameAndAddressShareOneNameSpace(t *testing.T) {
	for username, address := range map[string]string{
		"a@B.com":          "A@b.com",
		"a@BÜCHER.example": "A@xn--bcher-kva.example",
		"qq@example.com":   `"QQ"@example.com`,
		"ｂｏｂ@example.com":  "bob@EXAMPLE.com",
		"a@localhost":      "a@LOCALHOST",
		"İb@example.com":   "ib@example.com",
	} {
		a, err := Username(username)
		if err != nil {
			t.Fatalf("checking the username: %v", err)
		}
		_, b, err := Email(address)
		if err != nil {
			t.Fatalf("checking the email address: %v", err)
		}
		if a != b {
			t.Errorf("%q has the key %q, want %q as %q has", username, a, b, address)
		}
	}
}

func TestWhatIsNoNameFindsNobodyAndIsCounted(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []string{"", "al\u200bice", "a b", "a\x00b", "\xff", strings.Repeat("a", 1<<20)} {
		key := Lookup(s)
		if _, err := Username(key); err == nil || seen[key] {
			t.Errorf("Lookup(%.20q) = %q, which is or could be somebody's, want a key that nobody can have", s, key)
		}
		seen[key] = true
	}
}

// The test covers every character of the planes that have letters, alone and after a
// letter. Folding must settle, and the key of an accepted name must be its own key.
func TestEveryCharacterSettles(t *testing.T) {
	for r := rune(0x80); r < 0x20000; r++ {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Han, r) {
			continue // neither a letter nor changed by folding
		}
		for _, s := range []string{string(r), "i" + string(r)} {
			if folded := Fold(s); Fold(folded) != folded {
				t.Errorf("Fold(Fold(%+q)) = %+q, want %+q", s, Fold(folded), folded)
			}
			if plain := Plain(s); Plain(plain) != plain {
				t.Errorf("Plain(Plain(%+q)) = %+q, want %+q", s, Plain(plain), plain)
			}
			key, err := Username(s)
			if again, ok := canonical(key); err == nil && (!ok || again != key || Lookup(s) != key) {
				t.Errorf("Username(%+q) = %+q, which is not its own key, want a key that stays the same", s, key)
			}
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"alice", "İ", "a@B.com", "ünï@bücher.example", "Ↄ@Ↄa.com", `"a"@b.de`, "ﷺ", "ꭹ0", "ǰ", "a@[::1]", "x@a\u200db.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		found := Lookup(s)
		if found == "" || len(found) > maxEmail*utf8.UTFMax {
			t.Errorf("the key that Lookup gives has %d bytes, want 1 to %d", len(found), maxEmail*utf8.UTFMax)
		}
		if key, err := Username(s); err == nil {
			holds(t, "Username", s, key, found)
			again, err := Username(key)
			if err != nil || again != key || utf8.RuneCountInString(key) > maxUsername {
				t.Errorf("Username(%q) = %q, %v; want itself", key, again, err)
			}
		}
		if _, key, err := Email(s); err == nil {
			holds(t, "Email", s, key, found)
			if strings.Count(key, "@") != 1 || !isASCII(key) || len(key) > maxEmail {
				t.Errorf("Email(%q) has the key %q, want ASCII with one @ of at most %d bytes", s, key, maxEmail)
			}
			if _, again, err := Email(key); err != nil || again != key {
				t.Errorf("Email(%q) = %q, %v; want itself", key, again, err)
			}
		}
		if folded := Fold(s); Fold(folded) != folded {
			t.Errorf("Fold(Fold(%q)) = %q, want %q", s, Fold(folded), folded)
		}
	})
}

// holds checks the properties of every accepted name.
func holds(t *testing.T, what, s, key, found string) {
	t.Helper()
	if key != found {
		t.Errorf("%s(%q) = %q, want %q as Lookup gives", what, s, key, found)
	}
	if again := Lookup(key); again != key {
		t.Errorf("Lookup(%q) = %q, want itself", key, again)
	}
	for _, r := range key {
		if r <= ' ' || r == 0x7f || r >= 0x80 && !usernameRune(r) {
			t.Errorf("%s(%q) has %U in its key, want only characters that a username may have", what, s, r)
		}
	}
}

// Sign-up reads the input of strangers before it counts their tries, so the cost of an
// input must not grow faster than its length. Punycode would take seconds for these.
func TestLongNamesAreRefusedAtOnce(t *testing.T) {
	var letters strings.Builder
	for r := rune(0x4e00); r < 0x4e00+20_000; r++ {
		letters.WriteRune(r)
	}
	for what, s := range map[string]string{
		"a label": "a@" + letters.String() + ".com", "labels": "a@" + strings.Repeat("é.", 20_000) + "com",
		"a short one": "a@" + letters.String()[:3*1300] + ".com",
	} {
		var emailErr, usernameErr error
		var key string
		const limit = 500 * time.Millisecond
		if took := testkit.Took(limit, func() {
			_, _, emailErr = Email(s)
			_, usernameErr = Username(s)
			key = Lookup(s)
		}); took > limit {
			t.Errorf("%s took %s, want at most %s", what, took, limit)
		}
		if emailErr == nil || usernameErr == nil || key[0] != '?' {
			t.Errorf("%s is a name, want an error", what)
		}
	}
	// The longest possible label, decomposed.
	long := "a@" + strings.Repeat("e\u0301", 56) + "." + strings.Repeat("b", 60) + ".com"
	if _, key, err := Email(long); err != nil || !strings.HasPrefix(key, "a@xn--") {
		t.Errorf(`a long domain in small letters with accents: %q, %v; want it to begin with "a@xn--"`, key, err)
	}
}
