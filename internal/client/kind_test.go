package client

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
)

func TestAKindSettlesWhatIsNotSent(t *testing.T) {
	w := open(t)
	for _, k := range Kinds() {
		in := Input{Name: fields.Given("App"), RedirectURIs: fields.Listed("https://app.example/cb")}
		if k.Name == Native {
			in.RedirectURIs = fields.Listed("com.example.app:/cb")
		}
		if !k.Redirects() {
			in.RedirectURIs = fields.List{}
		}
		k.Fill(&in)
		c, _, err := w.Create(t.Context(), authz.Operator, in)
		if err != nil || c.AuthMethod != k.AuthMethod || c.Scope != k.Scope || c.RequirePKCE != k.RequirePKCE || strings.Join(c.GrantTypes, " ") != strings.Join(k.Grants, " ") {
			t.Errorf("%s: registered as %+v, %v; want what the kind says", k.Name, c, err)
		}
		if got := KindOf(c); got != k.Name && k.Name != Agent { // which looks like another public app
			t.Errorf("the app of the kind %s looks like %s, want the same", k.Name, got)
		}
	}
	in := Input{AuthMethod: fields.Given(store.SecretPost), Scope: fields.Given("")}
	Kinds()[0].Fill(&in)
	if in.AuthMethod.Value != store.SecretPost || in.Scope.Value != "" {
		t.Errorf("the kind changed %+v, want what was sent kept", in)
	}
}

func TestTheCommandOfARegistration(t *testing.T) {
	in := Input{
		Name: fields.Given("Ann's $HOME"), FirstParty: fields.On(true), RedirectURIs: fields.Listed("https://a.example/cb", "https://b.example/?x=1&y"),
		Scope: fields.Given("openid email"), AccessTokenLifetime: fields.Whole(600), MaxSessions: fields.Whole(5),
	}
	got := strings.Join(Command(Web, in), " ")
	want := `gatehouse client create --kind web --name 'Ann'\''s $HOME' --first-party --scope 'openid email' --redirect-uri https://a.example/cb --redirect-uri 'https://b.example/?x=1&y' --access-token-lifetime 10m0s --max-sessions 5`
	if got != want {
		t.Errorf("the command is\n%s\nwant\n%s", got, want)
	}
}

func TestAnIDInAPath(t *testing.T) {
	for id, want := range map[string]string{"shop-7.x_~": "shop-7.x_~", "new": "~bmV3", "https://app.example/c": "~aHR0cHM6Ly9hcHAuZXhhbXBsZS9j"} {
		if got := PathOf(id); got != want || OfPath(got) != id {
			t.Errorf("%s is %s in a path and %s again, want %s and the same", id, got, OfPath(got), want)
		}
	}
	if got := OfPath("~not base64"); got != "~not base64" {
		t.Errorf("a segment that is no ID names %s, want itself", got)
	}
}

func TestNothingIsDoneToAClientThatHasChanged(t *testing.T) {
	w := open(t)
	c, _, err := w.Create(t.Context(), authz.Operator, shop())
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	shown, err := Version(c)
	if err != nil {
		t.Fatalf("taking the version: %v", err)
	}
	c, _, err = w.RotateSecret(t.Context(), authz.Operator, c.ID, time.Hour, shown)
	if err != nil || len(c.Secrets) != 2 {
		t.Fatalf("rotating as shown: %v, want it done", err)
	}
	for name, act := range map[string]func() error{
		"rotating": func() error {
			_, _, err := w.RotateSecret(t.Context(), authz.Operator, c.ID, 0, shown)
			return err
		},
		"adopting": func() error { _, err := w.Adopt(t.Context(), authz.Operator, c.ID, shown); return err },
		"deleting": func() error { return w.Delete(t.Context(), authz.Operator, c.ID, shown) },
	} {
		if err := act(); !errors.Is(err, version.ErrChanged) {
			t.Errorf("%s: %v, want %v", name, err, version.ErrChanged)
		}
	}
}

func TestWhatAURIWasMeantToBe(t *testing.T) {
	for uri, want := range map[string]string{
		"shop.example/cb": "https://shop.example/cb", "localhost:3000/cb": "http://localhost:3000/cb", "http://shop.example/cb": "https://shop.example/cb",
		"http://localhost/cb": "", "https://shop.example/cb": "", "com.example.app:/cb": "", "nonsense": "", "": "",
	} {
		if got := Meant(uri); got != want {
			t.Errorf("%q is meant to be %q, want %q", uri, got, want)
		}
	}
}
