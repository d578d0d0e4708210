package pages_test

import (
	"net/http/httptest"
	"testing"

	"gatehouse/handlers/pages"
)

func TestDevicesInPlainWords(t *testing.T) {
	r := httptest.NewRequest("GET", "/account/sessions", nil)
	for agent, want := range map[string][2]string{
		"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                             {"Firefox on Linux", "laptop"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                      {"Chrome on macOS", "laptop"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                      {"Safari on macOS", "laptop"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":              {"Edge on Windows", "laptop"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1": {"Chrome on iPhone", "phone"},
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": {"Samsung Internet on Android", "phone"},
		"AcmeMobile/7.2 (iPhone; iOS 18.5)": {"AcmeMobile on iPhone", "phone"},
		"curl/8.14.1":                       {"A program (curl)", "terminal"},
		"":                                  {"An unknown device", "laptop"},
		"Mozilla/5.0":                       {"An unknown device", "laptop"},
	} {
		if words, icon := pages.Device(r, agent); words != want[0] || icon != want[1] {
			t.Errorf("%q is %q with the icon %s, want %q and %s", agent, words, icon, want[0], want[1])
		}
	}
}
