package grants

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

func TestEveryGrantTypeOfTheTokenEndpointHasAStep(t *testing.T) {
	want := slices.Sorted(slices.Values(grant.Types().AnsweredAt(grant.TokenEndpoint).Names()))
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(answers))); diff != "" {
		t.Errorf("grant types with a step (-want +got):\n%s", diff)
	}
	if _, err := NewEngine(Steps{Types: grant.Types()}); err != nil {
		t.Errorf("NewEngine: error = %v, want none", err)
	}
}

// A client may be registered for a grant that another endpoint answers. The token
// endpoint refuses it like an unknown grant.
func TestAGrantThatIsAnsweredElsewhereIsUnsupported(t *testing.T) {
	const elsewhere = "urn:example:elsewhere"
	g := Steps{Types: append(grant.Types(), grant.Type{Name: elsewhere, Endpoint: "challenge_endpoint"})}
	client := store.Client{ID: "shop", AuthMethod: store.SecretBasic, GrantTypes: g.Types.Names()}
	if _, err := NewEngine(g); err != nil {
		t.Errorf("NewEngine: error = %v, want none: the step is another endpoint's", err)
	}
	if _, err := g.allowed(client, elsewhere); !errors.Is(err, oauth.UnsupportedGrantType) {
		t.Errorf("allowed(%s): error = %v, want %s", elsewhere, err, oauth.UnsupportedGrantType)
	}
	if got, err := g.allowed(client, grant.Password); err != nil || got.Name != grant.Password {
		t.Errorf("allowed(%s) = %+v, %v, want the type", grant.Password, got, err)
	}
}
