package accounts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/profile"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// A reply is an answer whose body has been read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("status %d, reading the body %s: %v", r.status, r.body, err)
	}
	return v
}

func (w *world) ask(t *testing.T, method, path, access, body string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, w.url+"/api/accounts"+path, strings.NewReader(body))
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if access != "" {
		request.Header.Set("Authorization", "Bearer "+access)
	}
	return send(t, request)
}

func send(t *testing.T, request *http.Request) reply {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("sending the request: %v", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

const secret = "a rather long secret"

func (w *world) person(t *testing.T, name string, role store.Role) store.User {
	t.Helper()
	u, err := w.accounts.Create(t.Context(), authz.Operator, account.Input{
		Username: fields.Given(name), Email: fields.Given(name + "@example.com"), Password: fields.Given(secret), Role: fields.Given(string(role)),
	})
	if err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	return u
}

// signIn returns the tokens of a new session.
func (w *world) signIn(t *testing.T, name string) (access, refresh string) {
	t.Helper()
	got := w.ask(t, "POST", "/login/", "", fmt.Sprintf(`{"username":%q,"password":%q}`, name, secret))
	if got.status != http.StatusOK {
		t.Fatalf("signing in %s: %d %s, want 200", name, got.status, got.body)
	}
	v := got.object(t)
	return v["access"].(string), v["refresh"].(string)
}

func TestEveryRouteAgainstEveryCaller(t *testing.T) {
	w := start(t, wide())
	boss := w.person(t, "boss", store.RoleAdmin)
	callers := map[string]string{"anonymous": "", "boss": ""}
	for name, role := range map[string]store.Role{"user": store.RoleUser, "staff": store.RoleStaff, "admin": store.RoleAdmin} {
		w.person(t, name, role)
		callers[name], _ = w.signIn(t, name)
	}
	narrow, err := w.sessions.Begin(t.Context(), signin.Password(boss, signin.ByLogin, w.sessions.Now()), store.Client{ID: "reader", Scope: "openid"}, apis.Grant{Scope: "openid"}, apis.Asked{})
	if err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	client := store.Client{ID: "reader", Name: "R", AuthMethod: "none"}
	if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateClient(client) }); err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	callers["admin without scope"] = narrow.AccessToken

	// The table lists the callers who are not refused with 401 or 403.
	all, anybody, staff, admins := "anonymous user staff admin", "user staff admin", "staff admin", "admin"
	for _, c := range []struct {
		path, methods, may string
	}{
		{"/signup/", "POST", all}, {"/login/", "POST", all}, {"/token/refresh/", "POST", all}, {"/logout/", "POST", all},
		{"/password/forgot/", "POST", all}, {"/password/reset/", "POST", all}, {"/email/verify/", "POST", all}, {"/email/send/", "POST", anybody},
		{"/admin/users/999/invite/", "POST", admins}, {"/admin/users/999/reset-link/", "POST", admins}, {"/admin/users/999/effect/", "GET", admins},
		{"/profile/", "GET PUT PATCH", anybody}, {"/profile/delete/", "POST", anybody}, {"/profile/sessions/", "GET", anybody}, {"/profile/sessions/x/", "DELETE", anybody},
		{"/profile/consents/", "GET", anybody}, {"/profile/consents/x/", "DELETE", anybody}, {"/admin/users/999/consents/", "GET", admins},
		{"/staff/users/", "GET", staff}, {"/staff/users/999/", "GET", staff},
		{"/admin/users/", "GET POST", admins}, {"/admin/users/999/", "GET PUT PATCH DELETE", admins},
		{"/admin/users/999/sessions/", "GET DELETE", admins}, {"/admin/users/999/sessions/x/", "DELETE", admins},
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "FOO", "OPTIONS"} {
			for _, name := range []string{"anonymous", "user", "staff", "admin", "admin without scope"} {
				if c.path == "/profile/sessions/" && method == "DELETE" || c.path == "/profile/delete/" && method == "POST" {
					continue // it would end the callers' sessions, or the callers
				}
				for _, path := range []string{c.path, strings.TrimSuffix(c.path, "/")} {
					got := w.ask(t, method, path, callers[name], "")
					listed := strings.Contains(" "+c.may+" ", " "+name+" ") || c.may == all
					switch {
					case !listed && name == "anonymous":
						expect(t, method, path, name, got, http.StatusUnauthorized)
					case !listed:
						expect(t, method, path, name, got, http.StatusForbidden)
					case method == "OPTIONS":
						expect(t, method, path, name, got, http.StatusOK)
					case !strings.Contains(" "+c.methods+" ", " "+method+" "):
						expect(t, method, path, name, got, http.StatusMethodNotAllowed)
					case got.status == http.StatusForbidden, got.status == http.StatusUnauthorized && c.path != "/login/", got.status >= 500:
						t.Errorf("%s %s as %s: status %d %s, want it admitted", method, path, name, got.status, got.body)
					}
					if got.header.Get("Cache-Control") != "no-store" || got.body != "" && got.header.Get("Content-Type") != "application/json" {
						t.Errorf("%s %s: headers %v, want no-store and JSON", method, path, got.header)
					}
				}
			}
		}
	}
	if got := w.ask(t, "GET", "/admin/users/", narrow.AccessToken, ""); got.header.Get("WWW-Authenticate") != `Bearer realm="api", error="insufficient_scope", resource_metadata="https://id.example/.well-known/oauth-protected-resource", scope="users:read"` {
		t.Errorf("headers %v, want a challenge with the scope users:read", got.header)
	}
}

func expect(t *testing.T, method, path, who string, got reply, status int) {
	t.Helper()
	if got.status != status {
		t.Errorf("%s %s as %s: %d %s, want %d", method, path, who, got.status, got.body, status)
	}
}

func TestAMachineIsNotAUser(t *testing.T) {
	w := start(t, wide())
	now := time.Now().Unix()
	machine, err := w.ring.Sign(t.Context(), store.RS256, "at+jwt", map[string]any{
		"iss": w.url, "aud": w.url, "sub": "robot", "client_id": "robot", "iat": now, "exp": now + 60, "jti": "j", "scope": string(authz.AllScopes),
	})
	if err != nil {
		t.Fatalf("signing the token: %v", err)
	}
	if err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.CreateClient(store.Client{ID: "robot", Name: "R", AuthMethod: "client_secret_basic"})
	}); err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	for _, path := range []string{"/profile/", "/profile/sessions/", "/staff/users/", "/admin/users/", "/admin/users/1/"} {
		expect(t, "GET", path, "machine", w.ask(t, "GET", path, machine, ""), http.StatusForbidden)
	}
}

func TestFieldsThatAreNotSetHere(t *testing.T) {
	w := start(t, wide())
	w.person(t, "boss", store.RoleAdmin)
	ann := w.person(t, "ann", store.RoleUser)
	boss, _ := w.signIn(t, "boss")
	own, _ := w.signIn(t, "ann")
	shown := w.ask(t, "GET", "/profile/", own, "").body
	admin := fmt.Sprintf("/admin/users/%d/", ann.ID)
	for _, c := range []struct {
		name, path, access, body string
		status                   int
		field                    string
	}{
		{"all that was shown", "/profile/", own, shown, 200, ""},
		{"all that was shown, by an admin", admin, boss, shown, 200, ""},
		{"another ID", "/profile/", own, `{"id":1}`, 400, "id"},
		{"an ID as text", "/profile/", own, fmt.Sprintf(`{"id":"%d"}`, ann.ID), 400, "id"},
		{"being staff", "/profile/", own, `{"is_staff":true}`, 400, "is_staff"},
		{"being inactive", "/profile/", own, `{"is_active":false}`, 400, "is_active"},
		{"a verified address", "/profile/", own, `{"email_verified":true}`, 400, "email_verified"},
		{"being staff, by an admin", admin, boss, `{"is_staff":true}`, 400, "is_staff"},
		{"another subject", admin, boss, `{"sub":"x"}`, 400, "sub"},
		{"another date", "/profile/", own, `{"date_joined":"2000-01-01T00:00:00Z"}`, 400, "date_joined"},
		{"a role", "/profile/", own, `{"role":"admin"}`, 400, "role"},
		{"unknown fields", "/profile/", own, `{"is_superuser":true,"groups":[1],"Role":"admin","ROLE":"admin","IsAdmin":true,"password_hash":"x"}`, 200, ""},
	} {
		got := w.ask(t, "PATCH", c.path, c.access, c.body)
		expect(t, "PATCH", c.path, c.name, got, c.status)
		if c.field != "" && got.object(t)[c.field] == nil {
			t.Errorf("%s: %s, want an error in %s", c.name, got.body, c.field)
		}
	}
	if got := w.ask(t, "POST", "/signup/", "", `{"username":"eve","email":"eve@example.com","password":"`+secret+`","is_staff":true,"id":7}`); got.status != 400 {
		t.Errorf("sign-up: %d %s, want 400", got.status, got.body)
	}
	u, err := w.db.UserByID(t.Context(), ann.ID)
	if err != nil || u.Role != store.RoleUser || u.EmailVerified || !u.Active || u.Sub != ann.Sub {
		t.Errorf("the user is %+v, %v; want the role, the flags and the subject as before", u, err)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	w := start(t, wide())
	w.person(t, "boss", store.RoleAdmin)
	ann := w.person(t, "ann", store.RoleUser)
	boss, _ := w.signIn(t, "boss")
	one, _ := w.signIn(t, "ann")
	two, _ := w.signIn(t, "ann")
	var list []map[string]any
	if err := json.Unmarshal([]byte(w.ask(t, "GET", "/profile/sessions/", one, "").body), &list); err != nil || len(list) != 2 {
		t.Fatalf("listing the sessions: %v, %v; want two", list, err)
	}
	var other string
	for _, s := range list {
		if s["current"] == false {
			other = s["id"].(string)
		}
	}
	expect(t, "DELETE", "a session", "boss, as one of their own", w.ask(t, "DELETE", "/profile/sessions/"+other+"/", boss, ""), 404)
	expect(t, "DELETE", "a session", "ann", w.ask(t, "DELETE", "/profile/sessions/"+other+"/", one, ""), 204)
	expect(t, "DELETE", "a session", "ann, twice", w.ask(t, "DELETE", "/profile/sessions/"+other+"/", one, ""), 404)
	expect(t, "GET", "/profile/", "the ended session", w.ask(t, "GET", "/profile/", two, ""), 401)
	expect(t, "GET", "/profile/", "the other session", w.ask(t, "GET", "/profile/", one, ""), 200)
	expect(t, "DELETE", "sessions", "boss", w.ask(t, "DELETE", fmt.Sprintf("/admin/users/%d/sessions/", ann.ID), boss, ""), 204)
	expect(t, "GET", "/profile/", "every session ended", w.ask(t, "GET", "/profile/", one, ""), 401)
}

func TestSigningOut(t *testing.T) {
	w := start(t, wide())
	w.person(t, "ann", store.RoleUser)
	access, refresh := w.signIn(t, "ann")
	body := `{"refresh":"` + refresh + `"}`
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"nothing", `{}`, 400}, {"blank", `{"refresh":" "}`, 400}, {"garbage", `{"refresh":"x.y.z"}`, 401}, {"an access token", `{"refresh":"` + access + `"}`, 401},
	} {
		expect(t, "POST", "/logout/", c.name, w.ask(t, "POST", "/logout/", "", c.body), c.status)
	}
	expect(t, "POST", "/logout/", "a stale token beside it", w.ask(t, "POST", "/logout/", "stale", body), 204)
	expect(t, "POST", "/logout/", "twice", w.ask(t, "POST", "/logout/", "", body), 204)
	expect(t, "POST", "/token/refresh/", "afterwards", w.ask(t, "POST", "/token/refresh/", "", body), 401)
	expect(t, "GET", "/profile/", "afterwards", w.ask(t, "GET", "/profile/", access, ""), 401)
}

func TestAGuesserLearnsHowLongToWait(t *testing.T) {
	w := start(t, throttle.DefaultRules())
	w.person(t, "ann", store.RoleUser)
	for range 5 {
		expect(t, "POST", "/login/", "guess", w.ask(t, "POST", "/login/", "", `{"username":"ann","password":"wrong password"}`), 401)
	}
	got := w.ask(t, "POST", "/login/", "", `{"username":"ANN@example.com","password":"`+secret+`"}`)
	if got.status != 429 || got.header.Get("Retry-After") == "" || !strings.HasPrefix(got.body, `{"detail":"Request was throttled. Expected available in `) {
		t.Errorf("status %d, headers %v, body %s, want 429 with Retry-After and the wait in words", got.status, got.header, got.body)
	}
}

// An access token says how its person signed in (RFC 9068 §2.2.1).
func TestASignInIsInItsTokens(t *testing.T) {
	w := start(t, wide())
	w.person(t, "ann", store.RoleUser)
	before := time.Now().Truncate(time.Second)
	access, _ := w.signIn(t, "ann")
	claims, err := w.sessions.Verifier.Access(t.Context(), access)
	if err != nil {
		t.Fatalf("verifying the access token: %v", err)
	}
	want := store.SignIn{At: time.Unix(claims.AuthTime, 0), ACR: "urn:gatehouse:pwd", AMR: []string{"pwd"}}
	if diff := cmp.Diff(want, store.SignIn{At: want.At, ACR: claims.ACR, AMR: claims.AMR}); diff != "" || want.At.Before(before) || want.At.After(time.Now()) {
		t.Errorf("auth_time %s, want now; the sign-in (-want +got):\n%s", want.At, diff)
	}
}

func TestAListLinksToItsNextPage(t *testing.T) {
	w := start(t, wide())
	for i := range 5 {
		w.person(t, fmt.Sprintf("p%d", i), store.RoleUser)
	}
	w.person(t, "boss", store.RoleAdmin)
	boss, _ := w.signIn(t, "boss")
	got := w.ask(t, "GET", "/admin/users/?limit=2&role=user", boss, "")
	link := got.header.Get("Link")
	if got.header.Get("X-Total-Count") != "5" || !strings.HasPrefix(link, "<"+w.url+"/api/accounts/admin/users/?") || !strings.HasSuffix(link, `>; rel="next"`) {
		t.Fatalf("headers %v, want five in all and a link to the next page", got.header)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", strings.TrimSuffix(link[1:], `>; rel="next"`), nil)
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	request.Header.Set("Authorization", "Bearer "+boss)
	next := send(t, request)
	if next.status != 200 || strings.Count(next.body, `"username"`) != 2 || strings.Contains(next.body, `"p0"`) {
		t.Errorf("the next page: status %d %s, want 200 and two other users", next.status, next.body)
	}
	for _, query := range []string{"?limit=x", "?ordering=password", "?cursor=x", "?role=king", "?is_active=1", "?limit=1;role=user", "?search=%zz"} {
		expect(t, "GET", query, "boss", w.ask(t, "GET", "/admin/users/"+query, boss, ""), 400)
	}
}

func TestRefusalsRevealNoSecrets(t *testing.T) {
	w := start(t, wide())
	w.person(t, "ann", store.RoleUser)
	canary := "canary-7f3a"
	for _, c := range []struct{ path, body string }{
		{"/login/", `{"username":"ann","password":"` + canary + `"}`},
		{"/signup/", `{"username":"eve","email":"x","password":"` + canary + `"}`},
		{"/token/refresh/", `{"refresh":"` + canary + `"}`},
		{"/login/", `{"password":"` + canary},
	} {
		got := w.ask(t, "POST", c.path, "", c.body)
		if got.status < 400 || got.status >= 500 || strings.Contains(got.body, canary) || strings.Contains(got.body, "192.0.2.1") {
			t.Errorf("%s: status %d %s, want a 4xx refusal without secrets", c.path, got.status, got.body)
		}
	}
}

func TestSignUpCreatesAUser(t *testing.T) {
	w := start(t, wide())
	got := w.ask(t, "POST", "/signup", "", `{"username":"<ünï>","email":"ann@example.com","password":"`+secret+`"}`)
	expect(t, "POST", "/signup", "a name that cannot be", got, 400)
	got = w.ask(t, "POST", "/signup", "", `{"username":"ünï","email":"ann@example.com","password":"`+secret+`","first_name":"<b>&"}`)
	expect(t, "POST", "/signup", "anonymous", got, 201)
	prefix := `{"message":"User created successfully","user":{"id":1,"username":"ünï","email":"ann@example.com","role":"user","first_name":"<b>&","last_name":"","is_active":true,"is_staff":false,"sub":"`
	if !strings.HasPrefix(got.body, prefix) || !strings.HasSuffix(got.body, `Z"}}`) || !strings.Contains(got.body, `Z","last_login":null,"middle_name":"","nickname":"",`) {
		t.Errorf(`%s, want it to begin with %q, to end in "Z\"}}" and to contain "Z\",\"last_login\":null,\"middle_name\":\"\",\"nickname\":\"\","`, got.body, prefix)
	}
}

func TestAnotherAppsTokenDoesNotSignOutHere(t *testing.T) {
	w := start(t, wide())
	ann := w.person(t, "ann", store.RoleUser)
	shop := store.Client{ID: "shop", Name: "Shop", AuthMethod: "none", Scope: "openid account"}
	if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateClient(shop) }); err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	set, err := w.sessions.Begin(t.Context(), signin.Password(ann, signin.ByLogin, w.sessions.Now()), shop, apis.Grant{Scope: "openid account"}, apis.Asked{})
	if err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	for _, path := range []string{"/logout/", "/token/refresh/"} {
		got := w.ask(t, "POST", path, "", `{"refresh":"`+set.RefreshToken+`"}`)
		if got.status != 401 || got.object(t)["code"] != "token_not_valid" {
			t.Errorf("%s: status %d %s, want 401 with the code token_not_valid", path, got.status, got.body)
		}
	}
	expect(t, "GET", "/profile/", "the other app", w.ask(t, "GET", "/profile/", set.AccessToken, ""), 200)
}

func TestBadRefreshTokensAreCountedAndGoodOnesAreNot(t *testing.T) {
	w := start(t, throttle.DefaultRules())
	w.person(t, "ann", store.RoleUser)
	_, refresh := w.signIn(t, "ann")
	for range throttle.DefaultRules().Failure.Free {
		expect(t, "POST", "/token/refresh/", "garbage", w.ask(t, "POST", "/token/refresh/", "", `{"refresh":"a.b.c"}`), 401)
	}
	expect(t, "POST", "/token/refresh/", "more garbage", w.ask(t, "POST", "/token/refresh/", "", `{"refresh":"a.b.c"}`), 429)
	expect(t, "POST", "/logout/", "garbage at the sign-out", w.ask(t, "POST", "/logout/", "", `{"refresh":"a.b.c"}`), 429)
	expect(t, "POST", "/token/refresh/", "a valid token", w.ask(t, "POST", "/token/refresh/", "", `{"refresh":"`+refresh+`"}`), 200)
}

// attributeKeys are the fields that answers about one user have and lists do not.
var attributeKeys = slices.Sorted(slices.Values(append(profile.Names(), "updated_at")))

func TestOnlyAnswersAboutOneUserHaveTheAttributes(t *testing.T) {
	w := start(t, wide())
	w.person(t, "boss", store.RoleAdmin)
	boss, _ := w.signIn(t, "boss")
	extra := func(v map[string]any, short map[string]any) string {
		var names []string
		for name := range v {
			if _, ok := short[name]; !ok {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(w.ask(t, "GET", "/admin/users/", boss, "").body), &list); err != nil || len(list) != 1 || len(list[0]) != 12 {
		t.Fatalf("listing the users: %v, %v; want one, with 12 fields", list, err)
	}
	login := w.ask(t, "POST", "/login/", "", fmt.Sprintf(`{"username":"boss","password":%q}`, secret)).object(t)
	for name, v := range map[string]map[string]any{
		"own":    w.ask(t, "GET", "/profile/", boss, "").object(t),
		"detail": w.ask(t, "GET", "/staff/users/1/", boss, "").object(t),
		"change": w.ask(t, "PATCH", "/profile/", boss, `{"nickname":"B"}`).object(t)["user"].(map[string]any),
		"login":  login["user"].(map[string]any),
	} {
		if got := extra(v, list[0]); got != strings.Join(attributeKeys, " ") {
			t.Errorf("%s has the attributes %s, want %s", name, got, attributeKeys)
		}
	}
}

func TestNobodyVerifiesThemselves(t *testing.T) {
	w := start(t, wide())
	boss, ann := w.person(t, "boss", store.RoleAdmin), w.person(t, "ann", store.RoleUser)
	admin, _ := w.signIn(t, "boss")
	own, _ := w.signIn(t, "ann")
	itself := fmt.Sprintf("/admin/users/%d/", boss.ID)
	proved := store.Profile{PhoneNumber: "+491234567", PhoneProved: true}.Text()
	if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, store.UserChange{Profile: &proved}) }); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	for _, c := range []struct {
		body string
		want int
	}{
		{`{"email_verified":true}`, 400},
		{`{"email_verified":false}`, 200},
		{`{"phone_number_verified":false}`, 400},
		{`{"phone_number_verified":"true"}`, 400},
		{`{"phone_number_verified":null}`, 400},
		{`{"phone_number_verified":true}`, 200},
		{`{"updated_at":"2020-01-01T00:00:00Z"}`, 400},
		{`{"phone_number_verified":true,"phone_number":"+491234568"}`, 200}, // the number is another one, and not verified
		{`{"phone_number_verified":true}`, 400},
	} {
		got := w.ask(t, "PATCH", "/profile/", own, c.body)
		if got.status != c.want {
			t.Errorf("own %s: %d %s, want %d", c.body, got.status, got.body, c.want)
		}
	}
	for _, c := range []struct {
		method, path, access, body string
		want                       int
	}{
		{"PATCH", itself, admin, `{"email_verified":true}`, 400},
		{"PATCH", itself, admin, `{"phone_number":"+491234567","phone_number_verified":true}`, 400},
		{"PATCH", itself, admin, `{"email_verified":false,"phone_number_verified":false}`, 200},
		{"PATCH", "/profile/", admin, `{"email_verified":true}`, 400},
		{"PUT", itself, admin, `{"username":"boss","email":"boss@example.com","password":"` + secret + `","email_verified":true}`, 400},
		{"PATCH", itself, own, `{"email_verified":true}`, 403},
		{"POST", "/signup/", "", `{"username":"new","email":"new@example.com","password":"` + secret + `","email_verified":true}`, 400},
		{"POST", "/signup/", "", `{"username":"new","email":"new@example.com","password":"` + secret + `","email_verified":false}`, 400},
		{"POST", "/signup/", "", `{"username":"new","email":"new@example.com","password":"` + secret + `","phone_number":"+491234567","phone_number_verified":true}`, 400},
	} {
		got := w.ask(t, c.method, c.path, c.access, c.body)
		if got.status != c.want || c.want == 400 && !strings.Contains(got.body, `_verified":["`) {
			t.Errorf("%s %s %s: %d %s, want %d and the field in the body", c.method, c.path, c.body, got.status, got.body, c.want)
		}
	}
	if u, err := w.db.UserByID(t.Context(), boss.ID); err != nil || u.EmailVerified || u.Profile != "" {
		t.Errorf("the administrator is %+v, %v; want nothing verified", u, err)
	}
	if got := w.ask(t, "GET", "/profile/", own, "").object(t); got["phone_number"] != "+491234568" || got["phone_number_verified"] != false {
		t.Errorf("the profile is %v, want the new number, not verified", got)
	}
}

// An administrator's word is about the address and the number that they saw or sent.
func TestAdministratorsVerify(t *testing.T) {
	w := start(t, wide())
	w.person(t, "boss", store.RoleAdmin)
	ann := w.person(t, "ann", store.RoleUser)
	boss, _ := w.signIn(t, "boss")
	path := fmt.Sprintf("/admin/users/%d/", ann.ID)
	for _, c := range []struct {
		name, body   string
		want         int
		email, phone bool
	}{
		{"the address", `{"email_verified":true}`, 200, true, false},
		{"a name", `{"first_name":"Ann"}`, 200, true, false},
		{"no number", `{"phone_number_verified":true}`, 400, true, false},
		{"a number", `{"phone_number":"+491234567"}`, 200, true, false},
		{"the number", `{"phone_number_verified":true}`, 200, true, true},
		{"null", `{"email_verified":null}`, 400, true, true},
		{"a word", `{"phone_number_verified":"perhaps"}`, 400, true, true},
		{"another address", `{"email":"other@example.com"}`, 200, false, true},
		{"another address, in the shown form", `{"email":"ann@example.com","email_verified":false,"phone_number_verified":true}`, 200, false, true},
		{"another address, verified at once", `{"email":"other@example.com","email_verified":true}`, 200, true, true},
		{"another address, as a front end sends back what it was shown", `{"email":"ann@example.com","email_verified":true}`, 200, false, true},
		{"a number with its proof withdrawn", `{"phone_number_verified":false}`, 200, false, false},
		{"another number, verified at once", `{"phone_number":"+491234568","phone_number_verified":true}`, 200, false, true},
		{"another number", `{"phone_number":"+491234569","phone_number_verified":true}`, 200, false, false},
		{"the number removed", `{"phone_number":"","phone_number_verified":true}`, 400, false, false},
	} {
		got := w.ask(t, "PATCH", path, boss, c.body)
		shown := w.ask(t, "GET", path, boss, "").object(t)
		if got.status != c.want || shown["email_verified"] != c.email || shown["phone_number_verified"] != c.phone {
			t.Errorf("%s: %d %s, then %v; want %d, and verified: %t, %t", c.name, got.status, got.body, shown, c.want, c.email, c.phone)
		}
	}
	got := w.ask(t, "POST", "/admin/users/", boss, `{"username":"new","email":"new@example.com","password":"`+secret+`","email_verified":true,"phone_number":"+491234567","phone_number_verified":true}`)
	user, _ := got.object(t)["user"].(map[string]any)
	if got.status != 201 || user["email_verified"] != true || user["phone_number_verified"] != true {
		t.Errorf("a new user: %d %s, want both verified", got.status, got.body)
	}
	if list := w.ask(t, "GET", "/admin/users/?search=new", boss, ""); !strings.Contains(list.body, `"email_verified":true`) {
		t.Errorf("the list: %s, want the address verified there, too", list.body)
	}
	events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Subject: "user:" + ann.Sub, Limit: 100})
	var text string
	for _, e := range events {
		text += string(e.Detail) + "\n"
	}
	if err != nil || strings.Count(text, `"email_verified":true`) < 2 || !strings.Contains(text, `"phone_number_verified":false`) {
		t.Errorf("evidence %s, %v; want each change in it", text, err)
	}
}

func TestAddressesComeInJSONAndForms(t *testing.T) {
	w := start(t, wide())
	w.person(t, "ann", store.RoleUser)
	own, _ := w.signIn(t, "ann")
	for _, c := range []struct {
		body, field string
	}{
		{`{"address":{"country":"DE","locality":"Berlin"}}`, ""},
		{`{"address":{"locality":""}}`, ""},
		{`{"address":{}}`, ""},
		{`{"address":{"planet":"Earth"}}`, ""},
		{`{"address":null}`, "address"},
		{`{"address":"Berlin"}`, "address"},
		{`{"address":["Berlin"]}`, "address"},
		{`{"address":{"country":["DE"]}}`, "address.country"},
		{`{"address":{"country":null}}`, "address.country"},
		{`{"address.country":"AT"}`, ""}, // means nothing in JSON
	} {
		got := w.ask(t, "PATCH", "/profile/", own, c.body)
		if c.field == "" && got.status != 200 || c.field != "" && (got.status != 400 || !strings.HasPrefix(got.body, `{"`+c.field+`":[`)) {
			t.Errorf("%s: status %d %s, want 200, or 400 with an error in the field %q", c.body, got.status, got.body, c.field)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), "PATCH", w.url+"/api/accounts/profile/", strings.NewReader("address.region=BE&address.street_address=a%0Ab"))
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+own)
	got := send(t, request)
	if got.status != 200 || !strings.Contains(got.body, `"address":{"formatted":"","street_address":"a\nb","locality":"","region":"BE","postal_code":"","country":"DE"}`) {
		t.Errorf("form: status %d %s, want 200 and the address with its line break", got.status, got.body)
	}
}

func TestConsentsOverHTTP(t *testing.T) {
	w := start(t, wide())
	boss, ann := w.person(t, "boss", store.RoleAdmin), w.person(t, "ann", store.RoleUser)
	admin, _ := w.signIn(t, "boss")
	own, _ := w.signIn(t, "ann")
	app := store.Client{ID: "shop", Name: "The shop", AuthMethod: "none", Scope: "openid account"}
	granted := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateClient(app) }); err != nil {
		t.Fatalf("writing to the database: %v", err)
	}
	allow := func(scope string) {
		t.Helper()
		if err := w.db.Write(t.Context(), func(tx store.Tx) error {
			return tx.PutConsent(store.Consent{UserID: ann.ID, ClientID: "shop", Scope: scope, GrantedAt: granted})
		}); err != nil {
			t.Fatalf("writing to the database: %v", err)
		}
	}
	allow("openid account email")
	set, err := w.sessions.Begin(t.Context(), signin.Password(ann, signin.ByLogin, w.sessions.Now()), app, apis.Grant{Scope: "openid account"}, apis.Asked{})
	if err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	list := `[{"client_id":"shop","name":"The shop","scope":"openid account email","granted_at":"2026-01-02T03:04:05Z","first_granted_at":"2026-01-02T03:04:05Z","last_used_at":"` + api.Time(set.Session.LastUsedAt) + `"}]`
	for path, want := range map[string]string{
		"/profile/consents/":                              list,
		fmt.Sprintf("/admin/users/%d/consents/", ann.ID):  list,
		fmt.Sprintf("/admin/users/%d/consents/", boss.ID): "[]",
	} {
		access := admin
		if strings.HasPrefix(path, "/profile") {
			access = own
		}
		if got := w.ask(t, "GET", path, access, ""); got.status != 200 || strings.TrimSpace(got.body) != want {
			t.Errorf("%s: status %d %s, want 200 and %s", path, got.status, got.body, want)
		}
	}
	expect(t, "DELETE", "/profile/consents/shop/", "somebody else", w.ask(t, "DELETE", "/profile/consents/shop/", admin, ""), 404)
	expect(t, "GET", "/profile/", "the app", w.ask(t, "GET", "/profile/", set.AccessToken, ""), 200)
	const one = "/profile/consents/shop/?scope="
	for query, status := range map[string]int{"": 400, "+": 400, "email&scope=openid": 400, "%zz": 400, "phone": 404, "openid+phone": 404} {
		expect(t, "DELETE", one+query, "ann", w.ask(t, "DELETE", one+query, own, ""), status)
	}
	if got := w.ask(t, "DELETE", one+"email", own, ""); got.status != 200 || !strings.Contains(got.body, `"scope":"openid account"`) || !strings.Contains(got.body, "elsewhere when the access tokens end") {
		t.Errorf("one scope: %d %s, want 200, what is left, and when it is gone elsewhere", got.status, got.body)
	}
	expect(t, "DELETE", one+"email", "ann again", w.ask(t, "DELETE", one+"email", own, ""), 404)
	expect(t, "GET", "/profile/", "the app with its other scopes", w.ask(t, "GET", "/profile/", set.AccessToken, ""), 200)
	expect(t, "DELETE", one+"account", "ann", w.ask(t, "DELETE", one+"account", own, ""), 200)
	if got := w.ask(t, "GET", "/profile/", set.AccessToken, ""); got.status != 403 || !strings.Contains(got.header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("the app without the scope: %d, %v; want 403 and which scope it lacks", got.status, got.header)
	}
	allow("openid account")
	expect(t, "GET", "/profile/", "the app with the scope again", w.ask(t, "GET", "/profile/", set.AccessToken, ""), 200)
	expect(t, "DELETE", "/profile/consents/shop/", "ann", w.ask(t, "DELETE", "/profile/consents/shop/", own, ""), 204)
	expect(t, "GET", "/profile/", "the app afterwards", w.ask(t, "GET", "/profile/", set.AccessToken, ""), 401)
	expect(t, "DELETE", "/profile/consents/shop/", "ann again", w.ask(t, "DELETE", "/profile/consents/shop/", own, ""), 404)
}
