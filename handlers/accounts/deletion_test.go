package accounts_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// signedIn returns an access token of a person who signed in that long ago.
func (w *world) signedIn(t *testing.T, name, role string, ago time.Duration) string {
	t.Helper()
	u, err := w.accounts.Create(t.Context(), authz.Operator, account.Input{
		Username: fields.Given(name), Email: fields.Given(name + "@example.com"), Role: fields.Given(role), Password: fields.Given("seven grey herons"),
	})
	u = must[store.User](t)(u, err)
	proof := signin.Password(u, signin.ByLogin, time.Now().Add(-ago))
	set := must[session.Set](t)(w.sessions.Begin(t.Context(), proof, session.Accounts(store.RotationStrict), apis.Grant{Scope: authz.ForRole(u.Role)}, apis.Asked{}))
	return set.AccessToken
}

func (w *world) deleteProfile(t *testing.T, token string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/api/accounts/profile/delete/", nil)
	r = must[*http.Request](t)(r, err)
	r.Header.Set("Authorization", "Bearer "+token)
	resp := must[*http.Response](t)(http.DefaultClient.Do(r))
	_ = resp.Body.Close()
	return resp
}

// An account is deleted by its owner with a recent sign-in alone (RFC 9470), and never that
// of the last administrator.
func TestPeopleDeleteTheirOwnAccount(t *testing.T) {
	w := start(t, wide())
	old := w.signedIn(t, "olga", "user", 11*time.Minute)
	resp := w.deleteProfile(t, old)
	challenge := resp.Header.Get("WWW-Authenticate")
	if resp.StatusCode != http.StatusUnauthorized || !strings.Contains(challenge, `error="insufficient_user_authentication"`) ||
		!strings.Contains(challenge, `acr_values="urn:gatehouse:pwd"`) || !strings.Contains(challenge, `max_age="600"`) {
		t.Errorf("with an old sign-in: status = %d, %s; want 401 and the sign-in that is needed", resp.StatusCode, challenge)
	}
	for _, c := range []struct {
		name, role string
		want       int
	}{{"otto", "user", http.StatusNoContent}, {"grace", "admin", http.StatusConflict}} {
		token := w.signedIn(t, c.name, c.role, time.Minute)
		if got := w.deleteProfile(t, token).StatusCode; got != c.want {
			t.Errorf("%s: status = %d, want %d", c.name, got, c.want)
		}
		_, err := w.db.UserByName(t.Context(), c.name)
		if gone := err != nil; gone != (c.want == http.StatusNoContent) {
			t.Errorf("%s is gone: %t, %v; want it to follow the answer", c.name, gone, err)
		}
	}
}
