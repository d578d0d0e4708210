package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

const evil = `"><svg/onload=alert(1)>{{7*7}}`

// rendered returns all pages, filled with a hostile text.
func rendered(t *testing.T) map[string]string {
	t.Helper()
	who := Account{Sub: evil, Username: evil, Email: evil}
	pages := map[string]func(http.ResponseWriter) error{
		"home": func(w http.ResponseWriter) error { return Home.Render(w, "", 200, HomeData{Issuer: evil}) },
		"inside": func(w http.ResponseWriter) error {
			return Home.Render(w, "", 200, HomeData{Issuer: evil, Account: &who})
		},
		"setup": func(w http.ResponseWriter) error {
			return Setup.Render(w, "", 422, SetupData{Token: evil, Username: evil, Email: evil, Errors: map[string][]string{"": {evil}, "username": {evil}}})
		},
		"setup done": func(w http.ResponseWriter) error {
			return SetupDone.Render(w, "", 201, SetupDoneData{Username: evil, Issuer: evil})
		},
		"problem": func(w http.ResponseWriter) error {
			return Problem.Render(w, "", 500, ProblemData{Heading: evil, Text: evil, Sent: evil, RequestID: evil})
		},
		"login": func(w http.ResponseWriter) error {
			return Login.Render(w, "", 422, LoginData{Request: evil, UserCode: evil, App: evil, Username: evil, Account: &who, Another: evil, Problem: evil})
		},
		"consent": func(w http.ResponseWriter) error {
			return Consent.Render(w, "", 200, ConsentData{Request: evil, App: evil, Host: evil, Account: who, Scopes: []string{evil}, Another: evil})
		},
		"logout": func(w http.ResponseWriter) error {
			return Logout.Render(w, "", 200, LogoutData{Request: evil, App: evil, Account: who})
		},
		"signed out": func(w http.ResponseWriter) error {
			return SignedOut.Render(w, "", 200, SignedOutData{App: evil, Return: evil})
		},
		"device": func(w http.ResponseWriter) error {
			return Device.Render(w, "", 422, DeviceData{UserCode: evil, Problem: evil})
		},
		"device consent": func(w http.ResponseWriter) error {
			return DeviceConsent.Render(w, "", 200, DeviceConsentData{UserCode: evil, App: evil, IP: evil, Since: evil, Account: who, Scopes: []string{evil}, Another: evil})
		},
		"onward": func(w http.ResponseWriter) error { return Onward.Render(w, "", 200, NewOnwardData(evil)) },
		"device done": func(w http.ResponseWriter) error {
			return DeviceDone.Render(w, "", 200, DeviceDoneData{Allowed: true, App: evil})
		},
	}
	bodies := map[string]string{}
	for name, render := range pages {
		w := httptest.NewRecorder()
		if err := render(w); err != nil {
			t.Fatalf("rendering the page: %v", err)
		}
		bodies[name] = w.Body.String()
	}
	return bodies
}

// TestEveryPageIsRendered: the tests below see those that are. form_post has a script of
// its own, and is tested where it is sent.
func TestEveryPageIsRendered(t *testing.T) {
	templates, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		t.Fatalf("listing the templates: %v", err)
	}
	pages := rendered(t)
	for _, file := range templates {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if _, there := pages[strings.ReplaceAll(name, "_", " ")]; !there && name != "layout" && name != "form_post" {
			t.Errorf("the tests do not render %s, want every page among those that they see", file)
		}
	}
}

func TestPagesEscapeTheirData(t *testing.T) {
	for name, body := range rendered(t) {
		if strings.Contains(body, "<svg/onload") {
			t.Errorf("%s runs its data, want it escaped:\n%s", name, body)
		}
	}
}

func TestPagesNeedNoInlineCode(t *testing.T) {
	for name, body := range rendered(t) {
		for _, forbidden := range []string{"<script", "<style", " style=", " onclick", " src=\"http"} {
			if strings.Contains(body, forbidden) {
				t.Errorf("%s contains %s, want nothing that the Content-Security-Policy blocks", name, forbidden)
			}
		}
	}
}

// A browser says where a form comes from unless the policy is no-referrer, which is the
// door's.
func TestPagesWithAFormLetBrowsersSayWhereItComesFrom(t *testing.T) {
	for _, c := range []struct {
		name   string
		render func(http.ResponseWriter) error
		want   string
	}{
		{"a page with a form", func(w http.ResponseWriter) error { return Login.Render(w, "", 200, LoginData{}) }, "same-origin"},
		{"a page without one", func(w http.ResponseWriter) error { return DeviceDone.Render(w, "", 200, DeviceDoneData{}) }, "no-referrer"},
	} {
		w := httptest.NewRecorder()
		w.Header().Set("Referrer-Policy", "no-referrer")
		if err := c.render(w); err != nil {
			t.Fatalf("rendering %s: %v", c.name, err)
		}
		if got := w.Header().Get("Referrer-Policy"); got != c.want {
			t.Errorf("%s: Referrer-Policy = %q, want %q", c.name, got, c.want)
		}
	}
}

var (
	inputs = regexp.MustCompile(`<input id="([a-z_]+)"`)
	labels = regexp.MustCompile(`<label for="([a-z_]+)"`)
)

// A screen reader needs a heading, and a label for each field.
func TestPagesWorkWithAScreenReader(t *testing.T) {
	for name, body := range rendered(t) {
		if n := strings.Count(body, "<h1>"); n != 1 {
			t.Errorf("%s has %d headings of the first order, want 1", name, n)
		}
		if !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, "<main") {
			t.Errorf("%s does not declare both its language and its main part, want both", name)
		}
		labelled := map[string]bool{}
		for _, m := range labels.FindAllStringSubmatch(body, -1) {
			labelled[m[1]] = true
		}
		for _, m := range inputs.FindAllStringSubmatch(body, -1) {
			if !labelled[m[1]] {
				t.Errorf("%s: the field %s has no label, want one", name, m[1])
			}
		}
	}
}
