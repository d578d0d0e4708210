package server

import "testing"

func TestFirstLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"de-AT,de;q=0.9,en;q=0.8": "de-AT", " en ": "en", "de;q=0.5": "de", "": "", "*": "", "de\r\nX: y": "", "../../etc": "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": "",
	} {
		if got := firstLanguage(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
