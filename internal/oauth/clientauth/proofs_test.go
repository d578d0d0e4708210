package clientauth

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

func TestEveryAuthenticationMethodHasAProof(t *testing.T) {
	want := slices.Sorted(slices.Values(store.AuthMethods()))
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(proofs))); diff != "" {
		t.Errorf("authentication methods with a proof (-want +got):\n%s", diff)
	}
}
