package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file writes a file for one test, and returns its path.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	return path
}

func TestABrandIsOnEveryPage(t *testing.T) {
	brand, err := NewBrand(BrandSettings{
		Name: "Acme", Logo: file(t, "logo.svg", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		Colour: "#2b4acb", CSS: file(t, "own.css", "h1 { font-style: italic }"),
		Terms: "https://acme.example/terms", Privacy: "https://acme.example/privacy", Support: "mailto:help@acme.example", Secured: true,
	})
	if err != nil {
		t.Fatalf("reading the brand: %v", err)
	}
	w := httptest.NewRecorder()
	if err := Login.Render(w, View{Brand: brand, Language: German}, 200, LoginData{}); err != nil {
		t.Fatalf("rendering the page: %v", err)
	}
	for _, want := range []string{
		"<title>Anmelden · Acme</title>", "<span>Acme</span>", `<img src="` + brand.Logo + `"`, `href="` + brand.Style + `"`, `href="` + brand.CSS + `"`,
		`<a href="https://acme.example/terms">Nutzungsbedingungen</a>`, `<a href="https://acme.example/privacy">Datenschutz</a>`, `<a href="mailto:help@acme.example">Hilfe</a>`, "Gesichert durch Gatehouse",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page has no %s, want it:\n%s", want, w.Body)
		}
	}
	served := map[string]http.Header{}
	brand.Serve(func(path string, serve http.HandlerFunc) {
		w := httptest.NewRecorder()
		serve(w, httptest.NewRequest("GET", path, nil))
		served[path] = w.Header()
		if path == brand.Style && !strings.Contains(w.Body.String(), "--accent: #2b4acb") {
			t.Errorf("the colours are %s, want the brand's", w.Body)
		}
	})
	if policy := served[brand.Logo].Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the logo has the policy %q, want one under which it runs nothing", policy)
	}
	if len(served) != 3 {
		t.Errorf("the brand serves %d files, want its logo, colours and style sheet", len(served))
	}
}

func TestBrandsThatAreRefused(t *testing.T) {
	for name, s := range map[string]BrandSettings{
		"a logo that is not there": {Logo: "/nowhere.png"},
		"a logo that is a page":    {Logo: file(t, "logo.svg", "<html><svg></svg></html>")},
		"a logo that is text":      {Logo: file(t, "logo.png", "hello")},
		"a logo that is too large": {Logo: file(t, "logo.svg", "<svg>"+strings.Repeat(" ", maxLogo)+"</svg>")},
		"a style sheet too large":  {CSS: file(t, "own.css", strings.Repeat(" ", maxCSS+1))},
		"a pale colour":            {Colour: "#fc0"},
	} {
		if _, err := NewBrand(s); err == nil {
			t.Errorf("%s is accepted, want it refused", name)
		}
	}
}
