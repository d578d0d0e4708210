package client

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// TestDangerousSchemesAreNotRegisteredByAppsThemselves is
// TestDangerousSchemesAreRegisteredNowhere for apps that register and change themselves.
func TestDangerousSchemesAreNotRegisteredByAppsThemselves(t *testing.T) {
	w := open(t)
	app := w.dynamic(t)
	for _, uri := range dangerous {
		for field, in := range map[string]Input{
			"redirect_uris":             {RedirectURIs: fields.Listed(uri)},
			"post_logout_redirect_uris": {RedirectURIs: fields.Listed("https://app.example/cb"), PostLogoutRedirectURIs: fields.Listed(uri)},
		} {
			in.ID = fields.Given(app.Client.ID)
			if _, err := w.Register(t.Context(), Metadata{Input: in}, Admission{}); fault(err, field) == "" {
				t.Errorf("registering %s %q: err = %v, want a fault", field, uri, err)
			}
			if _, err := w.Replace(t.Context(), app.Client.ID, app.Token, Metadata{Input: in}); fault(err, field) == "" {
				t.Errorf("changing %s to %q: err = %v, want a fault", field, uri, err)
			}
		}
	}
}

func TestNobodyMakesAStrangersAppFirstParty(t *testing.T) {
	w := open(t)
	app := w.dynamic(t)
	for field, in := range map[string]Input{
		"first_party": {FirstParty: fields.On(true)}, "grant_types": {GrantTypes: fields.Listed("authorization_code", "password")},
	} {
		if _, _, err := w.Update(t.Context(), authz.Operator, app.Client.ID, in, false); fault(err, field) == "" {
			t.Errorf("an administrator sets %s: err = %v, want a fault", field, err)
		}
	}
	in := shop()
	changed, _, err := w.Update(t.Context(), authz.Operator, app.Client.ID, in, true)
	if err != nil || changed.Origin != store.OriginDynamic || changed.Registration != app.Client.Registration {
		t.Errorf("replaced by an administrator: %+v, %v; want a stranger's app as before", changed, err)
	}
	if _, err := w.Registered(t.Context(), app.Client.ID, app.Token); err != nil {
		t.Errorf("reading it: %v, want it to be managed as before", err)
	}
}

// An app that was adopted is an administrator's, and no token of its own changes it.
func TestAnAppThatRegisteredItselfIsAdopted(t *testing.T) {
	w := open(t)
	app := w.dynamic(t)
	adopted, err := w.Adopt(t.Context(), authz.Operator, app.Client.ID, "")
	if err != nil || adopted.Origin != store.OriginRegistered {
		t.Fatalf("adopted: %+v, %v; want it registered", adopted, err)
	}
	if _, _, err := w.Update(t.Context(), authz.Operator, app.Client.ID, Input{FirstParty: fields.On(true)}, false); err != nil {
		t.Errorf("made first-party: %v, want no error", err)
	}
	if err := w.Unregister(t.Context(), app.Client.ID, app.Token); !errors.Is(err, ErrRegistrationToken) {
		t.Errorf("deleted by itself: %v, want ErrRegistrationToken", err)
	}
}

// People are asked again about what they could not foresee; what an administrator set stays.
func TestAChangeThatPeopleAreAskedAbout(t *testing.T) {
	w := open(t)
	app := w.dynamic(t)
	life := Input{AccessTokenLifetime: fields.Whole(120), RequirePKCE: fields.On(true)}
	if _, _, err := w.Update(t.Context(), authz.Operator, app.Client.ID, life, false); err != nil {
		t.Fatalf("changing the app: %v", err)
	}
	was := app.Client.RedirectURIs[0]
	for _, step := range []struct {
		what string
		uris []string
		as   string
		asks bool
	}{
		{"nothing", []string{was}, store.SecretBasic, false},
		{"another method that proves as much", []string{was}, store.SecretPost, false},
		{"another redirect URI", []string{was, "https://app.example/other"}, store.SecretPost, true},
		{"fewer redirect URIs", []string{was}, store.SecretPost, false},
		{"a method that proves nothing", []string{was}, store.NoSecret, true},
	} {
		w.now = w.now.Add(time.Minute)
		m := Metadata{Input: Input{ID: fields.Given(app.Client.ID), RedirectURIs: fields.Listed(step.uris...), AuthMethod: fields.Given(step.as)}}
		changed, err := w.Replace(t.Context(), app.Client.ID, app.Token, m)
		if got := changed.Client.AskSince.After(w.now); err != nil || got != step.asks {
			t.Errorf("%s: people are asked since %v, %v; want it now: %t", step.what, changed.Client.AskSince, err, step.asks)
		}
		if changed.Client.AccessTokenLifetime != 2*time.Minute || !changed.Client.RequirePKCE {
			t.Errorf("%s: %+v, want what the administrator set", step.what, changed.Client)
		}
	}
}

func TestTheBoundsOfARegistrationToken(t *testing.T) {
	w := open(t)
	for field, c := range map[string]struct {
		life time.Duration
		uses int
	}{"lifetime": {MaxTokenLife + time.Second, 1}, "uses": {time.Hour, MaxTokenUses + 1}} {
		if _, _, err := w.NewRegistrationToken(t.Context(), authz.Operator, c.life, c.uses); fault(err, field) == "" {
			t.Errorf("%s: err = %v, want a fault", field, err)
		}
	}
	if _, _, err := w.NewRegistrationToken(t.Context(), authz.Actor{UserID: 1, Role: store.RoleStaff, Scope: authz.AllScopes}, time.Hour, 1); !errors.Is(err, authz.ErrDenied) {
		t.Errorf("made by staff: err = %v, want authz.ErrDenied", err)
	}
	token, text, err := w.NewRegistrationToken(t.Context(), authz.Operator, MaxTokenLife, MaxTokenUses)
	if err != nil || token.Digest != store.DigestOf(text) || strings.Contains(token.ID, text) {
		t.Errorf("made %+v, %v; want a token that is kept as its digest", token, err)
	}
	if err := w.WithdrawRegistrationToken(t.Context(), authz.Operator, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("withdrawing none: err = %v, want store.ErrNotFound", err)
	}
}
