package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/session"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/token"
	"gatehouse/store"
)

func TestWhyATokenIsNoLongerValid(t *testing.T) {
	testkit.Long(t)
	tests := []struct {
		name   string
		happen func(*testing.T, *rig, store.Session)
		want   error
	}{
		{"the person is inactive", func(t *testing.T, g *rig, _ store.Session) {
			g.change(t, store.UserChange{Active: new(false)})
		}, session.ErrUserInactive},
		{"the person is deleted", func(t *testing.T, g *rig, _ store.Session) { g.delete(t) }, session.ErrUserGone},
		{"the session has ended", func(t *testing.T, g *rig, s store.Session) {
			if done, err := g.End(t.Context(), "cli", s.ID, g.ann.ID, "logout"); err != nil || !done {
				t.Fatalf("ending the session: %t, %v; want true", done, err)
			}
		}, session.ErrEnded},
		{"all sessions have ended", func(t *testing.T, g *rig, s store.Session) {
			if ended, err := g.EndAll(t.Context(), "cli", g.ann.ID, "", "logout"); err != nil || !slices.Equal(ended.IDs(), []string{s.ID}) {
				t.Fatalf("ending all sessions: %v, %v; want %v", ended.IDs(), err, []string{s.ID})
			}
		}, session.ErrEnded},
		{"the tokens have expired", func(_ *testing.T, g *rig, _ store.Session) {
			g.advance(14 * 24 * time.Hour)
		}, token.ErrExpired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := open(t)
			set, s := g.start(t)
			tt.happen(t, g, s)
			if _, err := g.refresh(t, set.RefreshToken); !errors.Is(err, tt.want) || !errors.Is(err, session.ErrInvalid) {
				t.Errorf("refresh: %v, want %v", err, tt.want)
			}
			if _, _, err := g.Authenticate(t.Context(), set.AccessToken); !errors.Is(err, tt.want) || !errors.Is(err, session.ErrInvalid) {
				t.Errorf("authenticate: %v, want %v", err, tt.want)
			}
			g.dead(t, set)
		})
	}
}

func TestADeletedClientsTokensAreVoid(t *testing.T) {
	tests := map[string]func(store.Tx) error{
		"disabled": func(tx store.Tx) error {
			c, err := tx.LockClient("shop")
			c.Disabled = true
			return errors.Join(err, tx.PutClient(c))
		},
		"erased": func(tx store.Tx) error { return tx.DeleteClient("shop", time.Now()) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			g := open(t)
			set, _ := g.start(t)
			g.write(t, change)
			g.advance(time.Second)
			if _, _, err := g.Authenticate(t.Context(), set.AccessToken); !errors.Is(err, session.ErrInvalid) {
				t.Errorf("authenticate: err = %v, want ErrInvalid", err)
			}
			if found, err := g.Inspect(t.Context(), g.shop, set.AccessToken); err != nil || found.Active {
				t.Errorf("introspecting the access token: %+v, %v; want it inactive", found, err)
			}
		})
	}
}

// A token that a client got for itself has no session that could end with the client.
func TestAClientWithAReusedIDHasNoOldTokens(t *testing.T) {
	g := open(t)
	minter := g.Minter.(*token.Minter)
	first, err := minter.Mint(t.Context(), token.Grant{ClientID: "shop", Scope: "users:read", Life: time.Hour})
	if err != nil {
		t.Fatalf("minting a token for the client: %v", err)
	}
	g.advance(2 * time.Minute)
	g.write(t, func(tx store.Tx) error {
		err := tx.DeleteClient("shop", g.clock())
		again := g.shop
		again.CreatedAt = g.clock()
		return errors.Join(err, tx.CreateClient(again))
	})
	second, err := minter.Mint(t.Context(), token.Grant{ClientID: "shop", Scope: "users:read", Life: time.Hour})
	if err != nil {
		t.Fatalf("minting a token for the client: %v", err)
	}
	for raw, want := range map[string]bool{first.AccessToken: false, second.AccessToken: true} {
		if found, err := g.Inspect(t.Context(), g.spa, raw); err != nil || found.Active != want {
			t.Errorf("inspect: %+v, %v; want active %v", found, err, want)
		}
	}
}

func TestAFaultOfOursIsNotARefusal(t *testing.T) {
	g := open(t)
	set, _ := g.start(t)
	if err := g.db.Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	asked := map[string]error{}
	_, asked["refresh"] = g.refresh(t, set.RefreshToken)
	_, _, asked["authenticate"] = g.Authenticate(t.Context(), set.AccessToken)
	_, asked["inspect access"] = g.Inspect(t.Context(), g.shop, set.AccessToken)
	_, asked["inspect refresh"] = g.Inspect(t.Context(), g.shop, set.RefreshToken)
	asked["revoke"] = g.Revoke(t.Context(), "shop", set.RefreshToken)
	for what, err := range asked {
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, session.ErrInvalid) {
			t.Errorf("%s: err = %v, want ErrUnavailable and not ErrInvalid", what, err)
		}
	}
}

func TestInspect(t *testing.T) {
	g := open(t)
	set, s := g.start(t)
	access, err := g.Inspect(t.Context(), store.Client{ID: "resource"}, set.AccessToken)
	want := session.Inspection{
		Active: true, Scope: "openid account", TokenType: "Bearer", ClientID: "shop", Username: "ann", Subject: g.ann.Sub,
		Issuer: issuer, Audience: issuer, Expires: set.Access.Expires, IssuedAt: set.Access.IssuedAt,
		JTI: set.Access.JTI, Role: store.RoleUser, SessionID: s.ID, AuthTime: s.SignIn.At.Unix(), ACR: s.SignIn.ACR, AMR: s.SignIn.AMR,
	}
	if err != nil || !cmp.Equal(access, want) {
		t.Errorf("access token: %v, and it differs (-want +got):\n%s", err, cmp.Diff(want, access))
	}
	refresh, err := g.Inspect(t.Context(), g.shop, set.RefreshToken)
	if err != nil || !refresh.Active || refresh.TokenType != "" || refresh.JTI != s.Rotation.JTI || refresh.Expires != s.Rotation.ExpiresAt.Unix() {
		t.Errorf("refresh token: %+v, %v; want it active, with the JTI and expiry of its rotation", refresh, err)
	}
	stranger, err := g.Inspect(t.Context(), store.Client{ID: "resource"}, set.RefreshToken)
	if err != nil || !cmp.Equal(stranger, session.Inspection{}) {
		t.Errorf("another's refresh token: %v, and it differs (-want +got):\n%s", err, cmp.Diff(session.Inspection{}, stranger))
	}
	next := g.mustRefresh(t, set.RefreshToken)
	if used, err := g.Inspect(t.Context(), g.shop, set.RefreshToken); err != nil || used.Active {
		t.Errorf("a used refresh token: %+v, %v; want it inactive", used, err)
	}
	if current, err := g.Inspect(t.Context(), g.shop, next.RefreshToken); err != nil || !current.Active {
		t.Errorf("the current refresh token: %+v, %v; want it active", current, err)
	}
	g.advance(5 * time.Minute)
	if old, err := g.Inspect(t.Context(), g.shop, set.AccessToken); err != nil || !cmp.Equal(old, session.Inspection{}) {
		t.Errorf("an expired access token: %v, and it differs (-want +got):\n%s", err, cmp.Diff(session.Inspection{}, old))
	}
}
