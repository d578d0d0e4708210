package apis

import (
	"strings"
	"testing"
)

func TestIdentifiersOfOneAPIHaveOneForm(t *testing.T) {
	const longest = MaxIdentifierBytes - len("https://api.example/")
	for raw, want := range map[string]string{
		"https://api.example":                                 "https://api.example",
		"https://api.example/":                                "https://api.example",
		"HTTPS://API.Example/":                                "https://api.example",
		"https://api.example/?a=B":                            "https://api.example?a=B",
		"https://api.example?a=B":                             "https://api.example?a=B",
		"https://API.example:8443/V1/":                        "https://api.example:8443/V1/",
		"https://api.example//":                               "https://api.example//",
		"https://api.example/v%2f1":                           "https://api.example/v%2f1",
		"http://[::FFFF:1]/Mcp":                               "http://[::ffff:1]/Mcp",
		"API://Orders":                                        "api://orders",
		"URN:Example:Orders":                                  "urn:Example:Orders",
		"https://api.example/a/...":                           "https://api.example/a/...",
		"https://api.example/(v1)@a":                          "https://api.example/(v1)@a",
		"https://api.example/?redirect":                       "https://api.example?redirect",
		"https://api.example/" + strings.Repeat("a", longest): "https://api.example/" + strings.Repeat("a", longest),
	} {
		got, err := Canonical(raw)
		if err != nil || got != want {
			t.Errorf("Canonical(%q) = %q, %v; want %q", raw, got, err, want)
		}
		if again, err := Canonical(got); err != nil || again != got {
			t.Errorf("Canonical(%q) again = %q, %v; want the same", got, again, err)
		}
	}
}

func TestWhatIsNotAnIdentifier(t *testing.T) {
	for raw, why := range map[string]string{
		"":                                "absolute URI",
		"orders":                          "absolute URI",
		"/orders":                         "absolute URI",
		"//api.example/":                  "absolute URI",
		"api.example/orders":              "absolute URI",
		"api.example:8443/orders":         "absolute URI",
		"localhost:8443/orders":           "absolute URI",
		"https:":                          "more than a scheme",
		"https://":                        "more than a scheme",
		"https:///orders":                 "more than a scheme",
		"https:orders":                    "more than a scheme",
		"https://:443/":                   "more than a scheme",
		"https://api.example/#":           "no fragment",
		"https://api.example#a":           "no fragment",
		"https://ann:pw@api.example/":     "user name",
		"https://api.example/a/../b":      "no segment",
		"https://api.example/%2e%2E/b":    "no segment",
		"https://api.example/.":           "no segment",
		"https://api.example/a b":         "characters",
		"https://api.example/é":           "characters",
		"https://api.example/\"":          "characters",
		"https://api.example/a\\b":        "characters",
		"https://api.example/%":           "characters",
		"https://api.example/\x7f":        "characters",
		"https://api.example/\n":          "characters",
		strings.Repeat("a", 10_000) + ":": "no more than 255",
		"https://api.example/" + strings.Repeat("a", MaxIdentifierBytes-19): "no more than 255",
	} {
		got, err := Canonical(raw)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Canonical(%.60q) = %q, %v; want an error with %q", raw, got, err, why)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, raw := range []string{"https://API.example/", "urn:a:b", "http://[::1]:80/?a", "a:/b", "https://a/%2e"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := Canonical(raw)
		if err != nil {
			return
		}
		if again, err := Canonical(got); err != nil || again != got {
			t.Errorf("Canonical(%q) = %q, and of that %q, %v; want the same", raw, got, again, err)
		}
		if len(got) > MaxIdentifierBytes || strings.ContainsAny(got, "# \"\\\x00") {
			t.Errorf("Canonical(%q) = %q, want at most 255 bytes of a scope-token without #", raw, got)
		}
	})
}
