package system_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// raceToRotateKeys rotates the keys 20 times at once, by the command line and the API.
// That must make one key, which both servers publish.
func (s *site) raceToRotateKeys(t *testing.T) {
	before := s.generations(t)
	root := s.rootToken(t)
	crowd(20, func(i int) answer {
		if i%4 == 0 {
			s.run(t, "", "keys", "rotate")
			return answer{}
		}
		a := s.of(i).ask(request{method: http.MethodPost, path: "/api/admin/keys/", bearer: root})
		a.is(t, http.StatusOK, http.StatusCreated)
		return a
	})
	returned := time.Now()
	after := s.generations(t)
	if len(after) != len(before)+1 {
		t.Fatalf("the generations were %v and are %v, want one more", before, after)
	}
	for _, p := range s.pair() {
		testkit.Within(t, everywhere-time.Since(returned), p.name+" publishes the next key", func() error {
			return p.publishes(after)
		})
	}
}

// generations returns the IDs of the signing keys, oldest first.
func (s *site) generations(t *testing.T) []string {
	t.Helper()
	type key struct {
		ID         string `json:"kid"`
		Generation int    `json:"generation"`
	}
	var ids []string
	for i, k := range readLines[key](t, s.run(t, "", "keys", "list", "--json")) {
		if k.Generation != i+1 {
			t.Errorf("the key at place %d has generation %d, want %d", i+1, k.Generation, i+1)
		}
		ids = append(ids, k.ID)
	}
	return ids
}

// publishes returns an error unless the server's key set has exactly those keys.
func (p *process) publishes(want []string) error {
	a := p.ask(request{path: "/.well-known/jwks.json"})
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		}
	}
	if err := firstOf(a.expect(http.StatusOK), json.Unmarshal(a.body, &set)); err != nil {
		return err
	}
	var got []string
	for _, k := range set.Keys {
		got = append(got, k.ID)
	}
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		return fmt.Errorf("%s publishes %v, want %v", p.name, got, want)
	}
	return nil
}
