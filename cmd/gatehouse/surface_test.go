package main

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gatehouse/config"
	"gatehouse/handlers"
)

// surface declares who may do what, path by path. It repeats the server's tables on
// purpose: a line that is added, widened or forgotten there fails this test until
// somebody declares it here too. GET includes HEAD.
//
// "open" admits everybody. Otherwise the line names the callers that are admitted; others
// are refused, with 401 without a valid token and 403 with one. Callers whom the first
// line of a path admits get 405 for a method that is not declared.
var surface = map[string][]permitted{
	"/": {{"GET", "open"}}, "/setup": {{"GET POST", "open"}}, "/assets/*": {{"GET", "open"}},
	"/favicon.ico": {{"GET", "open"}}, "/robots.txt": {{"GET", "open"}},
	"/.well-known/change-password": {{"GET", "open"}}, "/.well-known/security.txt": {{"GET", "open"}},
	"/openapi.json": {{"GET", "open"}}, "/metrics": {{"GET", "open"}},
	"/healthz/live": {{"GET", "open"}}, "/healthz/ready": {{"GET", "open"}},
	"/.well-known/jwks.json": {{"GET", "open"}}, "/.well-known/openid-configuration": {{"GET", "open"}}, "/.well-known/oauth-authorization-server": {{"GET", "open"}},
	"/.well-known/oauth-protected-resource": {{"GET", "open"}},
	// These authenticate the app by the body or the header.
	"/oauth/token": {{"POST", "open"}}, "/oauth/introspect": {{"POST", "open"}}, "/oauth/revoke": {{"POST", "open"}},

	// Apps send people here, and people answer at the pages. Pages that need a sign-in
	// check the browser's cookie, and redirect a person without one to /login.
	"/oauth/authorize": {{"GET POST", "open"}}, "/oauth/logout": {{"GET POST", "open"}},
	"/login": {{"GET POST", "open"}}, "/login/factor": {{"GET POST", "open"}}, "/consent": {{"GET POST", "open"}}, "/logout": {{"GET POST", "open"}}, "/device": {{"GET POST", "open"}},
	"/login/passkey": {{"POST", "open"}}, "/login/passkey/options": {{"POST", "open"}}, "/signup/passkey/options": {{"POST", "open"}}, "/reset/passkey/options": {{"POST", "open"}},
	"/account/passkeys": {{"GET POST", "open"}}, "/account/passkeys/options": {{"POST", "open"}},
	"/.well-known/webauthn": {{"GET", "open"}}, "/.well-known/apple-app-site-association": {{"GET", "open"}}, "/.well-known/assetlinks.json": {{"GET", "open"}},
	"/account/totp": {{"GET POST", "open"}}, "/account/recovery-codes": {{"GET POST", "open"}},
	"/account": {{"GET", "open"}}, "/account/profile": {{"GET POST", "open"}}, "/account/username": {{"GET POST", "open"}}, "/account/email": {{"GET POST", "open"}},
	"/account/password": {{"GET POST", "open"}}, "/account/sessions": {{"GET POST", "open"}}, "/account/apps": {{"GET POST", "open"}}, "/account/activity": {{"GET", "open"}},
	"/account/data": {{"GET POST", "open"}}, "/account/delete": {{"GET POST", "open"}}, "/account/deleted": {{"GET", "open"}},
	"/e/{id}": {{"GET", "open"}},
	// Who may open which page of the console, by their cookie: TestWhoMayOpenTheConsole.
	"/console/*": {{"GET POST", "open"}},
	"/forgot":    {{"GET POST", "open"}}, "/reset": {{"GET POST", "open"}}, "/invite": {{"GET POST", "open"}}, "/verify": {{"GET POST", "open"}}, "/signup": {{"GET POST", "open"}},
	// The app authenticates, or brings an access token.
	"/oauth/register": {{"POST", "open"}}, "/oauth/register/{client_id}": {{"GET PUT DELETE", "open"}}, // or a token for just that
	"/oauth/challenge": {{"POST", "open"}}, "/oauth/par": {{"POST", "open"}}, "/oauth/device_authorization": {{"POST", "open"}}, "/oauth/userinfo": {{"GET POST", "open"}},

	"/api/accounts/signup":        {{"POST OPTIONS", "open"}},
	"/api/accounts/login":         {{"POST OPTIONS", "open"}},
	"/api/accounts/logout":        {{"POST OPTIONS", "open"}},
	"/api/accounts/token/refresh": {{"POST OPTIONS", "open"}},

	"/api/accounts/password/forgot": {{"POST OPTIONS", "open"}},
	"/api/accounts/password/reset":  {{"POST OPTIONS", "open"}},
	"/api/accounts/email/verify":    {{"POST OPTIONS", "open"}},

	"/api/accounts/email/send":                      {{"POST OPTIONS", "user staff admin"}},
	"/api/accounts/admin/users/{id}/invite":         {{"POST OPTIONS", "admin"}},
	"/api/accounts/admin/users/{id}/reset-link":     {{"POST OPTIONS", "admin"}},
	"/api/accounts/profile":                         {{"GET PUT PATCH OPTIONS", "user staff admin"}},
	"/api/accounts/profile/delete":                  {{"POST OPTIONS", "user staff admin"}},
	"/api/accounts/profile/sessions":                {{"GET DELETE OPTIONS", "user staff admin"}},
	"/api/accounts/profile/sessions/{sid}":          {{"DELETE OPTIONS", "user staff admin"}},
	"/api/accounts/profile/factors":                 {{"GET POST OPTIONS", "user staff admin"}},
	"/api/accounts/profile/factors/totp":            {{"DELETE OPTIONS", "user staff admin"}},
	"/api/accounts/profile/factors/totp/confirm":    {{"POST OPTIONS", "user staff admin"}},
	"/api/accounts/admin/users/{id}/factors":        {{"GET DELETE OPTIONS", "admin"}},
	"/api/accounts/profile/consents":                {{"GET OPTIONS", "user staff admin"}},
	"/api/accounts/profile/consents/{client_id}":    {{"DELETE OPTIONS", "user staff admin"}},
	"/api/accounts/admin/users/{id}/consents":       {{"GET OPTIONS", "admin"}},
	"/api/accounts/staff/users":                     {{"GET OPTIONS", "staff admin"}},
	"/api/accounts/staff/users/{id}":                {{"GET OPTIONS", "staff admin"}},
	"/api/accounts/admin/users":                     {{"GET POST OPTIONS", "admin"}},
	"/api/accounts/admin/users/{id}":                {{"GET PUT PATCH DELETE OPTIONS", "admin"}},
	"/api/accounts/admin/users/{id}/sessions":       {{"GET DELETE OPTIONS", "admin"}},
	"/api/accounts/admin/users/{id}/sessions/{sid}": {{"DELETE OPTIONS", "admin"}},

	"/api/admin/clients":                    {{"GET POST OPTIONS", "admin"}},
	"/api/admin/clients/{id}":               {{"GET PUT PATCH DELETE OPTIONS", "admin"}},
	"/api/admin/apis":                       {{"GET POST OPTIONS", "admin"}},
	"/api/admin/apis/{id}":                  {{"GET PUT PATCH DELETE OPTIONS", "admin"}},
	"/api/admin/clients/{id}/adopt":         {{"POST OPTIONS", "admin"}},
	"/api/admin/clients/{id}/secret":        {{"POST OPTIONS", "admin"}},
	"/api/admin/keys":                       {{"GET POST OPTIONS", "admin"}},
	"/api/admin/keys/{kid}/retire":          {{"POST OPTIONS", "admin"}},
	"/api/admin/audit":                      {{"GET OPTIONS", "admin"}},
	"/api/admin/stats":                      {{"GET OPTIONS", "admin"}},
	"/api/admin/refusals":                   {{"GET OPTIONS", "admin"}},
	"/api/accounts/admin/users/{id}/effect": {{"GET OPTIONS", "admin"}},
}

type permitted struct{ methods, callers string }

var allMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// wants returns the declared status; 0 means that the request is let through, whatever
// the answer.
func wants(declared []permitted, method, caller string) int {
	as := method
	if as == http.MethodHead {
		as = http.MethodGet
	}
	found := 0
	admitted := declared[0].callers
	for _, p := range declared {
		if slices.Contains(strings.Fields(p.methods), as) {
			admitted, found = p.callers, 1
		}
	}
	switch {
	case admitted == "open" || slices.Contains(strings.Fields(admitted), caller):
		if found == 0 {
			return http.StatusMethodNotAllowed
		}
		return 0
	case caller == "anonymous", caller == "deactivated":
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}

// registering switches on the paths that are off by default.
func registering(cfg *config.Config) { cfg.Registration = "open" }

// TestWhoMayDoWhat requests every path with every method as every caller.
func TestWhoMayDoWhat(t *testing.T) {
	c := gather(t, startApp(t, slog.New(slog.DiscardHandler), registering))
	tokens := map[string]string{}
	for _, caller := range callers {
		tokens[caller] = c.token(t, caller)
	}
	for _, template := range c.templates() {
		if declaredAs(template) == "/console/*" {
			continue // by cookie: TestWhoMayOpenTheConsole
		}
		declared, ok := surface[declaredAs(template)]
		if !ok {
			t.Errorf("%s is not declared, want a line that says who may do what there", template)
			continue
		}
		// The IDs do not exist, so a request that is let through changes nothing.
		path := strings.NewReplacer("{id}", "999999", "{sid}", "nobody", "{kid}", "none", "{client_id}", "nothing").Replace(template)
		for _, method := range allMethods {
			for _, caller := range callers {
				check(t, c, declared, method, path, caller, tokens[caller])
				if endsSessions(method, template) {
					c.again(t, caller)
					tokens[caller] = c.token(t, caller)
				}
			}
		}
	}
	c.noneTooMany(t)
}

func check(t *testing.T, c *crowd, declared []permitted, method, path, caller, token string) {
	t.Helper()
	want, got := wants(declared, method, caller), c.call(method, path, token)
	guarded := declared[0].callers != "open"
	through := got.Code != http.StatusMethodNotAllowed && (!guarded || got.Code != http.StatusUnauthorized && got.Code != http.StatusForbidden)
	switch {
	case want == 0 && !through, want != 0 && got.Code != want:
		t.Errorf("%s %s as %s: status %d, want %d as declared (0: let through)", method, path, caller, got.Code, want)
	case got.Code >= 500:
		t.Errorf("%s %s as %s: status %d %s, want one below 500", method, path, caller, got.Code, got.Body)
	case got.Code == http.StatusMethodNotAllowed && got.Header().Get("Allow") == "":
		t.Errorf("%s %s as %s: 405 without Allow, want it set", method, path, caller)
	}
}

// endsSessions reports whether a request leaves its own caller without a valid token.
func endsSessions(method, template string) bool {
	return method == http.MethodDelete && template == "/api/accounts/profile/sessions" || method == http.MethodPost && template == "/api/accounts/profile/delete"
}

// templates returns the paths of the tables, each once.
func (c *crowd) templates() []string {
	var all []string
	for _, rt := range handlers.Routes(c.surface) {
		if !slices.Contains(all, rt.Path) {
			all = append(all, rt.Path)
		}
	}
	return all
}

// declaredAs returns the key of a path in surface. Assets share one, because their names
// change with their content, and so do the pages of the console, which have a table of their
// own.
func declaredAs(template string) string {
	if strings.HasPrefix(template, "/assets/") {
		return "/assets/*"
	}
	if template == "/console" || strings.HasPrefix(template, "/console/") {
		return "/console/*"
	}
	return template
}

// noneTooMany fails on declared paths that the server does not have.
func (c *crowd) noneTooMany(t *testing.T) {
	t.Helper()
	there := map[string]bool{}
	for _, template := range c.templates() {
		there[declaredAs(template)] = true
	}
	for template := range surface {
		if !there[template] {
			t.Errorf("%s is declared, but the server has no such path, want one", template)
		}
	}
}
