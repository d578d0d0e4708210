package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"gatehouse/handlers"
)

// consoleSurface declares who may see each page of the console (GET) and who may send its
// form (POST). Like surface, it repeats the table on purpose.
var consoleSurface = map[string]struct{ get, post string }{
	"/console":                  {"staff admin", ""},
	"/console/people":           {"staff admin", "admin"},
	"/console/people/new":       {"admin", "admin"},
	"/console/people/{id}":      {"staff admin", "admin"},
	"/console/people/{id}/edit": {"admin", "admin"},
	"/console/bulk":             {"admin", "admin"},
	"/console/bulk/{job}":       {"admin", "admin"},
	"/console/apps":             {"admin", ""},
	"/console/apps/new":         {"admin", "admin"},
	"/console/apps/{id}":        {"admin", "admin"},
	"/console/apps/{id}/edit":   {"admin", "admin"},
	"/console/apps/{id}/secret": {"admin", "admin"},
	"/console/apps/{id}/state":  {"admin", "admin"},
	"/console/apps/{id}/adopt":  {"admin", "admin"},
	"/console/apps/{id}/delete": {"admin", "admin"},
	"/console/apis":             {"admin", ""},
	"/console/apis/new":         {"admin", "admin"},
	"/console/apis/{id}":        {"admin", "admin"},
	"/console/apis/{id}/delete": {"admin", "admin"},
	"/console/sessions":         {"admin", "admin"},
	"/console/keys":             {"admin", "admin"},
	"/console/keys/retire":      {"admin", "admin"},
	"/console/audit":            {"admin", ""},
	"/console/audit/{id}":       {"admin", ""},
	"/console/audit/export":     {"admin", ""},
	"/console/inspector":        {"admin", "admin"},
	"/console/refusals":         {"admin", ""},
	"/console/settings":         {"admin", ""},
}

// TestWhoMayOpenTheConsole asks for every page and sends every form as everybody, and from
// the pages of other sites.
func TestWhoMayOpenTheConsole(t *testing.T) {
	g := openGate(t, nil)
	g.person("stan", "staff")
	g.person("root", "admin")
	visitors := map[string]*visitor{"nobody": g.visitor()}
	for role, name := range map[string]string{"user": "ann", "staff": "stan", "admin": "root"} {
		visitors[role] = g.visitor()
		visitors[role].signIn(visitors[role].get("/login"), name)
	}
	routes := map[string][]string{}
	for _, rt := range handlers.Routes(g.surface) {
		if strings.HasPrefix(rt.Path, "/console") {
			routes[rt.Path] = append(routes[rt.Path], rt.Method)
		}
	}
	for path := range consoleSurface {
		if routes[path] == nil {
			t.Errorf("%s is declared, want it in the table, too", path)
		}
	}
	for path, methods := range routes {
		declared, known := consoleSurface[path]
		if !known {
			t.Errorf("%s is not declared, want a line that says who may do what there", path)
		}
		for method, roles := range map[string]string{http.MethodGet: declared.get, http.MethodPost: declared.post} {
			if known && slices.Contains(methods, method) == (roles == "") {
				t.Errorf("%s %s: in the table %t, declared for %q; want both or neither", method, path, roles == "", roles)
			}
			for role, v := range visitors {
				v.asks(method, path, roles, role)
			}
		}
	}
}

// asks sends a request for things that do not exist, so that it changes nothing.
func (v *visitor) asks(method, path, roles, role string) {
	v.t.Helper()
	path = strings.NewReplacer("{id}", "999999", "{job}", "none").Replace(path)
	v.header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
	got := v.do(method, path, nil).status
	switch {
	case roles == "" && got != http.StatusMethodNotAllowed,
		roles != "" && role == "nobody" && got != http.StatusSeeOther,
		roles != "" && role != "nobody" && !slices.Contains(strings.Fields(roles), role) && got != http.StatusForbidden,
		slices.Contains(strings.Fields(roles), role) && (got == http.StatusForbidden || got == http.StatusMethodNotAllowed || got >= 500):
		v.t.Errorf("%s %s as %s: status %d, want it for %q alone", method, path, role, got, roles)
	}
	if method == http.MethodGet {
		return
	}
	v.header.Set("Sec-Fetch-Site", "cross-site")
	if got := v.do(method, path, nil).status; got != http.StatusForbidden && got != http.StatusMethodNotAllowed {
		v.t.Errorf("%s %s from another site as %s: status %d, want 403", method, path, role, got)
	}
}
