package grant_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/grant"
)

// example has a type of every kind.
var example = grant.List{
	{Name: "code", Endpoint: "token", Begins: "authorize"},
	{Name: "password", Endpoint: "token"},
	{Name: "challenge", Endpoint: "challenge"},
}

func TestNamesAreDifferent(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range grant.Names() {
		if name == "" || seen[name] {
			t.Errorf("names = %q, want each once", grant.Names())
		}
		seen[name] = true
	}
}

func TestFind(t *testing.T) {
	if got, ok := example.Find("password"); !ok || got.Name != "password" {
		t.Errorf("Find(password) = %+v, %t, want the type", got, ok)
	}
	if got, ok := example.Find("Password"); ok {
		t.Errorf("Find(Password) = %+v, want none: names are compared byte for byte", got)
	}
}

func TestAnsweredAt(t *testing.T) {
	for endpoint, want := range map[string][]string{"token": {"code", "password"}, "challenge": {"challenge"}, "authorize": {}} {
		if diff := cmp.Diff(want, example.AnsweredAt(endpoint).Names()); diff != "" {
			t.Errorf("types answered at %s (-want +got):\n%s", endpoint, diff)
		}
	}
}

// A grant whose first or last step does not exist is useless to a client.
func TestOffered(t *testing.T) {
	for _, c := range []struct{ there, want []string }{
		{[]string{"token", "authorize", "challenge"}, []string{"code", "password", "challenge"}},
		{[]string{"token"}, []string{"password"}},
		{[]string{"authorize"}, []string{}},
	} {
		got := example.Offered(func(endpoint string) bool { return slices.Contains(c.there, endpoint) }).Names()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("types offered with the endpoints %q (-want +got):\n%s", c.there, diff)
		}
	}
	if diff := cmp.Diff([]string{"code", "password", "challenge"}, example.Names()); diff != "" {
		t.Errorf("the list itself was changed (-want +got):\n%s", diff)
	}
}
