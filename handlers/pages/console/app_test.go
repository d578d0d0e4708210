package console_test

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

var madeID = regexp.MustCompile(`id="made_id">([^<]+)<`)

// made returns the app whose secret the page shows.
func (s *appSite) made(a answer) (store.Client, string) {
	s.Helper()
	body := strings.ReplaceAll(a.Body.String(), "<wbr>", "")
	id := madeID.FindStringSubmatch(body)
	secret := regexp.MustCompile(`id="made_secret">([^<]+)<`).FindStringSubmatch(body)
	if id == nil || secret == nil {
		s.Fatalf("the page shows neither an ID nor a secret, want both:\n%s", body)
	}
	return s.app(id[1]), secret[1]
}

func TestEveryKindOfAppIsRegistered(t *testing.T) {
	s := openApps(t)
	for _, k := range client.Kinds() {
		form := s.ask("/console/apps/new?kind="+k.Name, nil).shows(http.StatusOK, "gatehouse client create --kind "+k.Name)
		got := s.send(form, "kind", k.Name, "name", "Our "+k.Name, "redirect_uris.0", "https://shop.example/cb")
		var c store.Client
		if k.AuthMethod == store.NoSecret {
			got.leads(got.Header().Get("Location"))
			c = s.app(strings.TrimPrefix(got.Header().Get("Location"), "/console/apps/"))
		} else {
			var secret string
			c, secret = s.made(got.shows(http.StatusCreated, "Our "+k.Name+" is registered"))
			if c.Secrets[0].Digest != store.DigestOf(secret) || got.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: the page shows a secret that is not the app's, or may be kept (%q), want neither", k.Name, got.Header().Get("Cache-Control"))
			}
		}
		want := store.Client{Name: "Our " + k.Name, AuthMethod: k.AuthMethod, GrantTypes: k.Grants, Scope: k.Scope, RequirePKCE: k.RequirePKCE}
		if k.Redirects() {
			want.RedirectURIs = []string{"https://shop.example/cb"}
		}
		is := store.Client{Name: c.Name, AuthMethod: c.AuthMethod, GrantTypes: c.GrantTypes, Scope: c.Scope, RequirePKCE: c.RequirePKCE, RedirectURIs: c.RedirectURIs}
		if len(is.RedirectURIs) == 0 {
			is.RedirectURIs = nil
		}
		if diff := cmp.Diff(want, is); diff != "" {
			t.Errorf("%s: registered otherwise than wanted (-want +got):\n%s", k.Name, diff)
		}
	}
}

func TestAFaultyAddressIsMended(t *testing.T) {
	s := openApps(t)
	form := s.ask("/console/apps/new", nil)
	wrong := s.send(form, "kind", client.Web, "name", "Portal", "redirect_uris.0", "partners.example/cb", "redirect_uris.1", "http://localhost:3000/cb").
		shows(http.StatusUnprocessableEntity, "An address begins with https://", "Use https://partners.example/cb", `value="Portal"`, `value="http://localhost:3000/cb"`)
	mended := s.send(wrong, "kind", client.Web, "use", "redirect_uris.0").shows(http.StatusOK, `value="https://partners.example/cb"`)
	more := s.send(mended, "kind", client.Web, "more", "redirect_uris").shows(http.StatusOK, `name="redirect_uris.3"`)
	c, _ := s.made(s.send(more, "kind", client.Web).shows(http.StatusCreated))
	if want := []string{"https://partners.example/cb", "http://localhost:3000/cb"}; !slices.Equal(c.RedirectURIs, want) {
		t.Errorf("the app returns to %q, want %q", c.RedirectURIs, want)
	}
}

// Sending the form as it is changes nothing, whatever the app is registered with.
func TestAFormThatIsSentUnchangedChangesNothing(t *testing.T) {
	s := openApps(t)
	in := web("shop")
	in.Scope, in.GrantTypes = fields.Given("profile openid email account"), fields.Listed(grant.RefreshToken, grant.AuthorizationCode, grant.Password)
	in.PostLogoutRedirectURIs, in.IDTokenClaims = fields.Listed("https://shop.example/bye"), fields.Listed("profile", "email")
	in.AccessTokenLifetime, in.RefreshTokenIdle, in.MaxSessions = fields.Whole(600), fields.Whole(14*24*3600), fields.Whole(-1)
	in.RequirePAR, in.FirstParty, in.Rotation = fields.On(true), fields.On(true), fields.Given(store.RotationAdopted)
	was := s.register(in)
	s.send(s.ask("/console/apps/shop/edit", nil)).leads("/console/apps/shop")
	if diff := cmp.Diff(was, s.app("shop")); diff != "" {
		t.Errorf("the app has changed, want it as it was (-was +is):\n%s", diff)
	}
}

func TestAnAppIsEdited(t *testing.T) {
	s := openApps(t)
	s.register(web("shop"))
	form := s.ask("/console/apps/shop/edit", nil).shows(http.StatusOK, "its sessions end: 0 live sessions")
	s.send(form, "name", "Store", "access_token_lifetime", "soon", "redirect_uris.0", "https://shop.example/#").
		shows(http.StatusUnprocessableEntity, "Write it as 10m, 12h or 14d", "A URI has no fragment.", `value="soon"`, `value="Store"`)
	s.send(form, "name", "Store", "access_token_lifetime", "10m", "max_sessions", "3", "scope.openid", "", "redirect_uris.0", "", "redirect_uris.1", "https://shop.example/new", "first_party", "on").leads("/console/apps/shop")
	c := s.app("shop")
	if c.Name != "Store" || c.AccessTokenLifetime != 10*time.Minute || c.MaxSessions != 3 || c.Scope != "profile email" || !slices.Equal(c.RedirectURIs, []string{"https://shop.example/new"}) || !c.FirstParty {
		t.Errorf("the app is %+v, want all that was typed", c)
	}
	s.ask("/console/apps/shop", nil).shows(http.StatusOK, "Store", "10m", "https://shop.example/new", "first-party")
}

// TestWhatAnAppDoesNotUseIsNoLongerAllowed: with one click, but not with a page that is out
// of date.
func TestWhatAnAppDoesNotUseIsNoLongerAllowed(t *testing.T) {
	s := openApps(t)
	in := web("shop")
	in.GrantTypes = fields.Listed(grant.AuthorizationCode, grant.Password)
	s.register(in)
	page := s.ask("/console/apps/shop", nil).shows(http.StatusOK, `name="grant" value="password"`, `name="scope" value="email"`, "Stop allowing")
	s.send(page, "grant", grant.Password).leads("/console/apps/shop")
	s.send(page, "scope", "email").shows(http.StatusPreconditionFailed, "This was changed meanwhile.")
	s.send(s.ask("/console/apps/shop", nil), "scope", "email").leads("/console/apps/shop")
	if c := s.app("shop"); c.Scope != "openid profile" || !slices.Equal(c.GrantTypes, []string{grant.AuthorizationCode}) {
		t.Errorf("the app may use %q and %q, want neither the password grant nor the scope email", c.GrantTypes, c.Scope)
	}
}

func TestTwoAdministratorsEditAnApp(t *testing.T) {
	s := openApps(t)
	s.register(web("shop"))
	first, second := s.ask("/console/apps/shop/edit", nil), s.ask("/console/apps/shop/edit", nil)
	s.send(first, "name", "Store").leads("/console/apps/shop")
	told := s.send(second, "name", "Market", "access_token_lifetime", "5m").
		shows(http.StatusPreconditionFailed, "This was changed meanwhile.", `value="Market"`, `value="5m"`, "Now saved:")
	if c := s.app("shop"); c.Name != "Store" {
		t.Errorf("the app is called %q, want what the first has written", c.Name)
	}
	s.send(told).leads("/console/apps/shop")
	if c := s.app("shop"); c.Name != "Market" || c.AccessTokenLifetime != 5*time.Minute {
		t.Errorf("the app is %q with %s, want what the second has sent again", c.Name, c.AccessTokenLifetime)
	}
	for _, act := range []string{"secret", "state", "delete"} {
		page := s.ask("/console/apps/shop/"+act, nil).shows(http.StatusOK)
		if _, _, err := s.apps.Update(t.Context(), authz.Operator, "shop", client.Input{Name: fields.Given("Before " + act)}, false); err != nil {
			t.Fatalf("changing the app: %v", err)
		}
		s.send(page, "overlap", "0").shows(http.StatusPreconditionFailed, "This was changed meanwhile.")
	}
	if c := s.app("shop"); c.Disabled || len(c.Secrets) != 1 {
		t.Errorf("the app is %+v, want it neither switched off nor with a new secret", c)
	}
}

func TestASecretIsReplaced(t *testing.T) {
	s := openApps(t)
	was := s.register(web("shop"))
	got := s.send(s.ask("/console/apps/shop/secret", nil).shows(http.StatusOK, "Make a new secret?", "Sessions go on."), "overlap", "86400").shows(http.StatusCreated, "The old one works for another")
	c, secret := s.made(got)
	if len(c.Secrets) != 2 || c.Secrets[0].Digest != store.DigestOf(secret) || c.Secrets[1].Digest != was.Secrets[0].Digest {
		t.Errorf("the secrets are %+v, want the one shown and the old one", c.Secrets)
	}
	s.ask("/console/apps/shop", nil).shows(http.StatusOK, "works, then ends by itself")
	s.send(s.ask("/console/apps/shop/secret", nil).shows(http.StatusOK, "The oldest secret ends at once"), "overlap", "0").shows(http.StatusCreated, "The old one has ended.")
	if c := s.app("shop"); len(c.Secrets) != 1 {
		t.Errorf("%d secrets, want one", len(c.Secrets))
	}
	s.send(s.ask("/console/apps/shop/secret", nil), "overlap", "8000000").shows(http.StatusUnprocessableEntity, "Give a number of seconds from 0 to 7776000.")
}

func TestAnAppIsSwitchedOffAndDeleted(t *testing.T) {
	s := openApps(t)
	s.register(web("shop"))
	s.send(s.ask("/console/apps/shop/state", nil).shows(http.StatusOK, "refused here: 0 live sessions")).leads("/console/apps/shop")
	s.ask("/console/apps/shop", nil).shows(http.StatusOK, "This app is switched off")
	s.send(s.ask("/console/apps/shop/state", nil).shows(http.StatusOK, "Switch this app on again?")).leads("/console/apps/shop")
	if s.app("shop").Disabled {
		t.Error("the app is switched off, want it on again")
	}
	s.send(s.ask("/console/apps/shop/delete", nil).shows(http.StatusOK, "This cannot be undone.", "end within a second: 0 live sessions")).leads("/console/apps")
	s.ask("/console/apps/shop", nil).shows(http.StatusNotFound)
}

func TestAnAppByItsAddressIsBlockedAndAdopted(t *testing.T) {
	s := openApps(t)
	const id = "https://agent.tidewater.example/client"
	path := "/console/apps/~" + base64.RawURLEncoding.EncodeToString([]byte(id))
	err := s.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.CreateClient(store.Client{ID: id, Name: "Tidewater", Origin: store.OriginDocument, AuthMethod: store.NoSecret, GrantTypes: []string{grant.AuthorizationCode}, RedirectURIs: []string{"http://127.0.0.1/cb"}, Rotation: store.RotationStrict, IDTokenSigning: store.SigningChoice{Alg: store.RS256}, RefreshSigning: store.SigningChoice{Alg: store.RS256}, CreatedAt: s.now, UpdatedAt: s.now})
	})
	if err != nil {
		t.Fatalf("creating the app: %v", err)
	}
	s.ask("/console/apps", nil).shows(http.StatusOK, path, "by its address")
	s.ask(path, nil).shows(http.StatusOK, "agent.tidewater.example", "Known by its address", "Block…", "Adopt…")
	s.send(s.ask(path+"/edit", nil), "name", "Ours").shows(http.StatusUnprocessableEntity, "Adopt the app to change it here.")
	s.send(s.ask(path+"/state", nil).shows(http.StatusOK, "It stays blocked")).leads(path)
	s.send(s.ask(path+"/adopt", nil).shows(http.StatusOK, "Adopt this app?")).leads(path)
	if c := s.app(id); !c.Disabled || c.Origin != store.OriginRegistered {
		t.Errorf("the app is %+v, want it blocked and adopted", c)
	}
}

func TestAnAppThatAsksForPasswordsIsShownTheWayOut(t *testing.T) {
	s := openApps(t)
	in := web("till")
	in.GrantTypes = fields.Listed(grant.Password, grant.RefreshToken)
	s.register(in)
	s.ask("/console/apps/till", nil).shows(http.StatusOK, "/console/apps/till/edit?switch=code")
	s.send(s.ask("/console/apps/till/edit?switch=code", nil)).leads("/console/apps/till")
	if c := s.app("till"); !slices.Equal(c.GrantTypes, []string{grant.Password, grant.RefreshToken, grant.AuthorizationCode}) || !c.RequirePKCE {
		t.Errorf("the app has the grants %q and PKCE %t, want the code with PKCE beside those it had", c.GrantTypes, c.RequirePKCE)
	}
}

func TestTheUsesOfAnAppAreCounted(t *testing.T) {
	s := openApps(t)
	s.register(web("shop"))
	count := func(kind store.Happening, detail string, n int64, ago time.Duration) store.HourlyCount {
		return store.HourlyCount{HourlyKey: store.HourlyKey{Kind: kind, ClientID: "shop", Detail: detail}, Hour: s.now.Add(-ago).Truncate(time.Hour), N: n}
	}
	if err := s.db.AddHourly(t.Context(), count(store.Tokens, grant.AuthorizationCode, 1200, time.Hour), count(store.Tokens, grant.AuthorizationCode, 7, 40*24*time.Hour), count(store.Scopes, "email", 1, time.Hour)); err != nil {
		t.Fatalf("counting: %v", err)
	}
	s.ask("/console/apps/shop", nil).shows(http.StatusOK, "used 1,200 times", "used once", "not used")
}

func TestAnAppThatIsNotThere(t *testing.T) {
	s := openApps(t)
	for _, path := range []string{"/console/apps/none", "/console/apps/none/edit", "/console/apps/none/delete", "/console/apps/~notbase64!"} {
		s.ask(path, nil).shows(http.StatusNotFound)
	}
}
