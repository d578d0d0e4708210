package accounts_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// effects asks what a change of a person would touch.
func (w *world) effects(t *testing.T, access string, u store.User, query string) reply {
	t.Helper()
	return w.ask(t, "GET", "/admin/users/"+strconv.FormatInt(u.ID, 10)+"/effect/?"+query, access, "")
}

func TestWhatAChangeOfAPersonTouches(t *testing.T) {
	w := start(t, throttle.DefaultRules())
	boss, ann := w.person(t, "boss", store.RoleAdmin), w.person(t, "ann", store.RoleStaff)
	access, _ := w.signIn(t, "boss")
	w.signIn(t, "ann")
	shop := store.Client{ID: "shop", Name: "The shop", AuthMethod: store.NoSecret, Scope: "openid role"}
	if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateClient(shop) }); err != nil {
		t.Fatalf("creating the app: %v", err)
	}
	for range 2 {
		if _, err := w.sessions.Begin(t.Context(), signin.Password(ann, signin.ByLogin, w.sessions.Now()), shop, apis.Grant{Scope: "openid role"}, apis.Asked{}); err != nil {
			t.Fatalf("beginning a session: %v", err)
		}
	}
	all := `{"live_sessions":3,"apps":[{"client_id":"shop","name":"The shop","live_sessions":2},{"client_id":"accounts","name":"Accounts","live_sessions":1}],"takes_effect_within":"1s"}`
	none := `{"live_sessions":0,"apps":[],"takes_effect_within":"1s"}`
	for query, want := range map[string]string{
		"role=user": all, "role=admin": all, "active=false": all, "delete=true": all, "role=user&active=true": all,
		"role=staff": none, "active=true": none, "delete=false": none,
	} {
		if got := w.effects(t, access, ann, query); got.status != http.StatusOK || strings.TrimSpace(got.body) != want {
			t.Errorf("%s: status %d, %s; want 200 and %s", query, got.status, got.body, want)
		}
	}
	for query, want := range map[string]string{
		"": "role", "role=boss": "role", "role=user&role=staff": "role", "active=0": "active", "delete=yes": "delete", "other=1": "role",
	} {
		if got := w.effects(t, access, ann, query); got.status != http.StatusBadRequest || !strings.Contains(got.body, `"`+want+`":[`) {
			t.Errorf("%q: status %d, %s; want 400 for %s", query, got.status, got.body, want)
		}
	}
	if now, err := w.accounts.Get(t.Context(), ann.ID); err != nil || now.Role != store.RoleStaff || !now.Active {
		t.Errorf("afterwards ann is %+v, %v; want nothing changed", now, err)
	}
	w.onlyTheLastIsRefused(t, access, boss)
}

func (w *world) onlyTheLastIsRefused(t *testing.T, access string, boss store.User) {
	t.Helper()
	for _, query := range []string{"role=user", "active=false", "delete=true"} {
		if got := w.effects(t, access, boss, query); got.status != http.StatusConflict {
			t.Errorf("%s for the last administrator: status %d, %s; want 409, as for the change", query, got.status, got.body)
		}
	}
	if got := w.effects(t, access, boss, "role=admin"); got.status != http.StatusOK {
		t.Errorf("the role that there is: status %d, %s; want 200", got.status, got.body)
	}
	in := account.Input{Role: fields.Given("admin"), Username: fields.Given("root"), Email: fields.Given("root@example.com"), Password: fields.Given("a rather long secret")}
	if _, err := w.accounts.Create(t.Context(), authz.Operator, in); err != nil {
		t.Fatalf("making another administrator: %v", err)
	}
	if got := w.effects(t, access, boss, "delete=true"); got.status != http.StatusOK {
		t.Errorf("beside another administrator: status %d, %s; want 200", got.status, got.body)
	}
}
