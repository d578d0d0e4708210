package clientauth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/client"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/store"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// apps are registered clients.
type apps map[string]store.Client

func (a apps) ClientByID(_ context.Context, id string) (store.Client, error) {
	if c, ok := a[id]; ok {
		return c, nil
	}
	return store.Client{}, store.ErrNotFound
}

// tally counts failures and refuses from the limit on, if it has one.
type tally struct {
	counts map[string]int
	limit  int
}

var errTooMany = errors.New("too many")

func (c *tally) Failure(_ context.Context, kind, id string) error {
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[kind+" "+id]++
	if c.limit > 0 && c.counts[kind+" "+id] > c.limit {
		return errTooMany
	}
	return nil
}

func secret(s string, expires time.Time) store.ClientSecret {
	return store.ClientSecret{Digest: store.DigestOf(s), CreatedAt: noon.Add(-time.Hour), ExpiresAt: expires}
}

var registered = apps{
	"shop": {ID: "shop", AuthMethod: store.SecretBasic, Secrets: []store.ClientSecret{
		secret("old", noon.Add(time.Minute)), secret("new", time.Time{}),
	}},
	"late":        {ID: "late", AuthMethod: store.SecretBasic, Secrets: []store.ClientSecret{secret("old", noon)}},
	"post":        {ID: "post", AuthMethod: store.SecretPost, Secrets: []store.ClientSecret{secret("s3cret", time.Time{})}},
	"a b:c%":      {ID: "a b:c%", AuthMethod: store.SecretBasic, Secrets: []store.ClientSecret{secret("p+q r:s%/ü", time.Time{})}},
	"signer":      {ID: "signer", AuthMethod: store.PrivateKeyJWT, JWKS: `{"keys":[]}`},
	"spa":         {ID: "spa", AuthMethod: store.NoSecret},
	"off":         {ID: "off", AuthMethod: store.SecretBasic, Disabled: true, Secrets: []store.ClientSecret{secret("new", time.Time{})}},
	"off-spa":     {ID: "off-spa", AuthMethod: store.NoSecret, Disabled: true},
	"pinned":      {ID: "pinned", AuthMethod: store.SecretBasic, AuthMethodPinned: true, Secrets: []store.ClientSecret{secret("s3cret", time.Time{})}},
	"pinned-post": {ID: "pinned-post", AuthMethod: store.SecretPost, AuthMethodPinned: true, Secrets: []store.ClientSecret{secret("s3cret", time.Time{})}},
	"bare":        {ID: "bare", AuthMethod: store.SecretBasic},
	"empty":       {ID: "empty", AuthMethod: store.SecretPost, Secrets: []store.ClientSecret{secret("x", time.Time{})}},
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

func rawBasic(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }

func request(form url.Values, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(""))
	for _, h := range headers {
		r.Header.Add("Authorization", h)
	}
	r.PostForm, r.Form = form, form
	return r
}

func TestAuthenticate(t *testing.T) {
	in := func(pairs ...string) url.Values {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return form
	}
	tests := []struct {
		name    string
		form    url.Values
		headers []string
		want    string // the client's ID
		refused error
	}{
		{"basic", nil, []string{basic("shop", "new")}, "shop", nil},
		{"the other secret during a change", nil, []string{basic("shop", "old")}, "shop", nil},
		{"scheme in any case, more than one space", nil, []string{"bAsIc   " + strings.TrimPrefix(basic("shop", "new"), "Basic ")}, "shop", nil},
		{"basic, same client in the body", in("client_id", "shop"), []string{basic("shop", "new")}, "shop", nil},
		{"basic is form-urlencoded", nil, []string{basic("a b:c%", "p+q r:s%/ü")}, "a b:c%", nil},
		{"post", in("client_id", "post", "client_secret", "s3cret"), nil, "post", nil},
		{"public", in("client_id", "spa"), nil, "spa", nil},
		{"public, an empty secret", in("client_id", "spa", "client_secret", ""), nil, "spa", nil},
		{"public, an empty secret by basic", nil, []string{basic("spa", "")}, "spa", nil},
		{"public, empty secrets in header and body", in("client_id", "spa", "client_secret", ""), []string{basic("spa", "")}, "spa", nil},

		{"nothing at all", in(), nil, "", oauth.InvalidClient},
		{"secret without client", in("client_secret", "s3cret"), nil, "", oauth.InvalidClient},
		{"unknown", nil, []string{basic("nobody", "new")}, "", oauth.InvalidClient},
		{"unknown public", in("client_id", "nobody"), nil, "", oauth.InvalidClient},
		{"wrong secret", nil, []string{basic("shop", "New")}, "", oauth.InvalidClient},
		{"no secret", nil, []string{basic("shop", "")}, "", oauth.InvalidClient},
		{"confidential without authentication", in("client_id", "shop"), nil, "", oauth.InvalidClient},
		{"expired secret", nil, []string{basic("late", "old")}, "", oauth.InvalidClient},
		{"registered for basic, comes with post", in("client_id", "shop", "client_secret", "new"), nil, "shop", nil},
		{"registered for post, comes with basic", nil, []string{basic("post", "s3cret")}, "post", nil},
		{"pinned to basic", nil, []string{basic("pinned", "s3cret")}, "pinned", nil},
		{"pinned to basic, comes with post", in("client_id", "pinned", "client_secret", "s3cret"), nil, "", oauth.InvalidClient},
		{"pinned to post", in("client_id", "pinned-post", "client_secret", "s3cret"), nil, "pinned-post", nil},
		{"pinned to post, comes with basic", nil, []string{basic("pinned-post", "s3cret")}, "", oauth.InvalidClient},
		{"public, comes with a secret", in("client_id", "spa", "client_secret", "x"), nil, "", oauth.InvalidClient},
		{"public, comes with a secret by basic", nil, []string{basic("spa", "x")}, "", oauth.InvalidClient},
		{"disabled public, an empty secret by basic", nil, []string{basic("off-spa", "")}, "", oauth.InvalidClient},
		{"registered for post, an empty secret", in("client_id", "post", "client_secret", ""), nil, "", oauth.InvalidClient},
		{"registered for post, an empty secret by basic", nil, []string{basic("post", "")}, "", oauth.InvalidClient},
		{"disabled", nil, []string{basic("off", "new")}, "", oauth.InvalidClient},
		{"disabled public", in("client_id", "off-spa"), nil, "", oauth.InvalidClient},
		{"no secret registered, none given", nil, []string{basic("bare", "")}, "", oauth.InvalidClient},
		{"no secret registered, one given", nil, []string{basic("bare", "x")}, "", oauth.InvalidClient},
		{"ID in another case", nil, []string{basic("SHOP", "new")}, "", oauth.InvalidClient},
		{"ID beyond any length", in("client_id", strings.Repeat("x", 256)), nil, "", oauth.InvalidClient},

		{"two ways", in("client_id", "shop", "client_secret", "new"), []string{basic("shop", "new")}, "", oauth.InvalidRequest},
		{"two clients, the secret empty", in("client_id", "post"), []string{basic("spa", "")}, "", oauth.InvalidRequest},
		{"two clients", in("client_id", "post"), []string{basic("shop", "new")}, "", oauth.InvalidRequest},
		{"two headers", nil, []string{basic("shop", "new"), basic("shop", "new")}, "", oauth.InvalidClient},
		{"an assertion", in("client_id", "shop", "client_assertion", "x.y.z"), nil, "", oauth.InvalidClient},
		{"another scheme", in("client_id", "spa"), []string{"Bearer abc"}, "", oauth.InvalidClient},
		{"an empty header", in("client_id", "spa"), []string{""}, "", oauth.InvalidClient},
		{"scheme alone", nil, []string{"Basic"}, "", oauth.InvalidClient},
		{"not base64", nil, []string{"Basic %%%"}, "", oauth.InvalidClient},
		{"base64 of the URL alphabet", nil, []string{"Basic " + base64.URLEncoding.EncodeToString([]byte("shop:\xff\xfe>?"))}, "", oauth.InvalidClient},
		{"base64 without padding", nil, []string{strings.TrimRight(basic("shop", "new1"), "=")}, "", oauth.InvalidClient},
		{"base64 with stray bits", nil, []string{"Basic c2hvcDpuZXd="}, "", oauth.InvalidClient},
		{"base64 and more", nil, []string{basic("shop", "new") + " x"}, "", oauth.InvalidClient},
		{"no colon", nil, []string{rawBasic("shop")}, "", oauth.InvalidClient},
		{"no ID", nil, []string{rawBasic(":new")}, "", oauth.InvalidClient},
		{"bad escape in the ID", nil, []string{rawBasic("sh%zzop:new")}, "", oauth.InvalidClient},
		{"bad escape in the secret", nil, []string{rawBasic("shop:new%")}, "", oauth.InvalidClient},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := clientauth.Authenticator{Clients: registered, Limits: &tally{}, Now: func() time.Time { return noon }}
			got, err := a.Authenticate(request(tt.form, tt.headers...))
			if !errors.Is(err, tt.refused) {
				t.Fatalf("err = %v, want %v", err, tt.refused)
			}
			if got.ID != tt.want {
				t.Errorf("client %q, want %q", got.ID, tt.want)
			}
		})
	}
}

// A client that comes in another way than its registration says learns which one is
// expected. A wrong secret, and an unknown client, say nothing more.
func TestTheExpectedMethodIsNamed(t *testing.T) {
	for _, c := range []struct {
		form    url.Values
		headers []string
		hint    string
	}{
		{url.Values{"client_id": {"pinned"}, "client_secret": {"s3cret"}}, nil, " The client is registered for client_secret_basic."},
		{nil, []string{basic("pinned-post", "s3cret")}, " The client is registered for client_secret_post."},
		{url.Values{"client_id": {"shop"}}, nil, " The client is registered for client_secret_basic or client_secret_post."},
		{nil, []string{basic("spa", "x")}, " The client is registered for none."},
		{nil, []string{basic("signer", "x")}, " The client is registered for private_key_jwt."},
		{nil, []string{basic("shop", "wrong")}, ""},
		{nil, []string{basic("nobody", "x")}, ""},
		{url.Values{"client_id": {"nobody"}}, nil, ""},
	} {
		a := clientauth.Authenticator{Clients: registered, Limits: &tally{}, Now: func() time.Time { return noon }}
		_, err := a.Authenticate(request(c.form, c.headers...))
		refused, ok := errors.AsType[*oauth.Error](err)
		if want := oauth.InvalidClient.Description() + c.hint; !ok || refused.Description() != want {
			t.Errorf("%v %v: err = %v, want the description %q", c.form, c.headers, err, want)
		}
	}
}

func TestFailedClientAuthenticationIsCounted(t *testing.T) {
	count := &tally{limit: 2}
	a := clientauth.Authenticator{Clients: registered, Limits: count, Now: func() time.Time { return noon }}
	for i, want := range []error{oauth.InvalidClient, oauth.InvalidClient, errTooMany} {
		if _, err := a.Authenticate(request(nil, basic("shop", "guess"))); !errors.Is(err, want) {
			t.Errorf("try %d: %v, want %v", i+1, err, want)
		}
	}
	if _, err := a.Authenticate(request(nil, basic("shop", "new"))); err != nil {
		t.Errorf("the right secret afterwards: err = %v, want none", err)
	}
	if n := count.counts["client shop"]; n != 3 {
		t.Errorf("%d failures counted, want 3", n)
	}
}

func TestUnreadableClientIsNotRefused(t *testing.T) {
	a := clientauth.Authenticator{Clients: away{}, Limits: &tally{}, Now: func() time.Time { return noon }}
	_, err := a.Authenticate(request(nil, basic("shop", "new")))
	if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, oauth.InvalidClient) {
		t.Errorf("err = %v, want unavailable and no refusal", err)
	}
}

// away is a database that cannot be read.
type away struct{}

func (away) ClientByID(context.Context, string) (store.Client, error) {
	return store.Client{}, store.ErrUnavailable
}

func (a away) Fresh(ctx context.Context, id string) (store.Client, error) {
	return a.ClientByID(ctx, id)
}

// Fresh reads the same map: apps have no cache.
func (a apps) Fresh(ctx context.Context, id string) (store.Client, error) {
	return a.ClientByID(ctx, id)
}

func TestNewSecretWorksAtOnceThoughTheClientIsRemembered(t *testing.T) {
	known := apps{}
	maps.Copy(known, registered)
	now := func() time.Time { return noon }
	a := clientauth.Authenticator{Clients: &client.Cache{Store: known, Now: now}, Limits: &tally{}, Now: now}
	if _, err := a.Authenticate(request(nil, basic("shop", "new"))); err != nil {
		t.Fatalf("authenticating the client: %v", err)
	}
	shop := known["shop"]
	shop.Secrets = []store.ClientSecret{{Digest: store.DigestOf("newest")}}
	known["shop"] = shop
	if _, err := a.Authenticate(request(nil, basic("shop", "newest"))); err != nil {
		t.Errorf("the new secret: err = %v, want none", err)
	}
}
