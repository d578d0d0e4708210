package document_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gatehouse/internal/authz"
	"gatehouse/internal/client/document"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

const aSet = `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"1"}]}`

// The members of documents, and the clients that they describe.
func TestWhatADocumentDescribes(t *testing.T) {
	w := open(t)
	for name, c := range map[string]struct {
		members string
		want    store.Client
	}{
		"least": {
			`"client_name":"T","redirect_uris":["https://t.example/cb"]`,
			store.Client{AuthMethod: store.NoSecret, GrantTypes: []string{grant.AuthorizationCode}, RedirectURIs: []string{"https://t.example/cb"}},
		},
		// Met in the field: keys behind a URI, an algorithm, and the plural member only.
		"signs": {
			`"client_name":"T","redirect_uris":["https://t.example/cb"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],` +
				`"token_endpoint_auth_methods_supported":["private_key_jwt"],"token_endpoint_auth_signing_alg":"RS256","jwks_uri":"https://t.example/keys"`,
			store.Client{
				AuthMethod: store.PrivateKeyJWT, GrantTypes: []string{grant.AuthorizationCode, grant.RefreshToken}, RedirectURIs: []string{"https://t.example/cb"},
				JWKSURI: "https://t.example/keys", AssertionAudience: "issuer",
			},
		},
		// Met in the field: public, and with a grant that is not for it here.
		"names a foreign grant": {
			`"client_name":"T","redirect_uris":["http://localhost/callback","http://127.0.0.1/callback"],"token_endpoint_auth_method":"none",` +
				`"grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:jwt-bearer"],"logo_uri":"http://10.0.0.1/","scope":"x"`,
			store.Client{
				AuthMethod: store.NoSecret, GrantTypes: []string{grant.AuthorizationCode, grant.RefreshToken},
				RedirectURIs: []string{"http://localhost/callback", "http://127.0.0.1/callback"},
			},
		},
		"strongest of both": {
			`"client_name":"T","redirect_uris":["https://t.example/cb"],"token_endpoint_auth_method":"none",` +
				`"token_endpoint_auth_methods_supported":["none","client_secret_basic","private_key_jwt"],"jwks":` + aSet,
			store.Client{
				AuthMethod: store.PrivateKeyJWT, GrantTypes: []string{grant.AuthorizationCode}, RedirectURIs: []string{"https://t.example/cb"},
				JWKS: aSet, AssertionAudience: "issuer",
			},
		},
		"both, without keys": {
			`"client_name":"T","redirect_uris":["https://t.example/cb"],"token_endpoint_auth_methods_supported":["private_key_jwt","none"]`,
			store.Client{AuthMethod: store.NoSecret, GrantTypes: []string{grant.AuthorizationCode}, RedirectURIs: []string{"https://t.example/cb"}},
		},
		"device": {
			`"client_name":"T","grant_types":["urn:ietf:params:oauth:grant-type:device_code"]`,
			store.Client{AuthMethod: store.NoSecret, GrantTypes: []string{grant.DeviceCode}, RedirectURIs: []string{}},
		},
		"addresses for other servers": {
			`"client_name":"T","redirect_uris":["cursor://back","https://t.example/cb?code=x","https://t.example/cb","http://t.example/cb"],"first_party":true,` +
				`"disabled":true,"backchannel_logout_uri":"https://t.example/out"`,
			store.Client{AuthMethod: store.NoSecret, GrantTypes: []string{grant.AuthorizationCode}, RedirectURIs: []string{"https://t.example/cb"}},
		},
	} {
		path := "/" + strings.ReplaceAll(name, " ", "-")
		id := w.publish(path, c.members, "")
		want := c.want
		want.ID, want.Name, want.Origin, want.Rotation, want.Scope = id, "T", store.OriginDocument, store.RotationStrict, authz.OpenIDScopes
		want.IDTokenSigning, want.RefreshSigning = store.SigningChoice{Alg: store.RS256}, store.SigningChoice{Alg: store.RS256}
		want.CreatedAt, want.UpdatedAt = w.clock(), w.clock()
		if diff := cmp.Diff(want, w.mustFind(t, id).Client, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: the client (-want +got):\n%s", name, diff)
		}
		if kept, err := w.db.ClientByID(t.Context(), id); err != nil || kept.ID != id {
			t.Errorf("%s: on record: %+v, %v; want the client", name, kept, err)
		}
	}
}

// A copy is fresh for what the header says, within a minute and a day.
func TestHowLongACopyIsFresh(t *testing.T) {
	w := open(t)
	for cache, want := range map[string]time.Duration{
		"":                             5 * time.Minute,
		"max-age=0":                    time.Minute,
		"max-age=600":                  10 * time.Minute,
		`public, MAX-AGE="600"`:        10 * time.Minute,
		"max-age=31536000, immutable":  24 * time.Hour,
		"max-age=99999999999999999999": time.Minute,
		"max-age=600, no-store":        time.Minute,
		"no-cache":                     time.Minute,
		"private":                      5 * time.Minute,
	} {
		id := w.publish(fmt.Sprintf("/%d", len(cache)*7+len(want.String())), plain, cache)
		w.asked.Store(0)
		w.mustFind(t, id)
		w.advance(want - time.Millisecond)
		w.mustFind(t, id)
		if n := w.asked.Load(); n != 1 {
			t.Errorf("%q: asked %d times before it is stale, want once", cache, n)
		}
		w.advance(time.Millisecond)
		w.mustFind(t, id)
		if n := w.asked.Load(); n != 2 {
			t.Errorf("%q: asked %d times after %s, want twice", cache, n, want)
		}
	}
	expiring := w.id("/expires")
	w.on("/expires", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Expires", w.clock().Add(time.Hour).Format(http.TimeFormat))
		rw.Header().Set("Age", "1800")
		document200(fmt.Sprintf(`{"client_id":%q,%s}`, expiring, plain), "")(rw, r)
	})
	w.mustFind(t, expiring)
	if d, err := w.db.ClientDocument(t.Context(), expiring); err != nil || d.FreshUntil.Sub(d.FetchedAt) != 30*time.Minute {
		t.Errorf("by Expires and Age: fresh until %s, fetched at %s, %v; want half an hour", d.FreshUntil, d.FetchedAt, err)
	}
}

// A stale copy is good for a request that goes on, but not for one that begins.
func TestAHostThatFailsLater(t *testing.T) {
	w := open(t)
	id := w.publish("/app", plain, "max-age=60")
	w.mustFind(t, id)
	w.advance(2 * time.Minute)
	w.on("/app", nil)
	if found, err := w.Again(from(t, "192.0.2.7"), id); err != nil || found.Client.ID != id {
		t.Errorf("a request that goes on: %+v, %v; want the copy", found, err)
	}
	if _, err := w.Find(from(t, "192.0.2.7"), id); !errors.Is(err, document.NotOK) {
		t.Errorf("a request that begins: err = %v, want NotOK", err)
	}
	if c, err := w.db.ClientByID(t.Context(), id); err != nil || c.ID != id {
		t.Errorf("the copy: %+v, %v; want it kept for those who have sessions", c, err)
	}
	w.publish("/app", plain, "")
	w.mustFind(t, id) // the failure was not kept
}

// Changed redirect URIs or a weaker method are asked about; changed keys and names are not.
func TestWhatPeopleAreAskedAgain(t *testing.T) {
	const signs = `"client_name":"T","redirect_uris":["https://t.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":` + aSet
	for name, c := range map[string]struct {
		before, after string
		asks          bool
	}{
		"the same":       {plain, plain, false},
		"another name":   {signs, strings.Replace(signs, `"T"`, `"U"`, 1), false},
		"another key":    {signs, strings.Replace(signs, `"kid":"1"`, `"kid":"2"`, 1), false},
		"keys elsewhere": {signs, strings.Replace(signs, `"jwks":`+aSet, `"jwks_uri":"https://t.example/keys"`, 1), false},
		"another order":  {`"client_name":"T","redirect_uris":["https://t.example/a","https://t.example/b"]`, `"client_name":"T","redirect_uris":["https://t.example/b","https://t.example/a"]`, false},
		"a new address":  {signs, strings.Replace(signs, `["https://t.example/cb"]`, `["https://t.example/cb","https://evil.example/"]`, 1), true},
		"weaker":         {signs, strings.Replace(signs, store.PrivateKeyJWT, store.NoSecret, 1), true},
		"stronger":       {strings.Replace(signs, store.PrivateKeyJWT, store.NoSecret, 1), signs, false},
	} {
		w := open(t)
		id := w.publish("/app", c.before, "max-age=60")
		w.mustFind(t, id)
		w.write(t, func(tx store.Tx) error { return tx.AllowClientDocument(id, w.clock()) })
		w.advance(time.Minute)
		w.publish("/app", c.after, "max-age=60")
		found := w.mustFind(t, id)
		if asks := found.AskSince.Equal(w.clock()); asks != c.asks {
			t.Errorf("%s: ask since %s, want it to be now: %t", name, found.AskSince, c.asks)
		}
		events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: "client.updated", Limit: 2})
		if err != nil || (len(events) == 1) != c.asks {
			t.Errorf("%s: evidence %+v, %v; want one event: %t", name, events, err, c.asks)
		}
		changed := w.clock()
		w.advance(time.Minute)
		again := w.mustFind(t, id)
		if !again.AskSince.Equal(found.AskSince) || again.Client.CreatedAt.Equal(changed) {
			t.Errorf("%s: fetched once more: %+v, want ask since %s as before", name, again, found.AskSince)
		}
		if d, err := w.db.ClientDocument(t.Context(), id); err != nil || d.AllowedAt.IsZero() || d.Network != "192.0.2.0/24" {
			t.Errorf("%s: the document: %+v, %v; want it allowed, and the network", name, d, err)
		}
	}
}

// An administrator's word counts more than the document.
func TestWhatAdministratorsDecided(t *testing.T) {
	w := open(t)
	id := w.publish("/app", plain, "max-age=60")
	c := w.mustFind(t, id).Client
	c.Disabled = true
	w.write(t, func(tx store.Tx) error { return tx.PutClient(c) })
	w.advance(time.Hour)
	if found := w.mustFind(t, id); !found.Client.Disabled || w.asked.Load() != 1 {
		t.Errorf("disabled: %+v, asked %d times; want it disabled, and no fetch", found.Client, w.asked.Load())
	}
	c.Disabled, c.Origin, c.Name = false, store.OriginRegistered, "Ours"
	w.write(t, func(tx store.Tx) error {
		return errors.Join(tx.PutClient(c), tx.DropClientDocument(id))
	})
	w.advance(time.Hour)
	if found := w.mustFind(t, id); found.Client.Name != "Ours" || w.asked.Load() != 1 {
		t.Errorf("adopted: %+v, asked %d times; want it as it is, and no fetch", found.Client, w.asked.Load())
	}
}

// A switch that is off, or does not list the host, leads to no fetch.
func TestTheSwitch(t *testing.T) {
	w := open(t)
	id := w.publish("/app", plain, "")
	bare := strings.TrimPrefix(w.URL, "https://")
	for name, c := range map[string]struct {
		it   *document.Switch
		want error
	}{
		"off":               {&document.Switch{Mode: document.Off}, store.ErrNotFound},
		"auto, none open":   {&document.Switch{Mode: document.Auto, APIs: closedAPIs{}, Now: w.clock}, store.ErrNotFound},
		"another host":      {&document.Switch{Mode: document.Listed, Hosts: []string{"127.0.0.1", "a.example"}}, document.NotListed},
		"the record is out": {&document.Switch{Mode: document.Auto, APIs: brokenAPIs{}, Now: w.clock}, store.ErrUnavailable},
		"listed":            {&document.Switch{Mode: document.Listed, Hosts: []string{"a.example", bare}}, nil},
		"listed, kept":      {&document.Switch{Mode: document.Listed, Hosts: []string{"a.example", bare}}, nil},
		"off, kept":         {&document.Switch{Mode: document.Off}, store.ErrNotFound},
	} {
		if strings.HasSuffix(name, "kept") {
			w.Switch = &document.Switch{Mode: document.Auto, APIs: openAPIs{}, Now: w.clock}
			w.mustFind(t, id)
		}
		before := w.asked.Load()
		w.Switch = c.it
		if _, err := w.Find(from(t, "192.0.2.7"), id); !errors.Is(err, c.want) {
			t.Errorf("%s: err = %v, want %v", name, err, c.want)
		}
		if asked := w.asked.Load() - before; c.want != nil && asked != 0 {
			t.Errorf("%s: asked %d times, want never", name, asked)
		}
	}
	if _, err := w.Find(t.Context(), "shop"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an ID that is not a URL: err = %v, want ErrNotFound", err)
	}
}

// The record is asked about once a second, and what is advertised does not fail with it.
func TestTheSwitchRemembers(t *testing.T) {
	w := open(t)
	apis := &flippingAPIs{on: true}
	s := &document.Switch{Mode: document.Auto, APIs: apis, Now: w.clock}
	ask := func(want bool, asked int) {
		t.Helper()
		if on, err := s.On(t.Context()); err != nil || on != want || apis.asked != asked {
			t.Errorf("on: %t, %v, asked %d times; want %t and %d", on, err, apis.asked, want, asked)
		}
	}
	ask(true, 1)
	apis.on = false
	ask(true, 1)
	w.advance(time.Second)
	ask(false, 2)
	apis.on = true
	w.advance(time.Second)
	ask(true, 3)
	apis.err = store.ErrUnavailable
	w.advance(time.Second)
	if _, err := s.On(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the record is out: err = %v, want ErrUnavailable", err)
	}
	if !s.Advertised(t.Context()) {
		t.Error("the record is out: not advertised, want it as it was")
	}
}

// What an API or this server has as its identifier is not a client.
func TestAnAPIIsNotAClient(t *testing.T) {
	w := open(t)
	id := w.publish("/api", plain, "")
	w.write(t, func(tx store.Tx) error { return tx.CreateAPI(store.API{ID: "orders", Identifier: id}) })
	w.refused(t, "the identifier of an API", id, document.Ours)
}

// The copies that nobody needs are swept, and the next request fetches again.
func TestACopyThatWasSwept(t *testing.T) {
	w := open(t)
	id := w.publish("/app", plain, "max-age=60")
	w.mustFind(t, id)
	w.advance(time.Hour)
	if n, err := w.db.SweepClientDocuments(t.Context(), w.clock(), 10); err != nil || n != 1 || w.rows(t) != 0 {
		t.Errorf("swept %d, %v, %d rows left; want one, and none left", n, err, w.rows(t))
	}
	if found, err := w.Again(from(t, "192.0.2.7"), id); err != nil || found.Client.ID != id || !slices.Equal(found.Client.RedirectURIs, []string{"http://127.0.0.1/cb"}) {
		t.Errorf("a request that goes on: %+v, %v; want it fetched again", found, err)
	}
}
