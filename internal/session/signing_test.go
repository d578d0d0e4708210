package session_test

import (
	"sync"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/session"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
)

// chooseEd25519 makes the shop choose Ed25519 for its refresh tokens, whose key is published
// for an hour before it signs. It returns the ring of the service.
func (g *rig) chooseEd25519(t *testing.T) *keys.Ring {
	t.Helper()
	ring := g.Keys.(*keys.Ring)
	from, err := ring.Choose(t.Context(), store.Ed25519, "cli")
	if err != nil {
		t.Fatalf("choosing Ed25519: %v", err)
	}
	g.shop.RefreshSigning = store.SigningChoice{Alg: store.Ed25519}.Instead(store.SigningChoice{Alg: store.RS256}, from, g.clock())
	return ring
}

// signedBy fails unless the refresh token of a set is signed with an algorithm.
func signedBy(t *testing.T, what string, set token.Set, algorithm string) {
	t.Helper()
	claimed, err := keys.Peek(set.RefreshToken)
	if got := string(claimed.Header["alg"]); err != nil || got != `"`+algorithm+`"` {
		t.Errorf("%s: the refresh token is signed with %s, %v; want %s", what, got, err, algorithm)
	}
}

// sameForAll refreshes with one token by many callers, and returns the one successor.
func (g *rig) sameForAll(t *testing.T, raw string) token.Set {
	t.Helper()
	sets, wg := make([]session.Set, 16), sync.WaitGroup{}
	for i := range sets {
		wg.Go(func() {
			var err error
			if sets[i], err = g.Refresh(t.Context(), g.shop, raw, apis.Asked{}); err != nil {
				t.Errorf("refreshing at the same time: %v", err)
			}
		})
	}
	wg.Wait()
	for _, set := range sets {
		if set.RefreshToken != sets[0].RefreshToken {
			t.Fatalf("two callers got two successors:\n%s\n%s\nwant one", set.RefreshToken, sets[0].RefreshToken)
		}
	}
	return sets[0].Set
}

// A rotation that RS256 has signed is repeated with RS256, also once Ed25519 signs. The next
// one is signed with Ed25519, and is the same for all who ask for it.
func TestRefreshTokensFollowTheChoiceOfTheApp(t *testing.T) { onEveryStore(t, refreshTokensFollow) }

func refreshTokensFollow(t *testing.T, g *rig) {
	ring := g.chooseEd25519(t)
	first, s := g.start(t)
	signedBy(t, "before its key signs", first, store.RS256)
	g.advance(time.Hour - 5*time.Second)
	second := g.sameForAll(t, first.RefreshToken)
	signedBy(t, "just before its key signs", second, store.RS256)
	g.advance(5 * time.Second)
	if again := g.sameForAll(t, first.RefreshToken); again.RefreshToken != second.RefreshToken {
		t.Errorf("made again once Ed25519 signs:\n%s\nwant the same successor:\n%s", again.RefreshToken, second.RefreshToken)
	}
	third := g.sameForAll(t, second.RefreshToken)
	signedBy(t, "once its key signs", third, store.Ed25519)
	fourth := g.sameForAll(t, third.RefreshToken)
	signedBy(t, "after that", fourth, store.Ed25519)

	// The choice is taken back, and the key superseded: what was made stays as it is.
	if _, err := ring.Rotate(t.Context(), store.Ed25519, "cli"); err != nil {
		t.Fatalf("rotating the keys of Ed25519: %v", err)
	}
	g.shop.RefreshSigning = store.SigningChoice{Alg: store.RS256}
	if again := g.sameForAll(t, third.RefreshToken); again.RefreshToken != fourth.RefreshToken {
		t.Errorf("made again with RS256 chosen:\n%s\nwant the same successor:\n%s", again.RefreshToken, fourth.RefreshToken)
	}
	found, err := g.Inspect(t.Context(), g.shop, fourth.RefreshToken)
	if err != nil || !found.Active || found.SessionID != s.ID {
		t.Errorf("introspecting it: %+v, %v; want it active, of session %s", found, err, s.ID)
	}
	if err := g.Revoke(t.Context(), g.shop.ID, fourth.RefreshToken); err != nil {
		t.Errorf("revoking it: %v", err)
	}
	g.dead(t, fourth)
}

// The tokens of a key of Ed25519 that was retired are void. Its successor signs at once, also
// what the retired one had signed.
func TestARetiredKeyOfRefreshTokens(t *testing.T) { onEveryStore(t, retiredKeyOfRefresh) }

func retiredKeyOfRefresh(t *testing.T, g *rig) {
	ring := g.chooseEd25519(t)
	g.advance(time.Hour)
	first, s := g.start(t)
	signedBy(t, "from the beginning", first, store.Ed25519)
	second := g.mustRefresh(t, first.RefreshToken)
	record, _, err := g.db.SessionWithUser(t.Context(), s.ID)
	if err != nil {
		t.Fatalf("reading the session: %v", err)
	}
	if err := ring.Retire(t.Context(), record.Rotation.KeyID, "cli"); err != nil {
		t.Fatalf("retiring the key: %v", err)
	}
	g.dead(t, token.Set{AccessToken: first.RefreshToken, RefreshToken: second.RefreshToken})
	next, _ := g.start(t)
	signedBy(t, "after its key was retired", next, store.Ed25519)
	g.mustRefresh(t, next.RefreshToken)
}
