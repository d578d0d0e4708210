package profile

import (
	"net/url"
	"testing"
	"time"
)

// A stored value stays the same when it is sent back. A web address leads to one host by
// http or https.
func FuzzAttributes(f *testing.F) {
	for _, s := range []string{
		"Ann", "https://a.example/x?y#z", "HTTPS://A.example", "javascript:alert(1)", "https://good@evil", "http://[::1]/", "1999-12-31", "0000-02-29", "2000", "Europe/Berlin", "../../etc/passwd", "pt_br", "de-DE-1996", "zh-cmn-Hans-CN", "x-private", "i-klingon", "art-lojban",
		"+49 (30) 123-45.67", "+493012345;ext=7", "a\r\nb\rc", "\u2028", "\ufeff", "https://\u00e4.example", "en-u-ca-buddhist-nu-latn", "sr-Latn-RS-x-a", "+4930\u00a012345",
	} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range Texts {
			kept, fault := a.Form.Read(text, now)
			if fault != "" {
				if kept != "" {
					t.Errorf("%s: %q is stored as %q despite the fault %s, want nothing stored", a.Name, text, kept, fault)
				}
				continue
			}
			if again, fault := a.Form.Read(kept, now); fault != "" || again != kept {
				t.Errorf("%s: the stored form of %q is read as %q %s, want %q and no fault", a.Name, text, again, fault, kept)
			}
			if a.Name == "website" {
				leadsToTheWeb(t, kept)
			}
		}
	})
}

func leadsToTheWeb(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		t.Errorf("%q was accepted: error = %v, want a URL of one host by http or https", address, err)
	}
}
