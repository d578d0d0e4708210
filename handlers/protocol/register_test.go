package protocol_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

const desktopCallback = "http://127.0.0.1/cb"

// desktop is what most native apps say of themselves.
func desktop() members {
	return members{
		"client_name": "Desktop", "redirect_uris": []string{desktopCallback}, "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
		"client_uri": "javascript:alert(1)", "logo_uri": "https://app.example/logo.svg", "software_statement": "e30.e30.", "contacts": nil, "scope": nil,
	}
}

func TestAnAppRegistersItself(t *testing.T) {
	s, _ := openRegistration(t, true)
	a := s.registered(t, desktop())
	id := a.text("client_id")
	want := map[string]any{
		"client_id": id, "client_id_issued_at": float64(s.clock().Unix()),
		"registration_access_token": a.text("registration_access_token"), "registration_client_uri": issuer + "/oauth/register/" + id,
		"client_name": "Desktop", "application_type": "native", "token_endpoint_auth_method": "none", "redirect_uris": []any{desktopCallback},
		"grant_types": []any{"authorization_code", "refresh_token"}, "response_types": []any{"code"},
		"scope": "openid profile email offline_access", "id_token_signed_response_alg": "RS256", "subject_type": "public",
	}
	if diff := cmp.Diff(want, a.members); diff != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer (-want +got), with Cache-Control %q:\n%s", a.header.Get("Cache-Control"), diff)
	}
	c := s.client(t, id)
	if c.Origin != store.OriginDynamic || c.FirstParty || c.Registration.Token != store.DigestOf(a.text("registration_access_token")) || c.Registration.From != "192.0.2.0/24" {
		t.Errorf("on record: %+v, want a stranger's app, the digest of its token and its network", c)
	}
	events, err := s.db.ListAudit(t.Context(), store.AuditQuery{Kind: "client.created", Limit: 9})
	if err != nil || len(events) != 1 || events[0].Actor != "registration" || events[0].Subject != "client:"+id || events[0].IP != "192.0.2.7" {
		t.Errorf("the evidence: %+v, %v; want one event of the registration", events, err)
	}
}

func TestAConfidentialAppGetsASecret(t *testing.T) {
	s, _ := openRegistration(t, true)
	a := s.registered(t, members{"redirect_uris": []string{callback}})
	if a.text("client_secret") == "" || a.members["client_secret_expires_at"] != 0.0 || a.text("token_endpoint_auth_method") != store.SecretBasic ||
		a.text("application_type") != "web" || a.text("client_name") != a.text("client_id") {
		t.Errorf("answer %s, want a secret that does not expire, and the defaults", a.body)
	}
	step := s.post(t, "/oauth/token", as(""), "grant_type", "authorization_code", "code", "none", "redirect_uri", callback,
		"client_id", a.text("client_id"), "client_secret", a.text("client_secret"))
	refused(t, step, http.StatusBadRequest, "invalid_grant") // authenticated
	refused(t, s.post(t, "/oauth/token", as(""), "grant_type", "client_credentials", "client_id", a.text("client_id"), "client_secret", a.text("client_secret")),
		http.StatusBadRequest, "unauthorized_client")
}

func TestWhatCannotBeRegistered(t *testing.T) {
	s, _ := openRegistration(t, true)
	for what, c := range map[string]struct {
		change  members
		code    string
		mention string
	}{
		"javascript":                      {members{"redirect_uris": []string{"JaVaScRiPt:alert(1)"}}, "invalid_redirect_uri", "redirect_uris"},
		"data":                            {members{"redirect_uris": []string{"data:text/html,x"}}, "invalid_redirect_uri", ""},
		"a tab in the scheme":             {members{"redirect_uris": []string{"java\tscript:alert(1)"}}, "invalid_redirect_uri", ""},
		"a fragment":                      {members{"redirect_uris": []string{callback + "#part"}}, "invalid_redirect_uri", "fragment"},
		"user information":                {members{"redirect_uris": []string{"https://good.example@evil.example/"}}, "invalid_redirect_uri", ""},
		"http elsewhere":                  {members{"redirect_uris": []string{"http://app.example/cb"}}, "invalid_redirect_uri", "https"},
		"a scheme without a dot":          {members{"redirect_uris": []string{"myapp:/cb"}}, "invalid_redirect_uri", ""},
		"no redirect URI":                 {members{"redirect_uris": []string{}}, "invalid_redirect_uri", ""},
		"redirect URIs of another kind":   {members{"redirect_uris": callback}, "invalid_redirect_uri", ""},
		"too many redirect URIs":          {members{"redirect_uris": manyURIs(21)}, "invalid_redirect_uri", "20"},
		"a web app on loopback":           {members{"application_type": "web"}, "invalid_redirect_uri", "https"},
		"a web app with a private scheme": {members{"application_type": "web", "redirect_uris": []string{"com.example.app:/cb"}}, "invalid_redirect_uri", ""},
		"another kind of app":             {members{"application_type": "service"}, "invalid_client_metadata", "native or web"},
		"the password grant":              {members{"grant_types": []string{"password"}}, "invalid_client_metadata", "grant_types"},
		"client credentials":              {members{"grant_types": []string{"authorization_code", "client_credentials"}}, "invalid_client_metadata", ""},
		"the implicit grant":              {members{"grant_types": []string{"implicit"}}, "invalid_client_metadata", ""},
		"the response type token":         {members{"response_types": []string{"token"}}, "invalid_client_metadata", "response_types"},
		"no response type":                {members{"response_types": []string{}}, "invalid_client_metadata", ""},
		"a response type without a grant": {members{"grant_types": []string{"urn:ietf:params:oauth:grant-type:device_code"}}, "invalid_client_metadata", ""},
		"an unknown method":               {members{"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata", "token_endpoint_auth_method"},
		"a key without keys":              {members{"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata", "jwks"},
		"keys that are text":              {members{"jwks": `{"keys":[]}`}, "invalid_client_metadata", "jwks"},
		"keys by http":                    {members{"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://app.example/jwks"}, "invalid_client_metadata", ""},
		"a scope of our API":              {members{"scope": "openid account"}, "invalid_client_metadata", "scope: An app that registers itself may have openid"},
		"every scope":                     {members{"scope": string(authz.AllScopes)}, "invalid_client_metadata", ""},
		"an unknown scope":                {members{"scope": "admin"}, "invalid_client_metadata", ""},
		"a name that turns around":        {members{"client_name": "Bank\u202eelpmaxe"}, "invalid_client_metadata", "client_name"},
		"a long name":                     {members{"client_name": strings.Repeat("x", 101)}, "invalid_client_metadata", "100"},
		"a logout to javascript":          {members{"post_logout_redirect_uris": []string{"javascript:alert(1)"}}, "invalid_client_metadata", "post_logout_redirect_uris"},
		"notices to elsewhere":            {members{"backchannel_logout_uri": "http://app.example/out"}, "invalid_client_metadata", ""},
		"another algorithm":               {members{"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata", "RS256"},
		"pairwise subjects":               {members{"subject_type": "pairwise"}, "invalid_client_metadata", "public"},
	} {
		body := desktop()
		for name, value := range c.change {
			body[name] = value
		}
		a := s.register(t, "", body)
		description := a.text("error_description")
		if a.status != http.StatusBadRequest || a.text("error") != c.code || !strings.Contains(description, c.mention) {
			t.Errorf("%s: status %d %s, want 400 %s that mentions %q", what, a.status, a.body, c.code, c.mention)
		}
		if strings.ContainsFunc(description, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
			t.Errorf("%s: description %q, want one that may be sent (RFC 6749 §5.2)", what, description)
		}
	}
	if n, err := s.db.CountClients(t.Context()); err != nil || n != 14 {
		t.Errorf("%d clients, %v; want the 14 that were there", n, err)
	}
}

func manyURIs(n int) []string {
	uris := make([]string, n)
	for i := range uris {
		uris[i] = callback + strings.Repeat("/x", i)
	}
	return uris
}

func TestWhatNobodyDecidesForThemselves(t *testing.T) {
	s, _ := openRegistration(t, true)
	body := desktop()
	for name, value := range map[string]any{
		"client_id": "shop", "client_secret": strings.Repeat("x", 43), "first_party": true, "disabled": false, "access_token_lifetime": 3600, "rotation": "adopted",
	} {
		body[name] = value
	}
	a := s.registered(t, body)
	c := s.client(t, a.text("client_id"))
	if c.ID == "shop" || len(c.Secrets) > 0 || c.FirstParty || c.AccessTokenLifetime != 0 || c.Rotation != store.RotationStrict {
		t.Errorf("registered %+v, want what only an administrator decides to be ignored", c)
	}
}

func TestABodyThatIsNotMetadata(t *testing.T) {
	s, _ := openRegistration(t, true)
	for what, body := range map[string]string{"nothing": "", "a list": "[]", "null": "null", "twice the same": `{"client_name":"a","client_name":"b"}`, "a cut": `{"a":`} {
		a := s.register(t, "", body)
		if refused(t, a, http.StatusBadRequest, "invalid_request"); !strings.Contains(a.text("error_description"), "JSON") {
			t.Errorf("%s: %s, want a description that says what is expected", what, a.body)
		}
	}
	body := desktop()
	body["software_id"] = strings.Repeat("x", 16<<10)
	if a := s.register(t, "", body); a.status != http.StatusRequestEntityTooLarge || !strings.Contains(a.text("error_description"), "16384") {
		t.Errorf("a long body: status %d %s, want 413 that names the bound", a.status, a.body)
	}
	refused(t, s.post(t, "/oauth/register", as(""), "client_name", "a form"), http.StatusBadRequest, "invalid_request")
}

// A native app may also have https addresses, and localhost with any port.
func TestNativeApps(t *testing.T) {
	s, _ := openRegistration(t, true)
	body := desktop()
	body["application_type"], body["redirect_uris"] = "native", []string{"https://app.example/cb", "http://localhost/cb", "com.example.app:/cb"}
	id := s.registered(t, body).text("client_id")
	for uri, want := range map[string]int{
		"https://app.example/cb": http.StatusSeeOther, "http://localhost:4711/cb": http.StatusSeeOther, "com.example.app:/cb": http.StatusSeeOther,
		"http://localhost:4711/other": http.StatusBadRequest, "http://127.0.0.1:4711/cb": http.StatusBadRequest,
	} {
		if a := s.authorize(t, asking(id, "redirect_uri", uri)); a.status != want {
			t.Errorf("%s: status %d %s, want %d", uri, a.status, a.body, want)
		}
	}
}

func TestAnInitialAccessToken(t *testing.T) {
	s, apps := openRegistration(t, false)
	wantBearer(t, "no token", s.register(t, "", desktop()), "")
	wantBearer(t, "a guess", s.register(t, "guess", desktop()), "invalid_token")
	token := s.token(t, apps, 2)
	refused(t, s.register(t, token, members{"redirect_uris": []string{"javascript:x"}}), http.StatusBadRequest, "invalid_redirect_uri") // costs no use
	for range 2 {
		if a := s.register(t, token, desktop()); a.status != http.StatusCreated {
			t.Errorf("with a token: status %d %s, want 201", a.status, a.body)
		}
	}
	wantBearer(t, "used up", s.register(t, token, desktop()), "invalid_token")
	wantBearer(t, "used up, with bad metadata", s.register(t, token, members{"redirect_uris": 7}), "invalid_token")

	withdrawn, late := s.token(t, apps, 9), s.token(t, apps, 9)
	tokens, err := apps.RegistrationTokens(t.Context(), authz.Operator)
	if err != nil || len(tokens) != 3 {
		t.Fatalf("tokens %+v, %v; want three", tokens, err)
	}
	for _, listed := range tokens {
		if listed.Digest == store.DigestOf(withdrawn) {
			err = apps.WithdrawRegistrationToken(t.Context(), authz.Operator, listed.ID)
		}
	}
	if err != nil {
		t.Errorf("withdrawing a token: %v, want no error", err)
	}
	wantBearer(t, "withdrawn", s.register(t, withdrawn, desktop()), "invalid_token")
	s.advance(time.Hour)
	wantBearer(t, "expired", s.register(t, late, desktop()), "invalid_token")

	var kinds []string
	events, err := s.db.ListAudit(t.Context(), store.AuditQuery{Limit: 99})
	for _, e := range events {
		if e.Kind == "client.created" && !strings.HasPrefix(e.Actor, "registration:") {
			t.Errorf("actor %q, want the token", e.Actor)
		}
		if !strings.HasPrefix(e.Kind, "key.") { // the clock's leap makes keys, in the ring's own time
			kinds = append(kinds, e.Kind)
		}
	}
	want := []string{
		"registration_token.withdrawn", "registration_token.created", "registration_token.created",
		"client.created", "client.created", "registration_token.created",
	}
	if diff := cmp.Diff(want, kinds); diff != "" || err != nil {
		t.Errorf("the evidence, %v (-want +got):\n%s", err, diff)
	}
}

func TestATokenGoesWithAnOpenDoor(t *testing.T) {
	s, apps := openRegistration(t, true)
	token := s.token(t, apps, 100)
	for range 30 {
		if a := s.register(t, token, desktop()); a.status != http.StatusCreated {
			t.Fatalf("with a token: status %d %s, want 201, however many there are of its network", a.status, a.body)
		}
	}
	wantBearer(t, "a guess", s.register(t, "guess", desktop()), "invalid_token")
}

func TestManyWrongRegistrationTokens(t *testing.T) {
	s, _ := openRegistration(t, false)
	for range 200 {
		wantBearer(t, "a guess", s.register(t, "guess", desktop()), "invalid_token")
	}
	refused(t, s.register(t, "guess", desktop()), http.StatusTooManyRequests, "temporarily_unavailable")
}

func TestAnAppManagesItself(t *testing.T) {
	s, _ := openRegistration(t, true)
	app := s.registered(t, desktop())
	read := s.manage(t, http.MethodGet, app, "")
	if diff := cmp.Diff(app.members, read.members); diff != "" || read.status != http.StatusOK {
		t.Errorf("read: status %d, want 200 and what was registered (-registered +read):\n%s", read.status, diff)
	}
	body := members{"client_id": app.text("client_id"), "client_name": "Renamed", "redirect_uris": []string{"https://new.example/cb"}, "post_logout_redirect_uris": []string{"https://new.example/bye"}}
	changed := s.manage(t, http.MethodPut, app, body)
	if changed.status != http.StatusOK || changed.text("client_name") != "Renamed" || changed.text("client_secret") == "" || changed.text("application_type") != "web" ||
		changed.text("registration_access_token") != app.text("registration_access_token") {
		t.Errorf("changed: status %d %s, want the new metadata, and a secret for the default method", changed.status, changed.body)
	}
	body["client_secret"] = changed.text("client_secret")
	if again := s.manage(t, http.MethodPut, app, body); again.status != http.StatusOK || again.text("client_secret") != "" {
		t.Errorf("with its secret: status %d %s, want 200 and no other secret", again.status, again.body)
	}
	for what, change := range map[string]members{
		"another secret": {"client_secret": strings.Repeat("x", 43)}, "another ID": {"client_id": "shop"}, "no ID": {"client_id": nil},
		"a scope of our API": {"scope": "users:write"}, "the password grant": {"grant_types": []string{"password"}}, "a web app on loopback": {"application_type": "web", "redirect_uris": []string{desktopCallback}},
	} {
		bad := members{}
		for _, from := range []members{body, change} {
			for name, value := range from {
				bad[name] = value
			}
		}
		if a := s.manage(t, http.MethodPut, app, bad); a.status != http.StatusBadRequest || !strings.HasPrefix(a.text("error"), "invalid_") {
			t.Errorf("%s: status %d %s, want 400", what, a.status, a.body)
		}
	}
	if a := s.manage(t, http.MethodDelete, app, ""); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("deleted: status %d %s, want 204 without a body", a.status, a.body)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		wantBearer(t, method+" afterwards", s.manage(t, method, app, body), "invalid_token")
	}
	events, err := s.db.ListAudit(t.Context(), store.AuditQuery{Subject: "client:" + app.text("client_id"), Limit: 9})
	if err != nil || len(events) != 3 || events[0].Kind != "client.deleted" || events[0].Actor != "client:"+app.text("client_id") || events[1].Kind != "client.updated" {
		t.Errorf("the evidence: %+v, %v; want that it registered, changed and deleted itself", events, err)
	}
}

func TestAnotherTokenManagesNothing(t *testing.T) {
	s, apps := openRegistration(t, true)
	app, other := s.registered(t, desktop()), s.registered(t, desktop())
	path := "/oauth/register/" + app.text("client_id")
	for what, token := range map[string]string{"another app's": other.text("registration_access_token"), "a guess": "guess", "an initial one": s.token(t, apps, 1)} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			wantBearer(t, what+" "+method, s.send(t, method, path, token, desktop()), "invalid_token")
		}
	}
	wantBearer(t, "none", s.send(t, http.MethodGet, path, "", ""), "")
	for _, id := range []string{"shop", "nobody", "accounts"} { // of an administrator, of nobody, built in
		wantBearer(t, id, s.send(t, http.MethodDelete, "/oauth/register/"+id, app.text("registration_access_token"), ""), "invalid_token")
	}
	if _, _, err := apps.Update(t.Context(), authz.Operator, app.text("client_id"), client.Input{Disabled: fields.On(true)}, false); err != nil {
		t.Fatalf("disabling the app: %v", err)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		wantBearer(t, "disabled, "+method, s.manage(t, method, app, desktop()), "invalid_token")
	}
}

func TestNetworksHaveTheirShareOfRegistrations(t *testing.T) {
	s, _ := openRegistration(t, true)
	for range 20 {
		s.registered(t, desktop())
	}
	a := s.register(t, "", desktop())
	refused(t, a, http.StatusTooManyRequests, "temporarily_unavailable")
	if a.header.Get("Retry-After") != "3600" {
		t.Errorf("Retry-After = %q, want an hour", a.header.Get("Retry-After"))
	}
	refused(t, s.register(t, "", members{"redirect_uris": []string{"javascript:x"}}), http.StatusTooManyRequests, "temporarily_unavailable")
	s.advance(time.Hour)
	s.registered(t, desktop())
}

// An app may have the scopes of APIs that are open to every app, and learns of no others.
func TestScopesOfAPIsThatAppsRegisterFor(t *testing.T) {
	s, _ := openRegistration(t, true)
	s.write(t, func(tx store.Tx) error {
		open := store.API{ID: "tasks", Identifier: "https://tasks.example/", Name: "Tasks", Clients: store.ClientsAny, TokenType: store.TokenTypeAccess, Scopes: []store.APIScope{{Name: "tasks:read"}, {Name: "read"}}}
		other, closed := open, open
		other.ID, other.Identifier, other.Scopes = "notes", "https://notes.example/", []store.APIScope{{Name: "read"}}
		closed.ID, closed.Identifier, closed.Clients, closed.Scopes = "payroll", "https://payroll.example/", store.ClientsRegistered, []store.APIScope{{Name: "pay"}}
		return errors.Join(tx.CreateAPI(open), tx.CreateAPI(other), tx.CreateAPI(closed))
	})
	app := desktop()
	app["scope"] = "openid tasks:read https://notes.example/#read"
	made := s.registered(t, app)
	c := s.client(t, made.text("client_id"))
	if c.Scope != "openid https://tasks.example/#tasks:read https://notes.example/#read" || made.text("scope") != "openid tasks:read https://notes.example/#read" {
		t.Errorf("registered for %q, answered %q; want the long forms kept, and short ones shown", c.Scope, made.text("scope"))
	}
	app["client_id"], app["scope"] = c.ID, made.text("scope")
	if again := s.manage(t, http.MethodPut, made, app); again.status != http.StatusOK || again.text("scope") != made.text("scope") {
		t.Errorf("sent back: status %d %s, want the same scope", again.status, again.body)
	}
	for scope, want := range map[string]string{"read offline_access": "offline_access", "read": "openid profile email offline_access"} {
		app["scope"] = scope
		if got := s.registered(t, app).text("scope"); got != want {
			t.Errorf("with %q, which two open APIs have: scope %q, want %q, and the resource of a request says which", scope, got, want)
		}
	}
	for _, scope := range []string{"pay", "https://payroll.example/#pay", "openid account", "nothing"} {
		app["scope"] = scope
		a := s.register(t, "", app)
		refused(t, a, http.StatusBadRequest, "invalid_client_metadata")
		if text := a.text("error_description"); strings.Contains(text, "payroll") || strings.Contains(text, "users:read") || !strings.Contains(text, "https://tasks.example/#tasks:read") {
			t.Errorf("%s: %s, want one that names what is open, and nothing else", scope, text)
		}
	}
	s.write(t, func(tx store.Tx) error { return tx.CreateAPI(store.API{ID: store.OwnAPI, Clients: store.ClientsAny}) })
	app["scope"] = "openid account"
	if a := s.register(t, "", app); a.status != http.StatusCreated {
		t.Errorf("account, when our own API is open to every app: status %d %s, want 201", a.status, a.body)
	}
	app["scope"] = "openid users:read"
	refused(t, s.register(t, "", app), http.StatusBadRequest, "invalid_client_metadata")
}
