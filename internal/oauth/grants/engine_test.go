package grants_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// RFC 6749 §4.3.
func TestPassword(t *testing.T) {
	w := open(t)
	answer, err := w.ask(t, "shop", grant.Password, "username", "ann", "password", "right", "scope", "email")
	if refresh := granted(t, "the right password", answer, err); refresh == "" || answer["scope"] != "email" || answer["id_token"] != nil {
		t.Errorf("answer = %v, want a refresh token, the scope email and no ID token", answer)
	}
	answer, err = w.ask(t, "shop", grant.Password, "username", "ann", "password", "wrong")
	refused(t, "a wrong password", answer, err, oauth.InvalidGrant)
	answer, err = w.ask(t, "shop", grant.Password, "username", "bob", "password", "right")
	refused(t, "an unknown name", answer, err, oauth.InvalidGrant)
	answer, err = w.ask(t, "shop", grant.Password, "username", "ann")
	refused(t, "no password", answer, err, oauth.InvalidRequest)
}

// A client that may not refresh gets no refresh token.
func TestNoRefreshTokenWithoutItsGrant(t *testing.T) {
	w := open(t)
	w.write(t, func(tx store.Tx) error {
		return tx.PutClient(store.Client{ID: "shop", AuthMethod: store.SecretBasic, Scope: "openid", GrantTypes: []string{grant.Password}, CreatedAt: w.now(), UpdatedAt: w.now()})
	})
	answer, err := w.ask(t, "shop", grant.Password, "username", "ann", "password", "right")
	if refresh := granted(t, "the right password", answer, err); refresh != "" {
		t.Errorf("refresh_token = %q, want none", refresh)
	}
}

// RFC 6749 §4.4.
func TestClientCredentials(t *testing.T) {
	w := open(t)
	answer, err := w.ask(t, "shop", grant.ClientCredentials)
	if refresh := granted(t, "a confidential client", answer, err); refresh != "" || answer["scope"] != "openid email" {
		t.Errorf("answer = %v, want all of the scope and no refresh token", answer)
	}
	answer, err = w.ask(t, "tv", grant.ClientCredentials)
	refused(t, "a public client", answer, err, oauth.UnauthorizedClient)
}

// RFC 6749 §6. A made-up token counts as a failure, an expired one does not.
func TestRefresh(t *testing.T) {
	w := open(t)
	answer, err := w.ask(t, "shop", grant.Password, "username", "ann", "password", "right")
	first := granted(t, "the right password", answer, err)
	w.wait(time.Minute)
	answer, err = w.ask(t, "shop", grant.RefreshToken, "refresh_token", first, "scope", "email")
	second := granted(t, "refreshing", answer, err)
	if second == "" || second == first || answer["scope"] != "email" {
		t.Errorf("answer = %v, want a new refresh token, and the scope email", answer)
	}
	answer, err = w.ask(t, "shop", grant.RefreshToken, "refresh_token", second, "scope", "openid phone")
	refused(t, "more than was granted", answer, err, oauth.InvalidScope)
	answer, err = w.ask(t, "shop", grant.RefreshToken)
	refused(t, "no refresh token", answer, err, oauth.InvalidRequest)
	w.wait(14 * 24 * time.Hour)
	answer, err = w.ask(t, "shop", grant.RefreshToken, "refresh_token", second)
	refused(t, "one that has run out", answer, err, oauth.InvalidGrant)
	if w.failures != 0 {
		t.Errorf("failures counted = %d, want none yet", w.failures)
	}
	answer, err = w.ask(t, "shop", grant.RefreshToken, "refresh_token", "made up")
	refused(t, "one that was made up", answer, err, oauth.InvalidGrant)
	w.refuse = errors.New("too many")
	if answer, err = w.ask(t, "shop", grant.RefreshToken, "refresh_token", "made up"); !errors.Is(err, w.refuse) || w.failures != 2 {
		t.Errorf("once too often: answer = %v, %v after %d failures, want the limit's own error after 2", answer, err, w.failures)
	}
}

// The client and its rights are checked before the grant itself.
func TestPreflight(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		client, grantType, scope string
		want                     oauth.Code
	}{
		{"nobody", grant.Password, "", oauth.InvalidClient},
		{"shop", "", "", oauth.InvalidRequest},
		{"shop", "implicit", "", oauth.UnsupportedGrantType},
		{"idle", grant.Password, "", oauth.UnauthorizedClient},
		{"shop", grant.Password, "phone", oauth.InvalidScope},
		{"shop", grant.RefreshToken, "open\"id", oauth.InvalidScope},
	} {
		answer, err := w.ask(t, c.client, c.grantType, "scope", c.scope, "username", "ann", "password", "wrong", "refresh_token", "made up")
		refused(t, c.client+" asks for "+c.grantType+" with scope "+c.scope, answer, err, c.want)
	}
}

// A client is read again before it is refused: it may just have been changed.
func TestARefusalReadsTheClientAgain(t *testing.T) {
	w := open(t)
	w.stale["shop"] = store.Client{ID: "shop", AuthMethod: store.SecretBasic}
	answer, err := w.ask(t, "shop", grant.ClientCredentials)
	granted(t, "a client that has just got the grant", answer, err)
	w.stale["gone"] = store.Client{ID: "gone", AuthMethod: store.SecretBasic}
	if answer, err = w.ask(t, "gone", grant.ClientCredentials); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a client that is gone: answer = %v, %v, want ErrNotFound", answer, err)
	}
}

// A fault of ours is not a refusal: the client may try again with the same code.
func TestAFaultIsNotARefusal(t *testing.T) {
	w := open(t)
	code, device := w.code(t, nil), w.device(t, store.DeviceApproved)
	w.steps.Codes = away{w.db}
	w.build(t)
	for what, ask := range map[string]func() (map[string]any, error){
		"a code": func() (map[string]any, error) { return w.redeem(t, "shop", code) }, "a device": func() (map[string]any, error) { return w.poll(t, "tv", device) },
	} {
		answer, err := ask()
		if _, ok := errors.AsType[*oauth.Error](err); ok || !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s that cannot be read: answer = %v, %v, want ErrUnavailable and no refusal", what, answer, err)
		}
	}
}

// away is a database whose codes cannot be read.
type away struct{ *sqlstore.DB }

func (away) CodeByDigest(context.Context, store.Digest) (store.AuthCode, error) {
	return store.AuthCode{}, store.ErrUnavailable
}

func (away) DeviceByDeviceCode(context.Context, store.Digest) (store.DeviceGrant, error) {
	return store.DeviceGrant{}, store.ErrUnavailable
}
