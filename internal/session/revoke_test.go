package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/token"
)

func TestRevoke(t *testing.T) {
	testkit.Long(t)
	access := func(s token.Set) string { return s.AccessToken }
	refresh := func(s token.Set) string { return s.RefreshToken }
	tests := []struct {
		name   string
		client string
		pick   func(token.Set) string
		dead   bool
	}{
		{"the refresh token", "shop", refresh, true},
		{"the access token", "shop", access, true},
		{"another's refresh token", "spa", refresh, false},
		{"another's access token", "spa", access, false},
		{"garbage", "shop", func(token.Set) string { return "garbage" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := open(t)
			set, s := g.start(t)
			for range 2 { // a repetition succeeds too
				if err := g.Revoke(t.Context(), tt.client, tt.pick(set)); err != nil {
					t.Fatalf("revoking the token: %v", err)
				}
			}
			if !tt.dead {
				g.mustRefresh(t, set.RefreshToken)
				return
			}
			g.dead(t, set)
			if got := g.audited(t, s.ID); !slices.Equal(got, []string{"signin.ok", "session.ended"}) {
				t.Errorf("audited %v, want %v", got, []string{"signin.ok", "session.ended"})
			}
		})
	}
}

func TestRevokeATokenWithoutSession(t *testing.T) {
	g := open(t)
	minter, ok := g.Minter.(*token.Minter)
	if !ok {
		t.Fatal("the rig's minter is not a *token.Minter, want that")
	}
	var sets [2]token.Set
	for i := range sets {
		var err error
		if sets[i], err = minter.Mint(t.Context(), token.Grant{ClientID: "shop", Scope: "users:read", Life: time.Minute}); err != nil {
			t.Fatalf("minting a token for the client: %v", err)
		}
	}
	for range 2 {
		if err := g.Revoke(t.Context(), "shop", sets[0].AccessToken); err != nil {
			t.Fatalf("revoking the token: %v", err)
		}
	}
	if _, _, err := g.Authenticate(t.Context(), sets[0].AccessToken); !errors.Is(err, session.ErrEnded) {
		t.Errorf("revoked: err = %v, want ErrEnded", err)
	}
	actor, user, err := g.Authenticate(t.Context(), sets[1].AccessToken)
	if want := (authz.Actor{ClientID: "shop", Scope: "users:read"}); err != nil || actor != want || user.ID != 0 {
		t.Errorf("the other token: %v, and its actor differs (-want +got):\n%s", err, cmp.Diff(want, actor))
	}
	revoked := slices.DeleteFunc(g.audited(t, ""), func(kind string) bool { return kind != "token.revoked" })
	if len(revoked) != 1 {
		t.Errorf("audited %d times, want 1", len(revoked))
	}
}

func TestOnlyTheOwnerEndsASession(t *testing.T) {
	g := open(t)
	set, s := g.start(t)
	if done, err := g.End(t.Context(), "user:x", s.ID, g.ann.ID+1, "ended by owner"); err != nil || done {
		t.Errorf("ended by another person: %v, %v; want false", done, err)
	}
	if done, err := g.End(t.Context(), "user:x", "no such session", g.ann.ID, "ended by owner"); err != nil || done {
		t.Errorf("ended without such a session: %v, %v; want false", done, err)
	}
	_, other := g.start(t)
	if ended, err := g.EndAll(t.Context(), "user:x", g.ann.ID, other.ID, "password changed"); err != nil || !slices.Equal(ended.IDs(), []string{s.ID}) {
		t.Errorf("all but one: %v, %v; want %v", ended.IDs(), err, []string{s.ID})
	}
	g.dead(t, set)
	left, err := g.List(t.Context(), g.ann.ID)
	if err != nil || len(left) != 1 || left[0].ID != other.ID {
		t.Errorf("sessions left: %+v, %v; want only %s", left, err, other.ID)
	}
}
