package authz

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every scope that can be registered has an explanation for the consent page.
func TestEveryScopeIsExplained(t *testing.T) {
	all := maps.Collect(AllScopes.Words())
	for _, token := range AllScopes.Tokens() {
		if all[token] == "" {
			t.Errorf("text of scope %s is empty, want a sentence", token)
		}
	}
	want := map[string]string{"openid": "Know that it is you", "email": "See your e-mail address"}
	if diff := cmp.Diff(want, maps.Collect(Scope("email unknown openid").Words())); diff != "" {
		t.Errorf("explanation of a scope (-want +got):\n%s", diff)
	}
}
