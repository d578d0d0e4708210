package factor

import (
	"encoding/base32"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// rfc is the secret of RFC 6238, Appendix B.
var rfc = Secret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890")))

// The vectors of RFC 6238, Appendix B, for SHA-1, with their last six digits.
func TestTheVectorsOfRFC6238(t *testing.T) {
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		at := time.Unix(seconds, 0)
		if got, err := rfc.code(StepAt(at)); err != nil || got != want {
			t.Errorf("the code at %d is %q, %v; want %s", seconds, got, err, want)
		}
		if step, err := rfc.Match(want, 0, at); err != nil || step != StepAt(at) {
			t.Errorf("matching %s at %d: step %d, %v; want %d", want, seconds, step, err, StepAt(at))
		}
	}
}

// Authenticator apps know SHA-1 alone, also where FIPS 140-3 is kept.
func TestTheVectorsUnderFIPS140(t *testing.T) {
	if testkit.OnlyFIPS(t) {
		TestTheVectorsOfRFC6238(t)
	}
}

func TestWhichCodesMatch(t *testing.T) {
	now := time.Unix(1_800_000_015, 0)
	current := StepAt(now)
	codeOf := func(step int64) string {
		code, err := rfc.code(step)
		if err != nil {
			t.Fatalf("making a code: %v", err)
		}
		return code
	}
	spaced := codeOf(current)[:3] + " " + codeOf(current)[3:]
	for name, c := range map[string]struct {
		typed string
		last  int64
		want  int64 // 0: none
	}{
		"the current one":                      {codeOf(current), 0, current},
		"with a space":                         {spaced, 0, current},
		"with spaces around":                   {"  " + codeOf(current) + "\t", 0, current},
		"of the step before":                   {codeOf(current - 1), 0, current - 1},
		"of the step after":                    {codeOf(current + 1), 0, current + 1},
		"two steps old":                        {codeOf(current - 2), 0, 0},
		"two steps early":                      {codeOf(current + 2), 0, 0},
		"used":                                 {codeOf(current), current, 0},
		"before a used one":                    {codeOf(current - 1), current, 0},
		"after a used one":                     {codeOf(current + 1), current, current + 1},
		"empty":                                {"", 0, 0},
		"five digits":                          {codeOf(current)[:5], 0, 0},
		"seven digits":                         {codeOf(current) + "0", 0, 0},
		"digits of another script":             {"\u0661\u0662\u0663\u0664\u0665\u0666", 0, 0},
		"nothing but spaces":                   {"      ", 0, 0},
		"the current one after the next step":  {codeOf(current), current + 1, 0},
		"letters":                              {"abcdef", 0, 0},
		"the current one behind much padding ": {strings.Repeat(" ", 200) + codeOf(current), 0, current},
	} {
		step, err := rfc.Match(c.typed, c.last, now)
		if c.want == 0 && !errors.Is(err, ErrWrong) || c.want != 0 && (err != nil || step != c.want) {
			t.Errorf("%s: step %d, %v; want %d (0: ErrWrong)", name, step, err, c.want)
		}
	}
}

func TestASecretHas160BitsAndIsWrittenForPeople(t *testing.T) {
	s := NewSecret()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(s))
	if err != nil || len(raw) != 20 || s == NewSecret() {
		t.Errorf("a secret of %d bytes, %v; want 20 that nobody else has", len(raw), err)
	}
	groups := strings.Split(s.Grouped(), " ")
	if len(groups) != 8 || strings.Join(groups, "") != string(s) || len(groups[0]) != 4 {
		t.Errorf("grouped as %q, want eight groups of four", s.Grouped())
	}
}

func TestTheURIForAuthenticatorApps(t *testing.T) {
	uri := Secret("JBSWY3DPEHPK3PXP").URI("Acme & Söhne: London", "ann@example.com/x?y")
	at, err := url.Parse(uri)
	if err != nil {
		t.Fatalf("parsing %s: %v", uri, err)
	}
	if at.Scheme != "otpauth" || at.Host != "totp" || at.Path != "/Acme & Söhne  London:ann@example.com/x?y" || strings.Contains(uri, "+") {
		t.Errorf("URI %s with the path %q, want the issuer and the name in it, and no plus sign", uri, at.Path)
	}
	want := url.Values{"secret": {"JBSWY3DPEHPK3PXP"}, "issuer": {"Acme & Söhne: London"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	if got := at.Query(); got.Encode() != want.Encode() {
		t.Errorf("parameters %v, want %v", got, want)
	}
}

// The finder patterns stand in three corners, each inside a margin of four modules.
func TestTheQRCodeHasItsMargin(t *testing.T) {
	p, err := QR(NewSecret().URI("Gatehouse", "ann"))
	if err != nil {
		t.Fatalf("drawing: %v", err)
	}
	inner := p.Size - 8
	if (inner-17)%4 != 0 || inner < 21 {
		t.Errorf("the code has %d modules, want a size that QR codes have", inner)
	}
	if !strings.HasPrefix(p.Path, "M4 4h7v1h-7z") {
		t.Errorf("the path begins with %.30q, want the top of a finder pattern at 4, 4", p.Path)
	}
	if len(p.Path) > 20_000 {
		t.Errorf("the path has %d bytes, want at most 20,000", len(p.Path))
	}
}
