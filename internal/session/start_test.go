package session_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

func TestStartRecordsTheSignIn(t *testing.T) {
	g := open(t)
	proof := g.proof()
	proof.NewHash = "$argon2id$second"
	set, err := g.Begin(t.Context(), proof, g.shop, "openid account")
	if err != nil {
		t.Fatalf("beginning a session: %v", err)
	}
	s := set.Session
	kept, user, err := g.db.SessionWithUser(t.Context(), s.ID)
	if err != nil {
		t.Fatalf("looking up the session: %v", err)
	}
	if kept.ClientID != "shop" || kept.Scope != "openid account" || kept.Rotation != s.Rotation || !kept.ExpiresAt.Equal(s.ExpiresAt) {
		t.Errorf("the session on record differs from the one returned (-want +got):\n%s", cmp.Diff(s, kept))
	}
	if !user.LastLoginAt.Equal(s.CreatedAt) || user.PasswordHash != "$argon2id$second" {
		t.Errorf(`the user's last login is %v and hash %q, want %v and "$argon2id$second"`, user.LastLoginAt, user.PasswordHash, s.CreatedAt)
	}
	if got := g.audited(t, s.ID); !slices.Equal(got, []string{"signin.ok"}) {
		t.Errorf("audited %v, want %v", got, []string{"signin.ok"})
	}
	actor, _, err := g.Authenticate(t.Context(), set.AccessToken)
	want := authz.Actor{UserID: g.ann.ID, Sub: g.ann.Sub, Role: store.RoleUser, ClientID: "shop", SessionID: s.ID, Scope: "openid account"}
	if err != nil || actor != want {
		t.Errorf("authenticating: %v, and the actor differs (-want +got):\n%s", err, cmp.Diff(want, actor))
	}
}

func TestStartLosesAgainstAChangeOfThePerson(t *testing.T) {
	tests := map[string]func(*testing.T, *rig){
		"deactivated":      func(t *testing.T, g *rig) { g.change(t, store.UserChange{Active: new(false)}) },
		"another password": func(t *testing.T, g *rig) { g.change(t, store.UserChange{PasswordHash: new("$argon2id$other")}) },
		"deleted":          func(t *testing.T, g *rig) { g.delete(t) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			g := open(t)
			change(t, g)
			proof := g.proof()
			proof.NewHash = "$argon2id$second"
			_, err := g.Begin(t.Context(), proof, g.shop, "")
			if !errors.Is(err, signin.ErrCredentialsChanged) {
				t.Errorf("beginning a session: err = %v, want ErrCredentialsChanged", err)
			}
			if left, _ := g.List(t.Context(), g.ann.ID); len(left) != 0 {
				t.Errorf("%d sessions were left behind, want none", len(left))
			}
		})
	}
}
