package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/session"
	"gatehouse/internal/token"
	"gatehouse/store"
)

func TestRefreshReadsTheCurrentRole(t *testing.T) {
	g := open(t)
	first, s := g.start(t)
	g.advance(time.Minute)
	g.change(t, store.UserChange{Role: new(store.RoleStaff)})
	set, err := g.Refresh(t.Context(), g.shop, first.RefreshToken, apis.Asked{})
	if err != nil {
		t.Fatalf("refreshing the tokens: %v", err)
	}
	if set.Access.Role != store.RoleStaff || set.User.Role != store.RoleStaff {
		t.Errorf("role %s in the token and %s on record, want %s in both", set.Access.Role, set.User.Role, store.RoleStaff)
	}
	claims, err := g.Verifier.Refresh(t.Context(), set.RefreshToken)
	if err != nil {
		t.Fatalf("verifying the refresh token: %v", err)
	}
	if claims.Gen != 2 || claims.Role != store.RoleStaff || claims.SessionID != s.ID || claims.IssuedAt != g.clock().Unix() {
		t.Errorf("refresh token %+v, want generation 2 of session %s for a member of staff, issued now", claims, s.ID)
	}
	if set.AccessToken == first.AccessToken || set.Access.JTI == first.Access.JTI {
		t.Error("the access token is the old one, want a new one")
	}
}

func TestARefusedRefreshUsesNothingUp(t *testing.T) {
	g := open(t)
	first, _ := g.start(t)
	shrunk, stripped := g.shop, g.shop
	shrunk.Scope, stripped.Scope = "openid", "email"
	tests := []struct {
		name   string
		client store.Client
		raw    string
		scope  authz.Scope
		want   error
	}{
		{"another client", g.spa, first.RefreshToken, "", session.ErrInvalid},
		{"the built-in client", session.Accounts(store.RotationStrict), first.RefreshToken, "", session.ErrInvalid},
		{"an access token", g.shop, first.AccessToken, "", token.ErrWrongType},
		{"garbage", g.shop, "x.y.z", "", session.ErrInvalid},
		{"nothing", g.shop, "", "", session.ErrInvalid},
		{"more scope than granted", g.shop, first.RefreshToken, "openid users:read", oauth.InvalidScope},
		{"a scope that the client has lost", shrunk, first.RefreshToken, "openid account", oauth.InvalidScope},
		{"a client that has lost them all", stripped, first.RefreshToken, "", oauth.InvalidGrant},
	}
	for _, tt := range tests {
		if _, err := g.Refresh(t.Context(), tt.client, tt.raw, apis.Asked{Scope: string(tt.scope)}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if found, err := g.Inspect(t.Context(), g.shop, first.RefreshToken); err != nil || !found.Active {
		t.Errorf("after the refused refresh the token is %+v, %v; want it active", found, err)
	}
}

func TestNarrowingLastsForOneAccessToken(t *testing.T) {
	g := open(t)
	first, _ := g.start(t)
	narrow, err := g.Refresh(t.Context(), g.shop, first.RefreshToken, apis.Asked{Scope: "openid"})
	if err != nil || narrow.Access.Scope != "openid" {
		t.Fatalf(`scope %q, %v; want "openid"`, narrow.Access.Scope, err)
	}
	if next := g.mustRefresh(t, narrow.RefreshToken); next.Access.Scope != "openid account" {
		t.Errorf(`next scope %q, want "openid account"`, next.Access.Scope)
	}
}

func TestTheBuiltInClientsScopeFollowsTheRole(t *testing.T) {
	g := open(t)
	set, err := g.Begin(t.Context(), g.proof(), session.Accounts(store.RotationStrict), apis.Grant{Scope: authz.ForRole(g.ann.Role)}, apis.Asked{})
	if err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	for _, role := range []store.Role{store.RoleAdmin, store.RoleUser} {
		g.change(t, store.UserChange{Role: new(role)})
		set, err = g.Refresh(t.Context(), session.Accounts(store.RotationStrict), set.RefreshToken, apis.Asked{})
		if err != nil || set.Access.Scope != authz.ForRole(role) {
			t.Errorf("%s: scope %q, %v; want %q", role, set.Access.Scope, err, authz.ForRole(role))
		}
	}
}

func TestASessionEndsHoweverBusyItIs(t *testing.T) {
	g := open(t)
	set, s := g.start(t)
	for range 6 {
		g.advance(13 * 24 * time.Hour)
		set = g.mustRefresh(t, set.RefreshToken)
	}
	claims, err := g.Verifier.Refresh(t.Context(), set.RefreshToken)
	if err != nil || !time.Unix(claims.Expires, 0).Equal(s.ExpiresAt) {
		t.Errorf("refresh token until %v, session until %v: %v", time.Unix(claims.Expires, 0), s.ExpiresAt, err)
	}
	g.advance(s.ExpiresAt.Sub(g.clock()))
	g.dead(t, set)
}

func TestAClientsOwnLifetimes(t *testing.T) {
	g := open(t)
	g.shop.AccessTokenLifetime, g.shop.RefreshTokenIdle, g.shop.RefreshTokenLifetime = time.Minute, time.Hour, 90*time.Minute
	set, s := g.start(t)
	if set.ExpiresIn != time.Minute || s.Rotation.ExpiresAt.Sub(s.Rotation.IssuedAt) != time.Hour || s.ExpiresAt.Sub(s.Rotation.IssuedAt) != 90*time.Minute {
		t.Errorf("access for %v, rotation %+v, session until %v, want a minute, an hour and 90 minutes", set.ExpiresIn, s.Rotation, s.ExpiresAt)
	}
	g.advance(45 * time.Minute)
	set = g.mustRefresh(t, set.RefreshToken)
	if set.ExpiresIn != time.Minute {
		t.Errorf("refreshed access token lives %v, want %v", set.ExpiresIn, time.Minute)
	}
	claims, err := g.Verifier.Refresh(t.Context(), set.RefreshToken)
	if err != nil || !time.Unix(claims.Expires, 0).Equal(s.ExpiresAt) {
		t.Errorf("refreshed until %v, %v; want the session's end %v", time.Unix(claims.Expires, 0), err, s.ExpiresAt)
	}
}

func TestTheRecordGetsRotationsAtIntervals(t *testing.T) {
	g := open(t)
	touches := &touched{DB: g.db, at: g.clock()}
	g.DB, g.TouchEvery = touches, time.Minute
	set, _ := g.start(t)
	for range 7 {
		g.advance(20 * time.Second)
		set = g.mustRefresh(t, set.RefreshToken)
	}
	if touches.n != 2 {
		t.Errorf("%d touches in 140 s, want 2", touches.n)
	}
	touches.err = store.ErrUnavailable
	g.advance(2 * time.Minute)
	if _, err := g.refresh(t, set.RefreshToken); err != nil {
		t.Errorf("a failed touch refused the refresh: %v", err)
	}
}

// touched is a record that gets rotations only through TouchSessions, as it does if Redis
// holds them.
type touched struct {
	store.DB
	n   int
	at  time.Time
	err error
}

func (d *touched) SessionWithUser(ctx context.Context, id string) (store.Session, store.User, error) {
	s, u, err := d.DB.SessionWithUser(ctx, id)
	s.LastUsedAt = d.at
	return s, u, err
}

func (d *touched) TouchSessions(ctx context.Context, touches ...store.SessionTouch) error {
	d.n++
	d.at = touches[0].At
	return errors.Join(d.err, d.DB.TouchSessions(ctx, touches...))
}
