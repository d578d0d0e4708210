package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// administrator returns a browser in which an administrator is signed in.
func (g *gate) administrator() *visitor {
	g.t.Helper()
	g.person("root", "admin")
	v := g.visitor()
	v.signIn(v.get("/login"), "root").shows(http.StatusOK)
	return v
}

// TestAnAPIInTheConsole registers one, changes it, takes a scope away and deletes it.
func TestAnAPIInTheConsole(t *testing.T) {
	v := openGate(t, nil).administrator()
	v.get("/console/apis").shows(http.StatusOK, "one API", "Gatehouse")
	fresh := []string{"name", "Orders", "identifier", "https://Orders.example/", "id", "orders", "rows", "3", "name_0", "orders:read", "text_0", "See your <orders>", "name_2", "orders:place", "text_2", "Place orders", "sensitive_2", "1", "clients", "registered", "token_type", "at+jwt", "claim_role", "1"}
	v.post("/console/apis/new", append(fresh, "identifier", "")...).shows(http.StatusBadRequest) // a parameter twice
	v.post("/console/apis/new", "name", "Orders", "identifier", "https://orders.example#x", "rows", "1", "name_0", "orders read", "text_0", "See", "clients", "listed", "listed_clients", "nobody", "access_token_lifetime", "soon").
		shows(http.StatusUnprocessableEntity, "An identifier has no fragment.", "A name has visible ASCII", "A valid integer is required.", `value="https://orders.example#x"`, `value="soon"`, ">nobody</textarea>")
	v.post("/console/apis/new", append(fresh, "act", "preview")...).shows(http.StatusOK, "See your <orders>", "https://orders.example")
	v.get("/console/apis").shows(http.StatusOK, "one API")
	v.post("/console/apis/new", fresh...).shows(http.StatusOK, "Orders is registered.", "AUDIENCE=https://orders.example", "See your <orders>")

	shown := v.get("/console/apis/orders")
	change := func(more ...string) []string {
		return append([]string{"version", shown.field("version"), "name", "Orders", "rows", "3", "name_0", "orders:read", "text_0", "See your orders", "name_1", "orders:place", "text_1", "Place orders", "sensitive_1", "1", "clients", "any", "token_type", "JWT", "claim_email", "1", "access_token_lifetime", "300"}, more...)
	}
	v.post("/console/apis/orders", change()...).shows(http.StatusOK, "Orders is saved.", "5 minutes at most", `"email": "root@example.com"`, `"typ": "JWT"`)
	v.post("/console/apis/orders", change("name_2", "orders:cancel", "text_2", "Cancel what was typed")...).shows(http.StatusPreconditionFailed, "changed meanwhile", "Cancel what was typed")

	shown = v.get("/console/apis/orders")
	asked := v.post("/console/apis/orders", change("remove_1", "1")...).shows(http.StatusOK, "This takes scopes away.", "orders:place: ", "Nothing is saved yet.")
	if a := v.api("orders"); len(a.Scopes) != 2 {
		t.Fatalf("the API has %d scopes before it was confirmed, want 2", len(a.Scopes))
	}
	v.post("/console/apis/orders", change("remove_1", "1", "confirmed", asked.field("confirmed"))...).shows(http.StatusOK, "Orders is saved.")
	a := v.api("orders")
	if len(a.Scopes) != 1 || a.Clients != store.ClientsAny || a.TokenType != store.TokenTypeJWT || a.AccessTokenLifetime.Seconds() != 300 || strings.Join(a.Claims, " ") != "email" || a.ListedInMetadata {
		t.Errorf("the API is %+v, want what the form said", a)
	}
	asked = v.get("/console/apis/orders/delete").shows(http.StatusOK, "one scope", "Delete Orders")
	v.post("/console/apis/orders/delete", "version", shown.field("version")).shows(http.StatusPreconditionFailed, "changed meanwhile")
	v.post("/console/apis/orders/delete", "version", asked.field("version")).shows(http.StatusOK, "Orders is deleted.", "one API")
	for _, path := range []string{"/console/apis/orders", "/console/apis/orders/delete", "/console/apis/gatehouse/delete"} {
		v.get(path).shows(http.StatusNotFound)
	}
}

// TestAnAPIOfManyScopesIsEditedInLines, since a form has no more than 64 parameters.
func TestAnAPIOfManyScopesIsEditedInLines(t *testing.T) {
	v := openGate(t, nil).administrator()
	var lines strings.Builder
	for _, letter := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		lines.WriteString("! " + letter + ":x=!. See " + letter + "\r\n")
	}
	v.post("/console/apis/new", "name", "Many", "identifier", "https://many.example", "id", "many", "lines", lines.String(), "clients", "registered", "token_type", "at+jwt").shows(http.StatusOK, "Many is registered.", "z:x=!. See z")
	a := v.api("many")
	if len(a.Scopes) != 26 || a.Scopes[25] != (store.APIScope{Name: "z:x=!.", Description: "See z", Sensitive: true}) {
		t.Errorf("the scopes are %+v, want 26 as they were written", a.Scopes)
	}
}

// TestOfOurOwnAPIOnlyWhoMayAskChanges, whatever a form says.
func TestOfOurOwnAPIOnlyWhoMayAskChanges(t *testing.T) {
	v := openGate(t, nil).administrator()
	own := v.get("/console/apis/gatehouse").shows(http.StatusOK, "the API of Gatehouse itself")
	if strings.Contains(own.body, `name="name"`) || strings.Contains(own.body, `value="listed"`) {
		t.Errorf("the page offers to change more, want the rule alone:\n%s", own.body)
	}
	v.post("/console/apis/gatehouse", "version", own.field("version"), "clients", "any", "name", "Evil", "rows", "0").shows(http.StatusOK, "Gatehouse is saved.")
	if a := v.api(store.OwnAPI); a.Clients != store.ClientsAny || a.Name != "Gatehouse" || len(a.Scopes) < 3 {
		t.Errorf("our own API is %+v, want it open and otherwise as it was", a)
	}
	v.post("/console/apis/gatehouse", "version", own.field("version"), "clients", "registered").shows(http.StatusPreconditionFailed, "changed meanwhile")
	own = v.get("/console/apis/gatehouse")
	v.post("/console/apis/gatehouse", "version", own.field("version"), "clients", "listed").shows(http.StatusUnprocessableEntity, "admits registered or any")
}

// TestAPIsAndTheInspectorAreForAdministrators: staff and others see neither page nor effect.
func TestAPIsAndTheInspectorAreForAdministrators(t *testing.T) {
	g := openGate(t, nil)
	g.person("stan", "staff")
	for _, name := range []string{"stan", "ann"} {
		v := g.visitor()
		v.signIn(v.get("/login"), name)
		for _, path := range []string{"/console/apis", "/console/apis/new", "/console/apis/gatehouse", "/console/inspector"} {
			v.get(path).shows(http.StatusForbidden, "This page is for others")
		}
		v.post("/console/apis/gatehouse", "clients", "any").shows(http.StatusForbidden)
		v.post("/console/inspector", "token", "x").shows(http.StatusForbidden)
	}
	if a := g.api(store.OwnAPI); a.Clients != store.ClientsRegistered {
		t.Errorf("our own API admits %s, want nothing changed", a.Clients)
	}
}

// TestTheInspectorJudgesRealTokens, and keeps nothing of them.
func TestTheInspectorJudgesRealTokens(t *testing.T) {
	table := openTokenTable(t)
	root, shopper := table.administrator(), table.visitor()
	set := shopper.bought("scope", "read")
	good, refresh := set["access_token"].(string), set["refresh_token"].(string)
	_, claims := shopper.signed(good)
	judge := func(token, api, scope string, words ...string) page {
		t.Helper()
		p := root.post("/console/inspector", "token", token, "api", api, "scope", scope).shows(http.StatusOK, words...)
		if got := p.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control = %q, want no-store", got)
		}
		for _, part := range strings.Split(token, ".") {
			if len(part) > 8 && strings.Contains(p.body, part) {
				t.Errorf("the page has a part of the token in it, want it gone:\n%s", p.body)
			}
		}
		return p
	}
	judge("Authorization: Bearer "+good, "", "read", "orders takes this token", "It has the scope", `href="/console/people/`, `href="/console/apps/shop"`, `href="/console/apis/orders"`, "ann")
	judge(good, legacyAPI, "", "401 invalid_token", "It does not have the type of this API", "It is for another API")
	judge(good, ordersAPI, "write", "403 insufficient_scope", "The request needs write; the token has read")
	judge(refresh, ordersAPI, "", "401 invalid_token", "It is a refresh token", "member access_token")
	judge(set["access_token"].(string)[:len(good)-8]+"AAAAAAAA", ordersAPI, "", "The signature is wrong", "nothing proves")
	judge("canary-of-a-secret-that-is-not-a-token", "", "", "It does not say what it is")
	if _, err := table.sessions.End(t.Context(), authz.Operator.String(), claims["sid"].(string), table.ann.ID, store.EndedByAdmin); err != nil {
		t.Fatalf("ending the session: %v", err)
	}
	judge(good, "", "", "orders refuses this token if it asks this server:", "Its session has ended", "an administrator ended it")

	if p := root.get("/console/inspector").shows(http.StatusOK); !regexp.MustCompile(`<textarea id="token"[^>]*></textarea>`).MatchString(p.body) || strings.Contains(p.body, "invalid_token") {
		t.Errorf("the page after it is not empty, want an empty form:\n%s", p.body)
	}
	root.post("/console/inspector").shows(http.StatusUnprocessableEntity, "Paste a token first.")
	root.post("/console/inspector?token=" + good).shows(http.StatusBadRequest)
	for _, secret := range []string{strings.Split(good, ".")[1], strings.Split(refresh, ".")[1], "canary-of-a-secret"} {
		if log := table.log.String(); strings.Contains(log, secret) {
			t.Errorf("the log has %.20s… in it, want nothing of what was pasted", secret)
		}
	}
}

// field returns the value of a hidden field of the page.
func (p page) field(name string) string {
	p.t.Helper()
	all := p.fields()
	for i := 0; i < len(all); i += 2 {
		if all[i] == name {
			return all[i+1]
		}
	}
	p.t.Fatalf("%s has no hidden field %s, want one:\n%s", p.at, name, p.body)
	return ""
}

// api returns an API as it is.
func (g *gate) api(id string) store.API {
	g.t.Helper()
	a, err := g.apis.Get(g.t.Context(), id)
	if err != nil {
		g.t.Fatalf("looking up the API %s: %v", id, err)
	}
	return a
}
