package snippet_test

import (
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/client"
	"gatehouse/internal/grant"
	"gatehouse/internal/snippet"
	"gatehouse/store"
)

// of returns the snippets of an app of a kind.
func of(kind, method string) map[string]string {
	k, _ := client.KindNamed(kind)
	c := store.Client{ID: "shop-7", AuthMethod: method, GrantTypes: k.Grants, Scope: "openid email https://orders.example#read"}
	if k.Redirects() {
		c.RedirectURIs = []string{"https://shop.example/back/here?x=1", "http://localhost/"}
	}
	texts := map[string]string{}
	for _, s := range snippet.Of("https://id.example", c) {
		texts[s.Name] = s.Text()
	}
	return texts
}

var leftOver = regexp.MustCompile(`localhost|openid profile|users:read|[^_$]\b(ISSUER|ID|SECRET|BACK|SCOPE)\b[^=]`)

func TestSnippetsHaveTheValuesOfTheApp(t *testing.T) {
	for _, c := range []struct{ kind, method string }{
		{client.Web, store.SecretBasic}, {client.Web, store.SecretPost}, {client.SinglePage, store.NoSecret}, {client.Machine, store.SecretBasic}, {client.Machine, store.SecretPost},
	} {
		texts := of(c.kind, c.method)
		if len(texts) != 5 {
			t.Errorf("%s by %s: snippets in %d languages, want 5", c.kind, c.method, len(texts))
		}
		for name, text := range texts {
			if !strings.Contains(text, "https://id.example") || !strings.Contains(text, "shop-7") || c.kind != client.Machine && !strings.Contains(text, "https://shop.example/back/here?x=1") {
				t.Errorf("%s by %s in %s lacks a value of the app, want them all:\n%s", c.kind, c.method, name, text)
			}
			if left := leftOver.FindString(text); left != "" && name != "curl" {
				t.Errorf("%s by %s in %s still says %q, want the app's own value:\n%s", c.kind, c.method, name, left, text)
			}
			if secret := strings.Contains(text, "CLIENT_SECRET"); secret != (c.method != store.NoSecret) {
				t.Errorf("%s by %s in %s has a secret: %t, want %t:\n%s", c.kind, c.method, name, secret, !secret, text)
			}
			if strings.Contains(text, "orders.example") {
				t.Errorf("%s in %s asks for a scope of an API, want it left to the API's page:\n%s", c.kind, name, text)
			}
		}
	}
}

func TestSnippetsQuoteHostileValues(t *testing.T) {
	c := store.Client{ID: "ID", AuthMethod: store.SecretBasic, GrantTypes: []string{grant.AuthorizationCode}, RedirectURIs: []string{`https://shop.example/'"$(id)SECRET"`}}
	for _, s := range snippet.Of("https://id.example", c) {
		text := s.Text()
		want := `"https://shop.example/'\"$(id)SECRET\""`
		if s.Name == "curl" {
			want = `'https://shop.example/'\''"$(id)SECRET"'`
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s has not %s, want it quoted:\n%s", s.Name, want, text)
		}
	}
}

func TestAnAppWithoutASnippet(t *testing.T) {
	for _, c := range []store.Client{
		{ID: "a", AuthMethod: store.PrivateKeyJWT, GrantTypes: []string{grant.ClientCredentials}},
		{ID: "b", AuthMethod: store.SecretBasic, GrantTypes: []string{grant.Password}},
	} {
		if got := snippet.Of("https://id.example", c); got != nil {
			t.Errorf("%s has %d snippets, want none", c.ID, len(got))
		}
	}
}
