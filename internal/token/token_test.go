package token_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
)

const (
	issuer   = "https://id.example"
	audience = "https://api.example"
	life     = 5 * time.Minute
)

// rows keeps signing keys in memory.
type rows struct {
	mu   sync.Mutex
	keys []store.SigningKey
}

func (m *rows) SigningKeys(context.Context) ([]store.SigningKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]store.SigningKey(nil), m.keys...), nil
}

func (m *rows) AddSigningKey(_ context.Context, k store.SigningKey, _ store.AuditEvent) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = append(m.keys, k)
	return nil
}

func (m *rows) RetireSigningKey(_ context.Context, id string, at time.Time, _ store.AuditEvent) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.keys {
		if m.keys[i].ID == id {
			m.keys[i].RetiredAt = at
		}
	}
	return nil
}

func (m *rows) RewrapSigningKeys(context.Context, []store.SigningKey, store.AuditEvent) error {
	return nil
}

func (m *rows) DeleteSigningKey(context.Context, string) error { return nil }

// A rig is a minter and a verifier on a real ring, and the clock of all three.
type rig struct {
	testing.TB
	ring     *keys.Ring
	minter   *token.Minter
	verifier *token.Verifier
	now      time.Time
}

func start(t testing.TB) *rig {
	t.Helper()
	g := &rig{TB: t, now: time.Date(2026, 3, 4, 5, 6, 7, 890e6, time.UTC)}
	now := func() time.Time { return g.now }
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: &rows{}, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: now,
		RotateEvery: 24 * time.Hour, PublishLead: time.Hour, VerifyFor: 15 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(ring.Close)
	g.ring = ring
	g.minter = &token.Minter{Keys: ring, Issuer: issuer, Audience: audience, Now: now}
	g.verifier = &token.Verifier{Keys: ring, Issuer: issuer, Audience: audience, Now: now}
	if _, err := ring.SigningKeyID(t.Context()); err != nil { // the first key is there
		t.Fatalf("asking for the signing key: %v", err)
	}
	return g
}

// state is a session at its third rotation.
func (g *rig) state() (store.Session, store.User, store.Rotation) {
	kid, err := g.ring.SigningKeyID(g.Context())
	if err != nil {
		g.Fatalf("asking for the signing key: %v", err)
	}
	s := store.Session{
		ID: "SESSION", UserID: 7, ClientID: "shop", Scope: "openid account",
		AuthTime: g.now.Add(-time.Hour), CreatedAt: g.now.Add(-time.Hour), ExpiresAt: g.now.Add(90 * 24 * time.Hour),
	}
	u := store.User{ID: 7, Sub: "0b0e2a0c-6a0f-4f0c-9a54-2f4d5c8f2a11", Role: store.RoleStaff, Active: true}
	r := store.Rotation{
		Gen: 3, JTI: "JTI", IssuedAt: g.now.Truncate(time.Second), ExpiresAt: g.now.Add(14 * 24 * time.Hour).Truncate(time.Second),
		Role: store.RoleUser, KeyID: kid,
	}
	return s, u, r
}

func (g *rig) mint(s store.Session, u store.User, r store.Rotation) token.Set {
	g.Helper()
	set, err := g.minter.ForSession(g.Context(), s, u, r, "openid", life)
	if err != nil {
		g.Fatalf("minting tokens for the session: %v", err)
	}
	return set
}

func TestTokensOfASession(t *testing.T) {
	g := start(t)
	s, u, r := g.state()
	set := g.mint(s, u, r)

	access, err := g.verifier.Access(t.Context(), set.AccessToken)
	if err != nil {
		t.Fatalf("verifying the access token: %v", err)
	}
	want := token.Access{
		Issuer: issuer, Subject: u.Sub, Audience: audience, ClientID: "shop",
		IssuedAt: g.now.Unix(), Expires: g.now.Unix() + 300, JTI: access.JTI, Scope: "openid",
		Role: store.RoleStaff, SessionID: "SESSION", AuthTime: s.AuthTime.Unix(),
	}
	if access != want || set.Access != want || len(access.JTI) != 26 || set.ExpiresIn != life {
		t.Errorf("an access token for %s, want %s; it differs (-want +got):\n%s\nin the set:\n%s", set.ExpiresIn, life, cmp.Diff(want, access), cmp.Diff(want, set.Access))
	}
	refresh, err := g.verifier.Refresh(t.Context(), set.RefreshToken)
	if err != nil {
		t.Fatalf("verifying the refresh token: %v", err)
	}
	wantRefresh := token.Refresh{
		Issuer: issuer, Subject: u.Sub, Audience: issuer, ClientID: "shop",
		IssuedAt: r.IssuedAt.Unix(), Expires: r.ExpiresAt.Unix(), JTI: "JTI", Scope: "openid account",
		Role: store.RoleUser, SessionID: "SESSION", Gen: 3,
	}
	if refresh != wantRefresh {
		t.Errorf("the refresh token differs (-want +got):\n%s", cmp.Diff(wantRefresh, refresh))
	}
}

func TestARefreshTokenIsMadeAgainByteForByte(t *testing.T) {
	g := start(t)
	s, u, r := g.state()
	first := g.mint(s, u, r)

	// What may have changed meanwhile: the time, the role, the key in force.
	if _, err := g.ring.Rotate(t.Context(), "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	g.now = g.now.Add(61 * time.Minute)
	u.Role = store.RoleAdmin
	again := g.mint(s, u, r)
	if again.RefreshToken != first.RefreshToken {
		t.Errorf("the refresh token made again:\n%s\nwant\n%s", again.RefreshToken, first.RefreshToken)
	}
	if again.Access.Role != store.RoleAdmin {
		t.Errorf("role %q in the access token, want today's", again.Access.Role)
	}

	if err := g.ring.Retire(t.Context(), r.KeyID, "cli"); err != nil {
		t.Fatalf("retiring the key: %v", err)
	}
	under := g.mint(s, u, r)
	if under.RefreshToken == first.RefreshToken {
		t.Error("the token is signed with a retired key, want another key")
	}
	if got, err := g.verifier.Refresh(t.Context(), under.RefreshToken); err != nil || got.JTI != "JTI" {
		t.Errorf(`the refresh token holds %+v, %v; want the JTI "JTI"`, got, err)
	}
}

func TestAccessTokensOfOneSecondDiffer(t *testing.T) {
	g := start(t)
	s, u, r := g.state()
	if a, b := g.mint(s, u, r), g.mint(s, u, r); a.AccessToken == b.AccessToken || a.Access.JTI == b.Access.JTI {
		t.Error("two access tokens are the same, want two different ones")
	}
}

func TestNoAccessTokenOutlivesItsSession(t *testing.T) {
	g := start(t)
	s, u, r := g.state()
	s.ExpiresAt = g.now.Add(time.Minute)
	if set := g.mint(s, u, r); set.Access.Expires != s.ExpiresAt.Unix() || set.ExpiresIn != time.Minute {
		t.Errorf("expires %d, in %s, want %d and %s", set.Access.Expires, set.ExpiresIn, s.ExpiresAt.Unix(), time.Minute)
	}
	s.ExpiresAt = g.now
	if _, err := g.minter.ForSession(t.Context(), s, u, r, "openid", life); !errors.Is(err, token.ErrExpired) {
		t.Errorf("minting tokens for the session: err = %v, want ErrExpired", err)
	}
}

func TestTheTokenOfAClient(t *testing.T) {
	g := start(t)
	set, err := g.minter.ForClient(t.Context(), store.Client{ID: "robot"}, "users:read", life)
	if err != nil {
		t.Fatalf("minting a token for the client: %v", err)
	}
	got, err := g.verifier.Access(t.Context(), set.AccessToken)
	want := token.Access{
		Issuer: issuer, Subject: "robot", Audience: audience, ClientID: "robot",
		IssuedAt: g.now.Unix(), Expires: g.now.Unix() + 300, JTI: got.JTI, Scope: "users:read",
	}
	if err != nil || got != want || set.RefreshToken != "" || set.ExpiresIn != life {
		t.Errorf("a token for %s with the refresh token %q, %v; want %s and no refresh token; it differs (-want +got):\n%s", set.ExpiresIn, set.RefreshToken, err, life, cmp.Diff(want, got))
	}
	if none, err := g.minter.ForClient(t.Context(), store.Client{ID: "robot"}, authz.Scope(""), life); err != nil {
		t.Errorf("minting a token for the client: %v", err)
	} else if _, err := g.verifier.Access(t.Context(), none.AccessToken); err != nil {
		t.Errorf("without scope: %v", err)
	}
}

func TestASetIsWholeOrNothing(t *testing.T) {
	g := start(t)
	s, u, r := g.state()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	set, err := g.minter.ForSession(ended, s, u, r, "openid", life)
	if err == nil || set != (token.Set{}) {
		t.Errorf("set %+v, err = %v, want an empty set and an error", set, err)
	}
}
