package server

import (
	"slices"
	"strings"
	"testing"

	"gatehouse/handlers/accounts"
	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
)

// open are the lines of front ends and operators that ask for nothing, not even
// for a token. Whoever adds one here says with that: anybody may do this.
var open = []string{
	"POST /api/accounts/token/refresh", "OPTIONS /api/accounts/token/refresh",
	"POST /api/accounts/login", "OPTIONS /api/accounts/login",
	"POST /api/accounts/logout", "OPTIONS /api/accounts/logout",
	"POST /api/accounts/signup", "OPTIONS /api/accounts/signup",
}

func TestEveryRouteNeedsAPermissionOrIsDeclaredOpen(t *testing.T) {
	var found []string
	for _, rt := range slices.Concat((&accounts.Handlers{}).Routes(), (&operators.Handlers{}).Routes()) {
		if rt.Needs.Open() {
			found = append(found, rt.Method+" "+rt.Pattern)
		}
	}
	slices.Sort(found)
	want := slices.Sorted(slices.Values(open))
	if !slices.Equal(found, want) {
		t.Errorf("open to everybody:\n%s\ndeclared:\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}

// Nobody but the guarded tables may serve below /api/.
func TestTheAPIIsServedByGuardedTablesAlone(t *testing.T) {
	guarded := map[string]api.Route{}
	for _, rt := range slices.Concat((&accounts.Handlers{}).Routes(), (&operators.Handlers{}).Routes()) {
		guarded[rt.Method+" "+rt.Pattern] = rt
	}
	for _, rt := range realTable() {
		if _, known := guarded[rt.Method+" "+rt.Path]; strings.HasPrefix(rt.Path, "/api/") != known {
			t.Errorf("%s %s: below /api/ and guarded are not the same", rt.Method, rt.Path)
		}
	}
}

func TestTheTableIsInOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, rt := range realTable() {
		line := rt.Method + " " + rt.Path
		switch {
		case seen[line]:
			t.Errorf("%s is there twice", line)
		case rt.Path != "/" && strings.HasSuffix(rt.Path, "/"):
			t.Errorf("%s ends in a slash", line)
		case rt.Audience == nil || rt.Audience.Refuse == nil || rt.Audience.NotAllowed == nil:
			t.Errorf("%s cannot refuse", line)
		case rt.Audience.Slash != strings.HasPrefix(rt.Path, "/api/"):
			t.Errorf("%s: only what replaces the old application answers with a slash as well", line)
		}
		seen[line] = true
	}
}

func TestPagesThatChangeSomethingRefuseOtherOrigins(t *testing.T) {
	for _, rt := range realTable() {
		if rt.Audience.Name != "people" || rt.Method == "GET" {
			continue
		}
		r := newCrossSite(rt.Method, rt.Path)
		w := serveOne(rt, r)
		if w.Code != 403 {
			t.Errorf("%s %s from another site: %d, want 403", rt.Method, rt.Path, w.Code)
		}
	}
}
