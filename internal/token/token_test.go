package token_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

func (m *rows) RewrapKeys(context.Context, []store.SigningKey, []store.DataKey, store.AuditEvent) error {
	return nil
}

func (m *rows) DataKeys(context.Context) ([]store.DataKey, error) { return nil, nil }

func (m *rows) AddDataKey(context.Context, store.DataKey) error { return nil }

func (m *rows) DeleteSigningKey(context.Context, string) error { return nil }

// A rig is a minter and a verifier on a real key ring, with one clock for all three.
type rig struct {
	testing.TB
	ring     *keys.Ring
	minter   *token.Minter
	verifier *token.Verifier
	now      time.Time
	passing  sync.Mutex // the ring reads the clock, too
}

// passes lets time pass.
func (g *rig) passes(d time.Duration) {
	g.passing.Lock()
	defer g.passing.Unlock()
	g.now = g.now.Add(d)
}

func (g *rig) clock() time.Time {
	g.passing.Lock()
	defer g.passing.Unlock()
	return g.now
}

func start(t testing.TB) *rig {
	t.Helper()
	g := &rig{TB: t, now: time.Date(2026, 3, 4, 5, 6, 7, 890e6, time.UTC)}
	now := g.clock
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

// grant returns the grant of a session at its third rotation.
func (g *rig) grant() token.Grant {
	kid, err := g.ring.SigningKeyID(g.Context())
	if err != nil {
		g.Fatalf("asking for the signing key: %v", err)
	}
	s := store.Session{
		ID: "SESSION", UserID: 7, ClientID: "shop", Scope: "openid account",
		SignIn:    store.SignIn{At: g.now.Add(-time.Hour), ACR: "urn:example:2", AMR: []string{"pwd", "otp"}},
		CreatedAt: g.now.Add(-time.Hour), ExpiresAt: g.now.Add(90 * 24 * time.Hour),
	}
	u := store.User{ID: 7, Sub: "0b0e2a0c-6a0f-4f0c-9a54-2f4d5c8f2a11", Role: store.RoleStaff, Active: true}
	r := store.Rotation{
		Gen: 3, JTI: "JTI", IssuedAt: g.now.Truncate(time.Second), ExpiresAt: g.now.Add(14 * 24 * time.Hour).Truncate(time.Second),
		Role: store.RoleUser, KeyID: kid,
	}
	return token.Grant{ClientID: "shop", Scope: "openid", Life: life, Session: s, Rotation: r, User: u}
}

func (g *rig) mint(grant token.Grant) token.Set {
	g.Helper()
	set, err := g.minter.Mint(g.Context(), grant)
	if err != nil {
		g.Fatalf("minting tokens: %v", err)
	}
	return set
}

func TestTokensOfASession(t *testing.T) {
	g := start(t)
	grant := g.grant()
	s, u, r := grant.Session, grant.User, grant.Rotation
	set := g.mint(grant)

	access, err := g.verifier.Access(t.Context(), set.AccessToken)
	if err != nil {
		t.Fatalf("verifying the access token: %v", err)
	}
	want := token.Access{
		Issuer: issuer, Subject: u.Sub, Audience: audience, ClientID: "shop",
		IssuedAt: g.now.Unix(), Expires: g.now.Unix() + 300, JTI: access.JTI, Scope: "openid",
		Role: store.RoleStaff, SessionID: "SESSION", AuthTime: s.SignIn.At.Unix(),
		ACR: "urn:example:2", AMR: []string{"pwd", "otp"},
	}
	if diff := cmp.Diff(want, access); diff != "" {
		t.Errorf("access token (- want, + got):\n%s", diff)
	}
	if diff := cmp.Diff(want, set.Access); diff != "" {
		t.Errorf("access token in the set (- want, + got):\n%s", diff)
	}
	if len(access.JTI) != 26 || set.ExpiresIn != life {
		t.Errorf("jti = %q for %s, want 26 characters for %s", access.JTI, set.ExpiresIn, life)
	}
	refresh, err := g.verifier.Refresh(t.Context(), set.RefreshToken)
	if err != nil {
		t.Fatalf("verifying the refresh token: %v", err)
	}
	wantRefresh := token.Refresh{
		Issuer: issuer, Subject: u.Sub, Audience: issuer, ClientID: "shop", // the zero session is one of the first releases
		IssuedAt: r.IssuedAt.Unix(), Expires: r.ExpiresAt.Unix(), JTI: "JTI", Scope: "openid account",
		Role: store.RoleUser, SessionID: "SESSION", Gen: 3,
	}
	if refresh != wantRefresh {
		t.Errorf("the refresh token differs (-want +got):\n%s", cmp.Diff(wantRefresh, refresh))
	}
}

func TestARefreshTokenIsMadeAgainByteForByte(t *testing.T) {
	g := start(t)
	grant := g.grant()
	first := g.mint(grant)

	// The time, the role and the key in force may have changed since.
	if _, err := g.ring.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	g.passes(61 * time.Minute)
	grant.User.Role = store.RoleAdmin
	again := g.mint(grant)
	if again.RefreshToken != first.RefreshToken {
		t.Errorf("the refresh token made again:\n%s\nwant\n%s", again.RefreshToken, first.RefreshToken)
	}
	if again.Access.Role != store.RoleAdmin {
		t.Errorf("role %q in the access token, want the current one", again.Access.Role)
	}

	if err := g.ring.Retire(t.Context(), grant.Rotation.KeyID, "cli"); err != nil {
		t.Fatalf("retiring the key: %v", err)
	}
	under := g.mint(grant)
	if under.RefreshToken == first.RefreshToken {
		t.Error("the token is signed with a retired key, want another key")
	}
	if got, err := g.verifier.Refresh(t.Context(), under.RefreshToken); err != nil || got.JTI != "JTI" {
		t.Errorf(`the refresh token holds %+v, %v; want the JTI "JTI"`, got, err)
	}
}

func TestAccessTokensOfOneSecondDiffer(t *testing.T) {
	g := start(t)
	grant := g.grant()
	if a, b := g.mint(grant), g.mint(grant); a.AccessToken == b.AccessToken || a.Access.JTI == b.Access.JTI {
		t.Error("two access tokens are the same, want two different ones")
	}
}

func TestNoAccessTokenOutlivesItsSession(t *testing.T) {
	g := start(t)
	grant := g.grant()
	grant.Session.ExpiresAt = g.now.Add(time.Minute)
	if set := g.mint(grant); set.Access.Expires != g.now.Add(time.Minute).Unix() || set.ExpiresIn != time.Minute {
		t.Errorf("expires %d, in %s, want %d and %s", set.Access.Expires, set.ExpiresIn, grant.Session.ExpiresAt.Unix(), time.Minute)
	}
	grant.Session.ExpiresAt = g.now
	if _, err := g.minter.Mint(t.Context(), grant); !errors.Is(err, token.ErrExpired) {
		t.Errorf("minting for a session that ends now: err = %v, want ErrExpired", err)
	}
}

func TestTheTokenOfAClient(t *testing.T) {
	g := start(t)
	set := g.mint(token.Grant{ClientID: "robot", Scope: "users:read", Life: life})
	got, err := g.verifier.Access(t.Context(), set.AccessToken)
	want := token.Access{
		Issuer: issuer, Subject: "robot", Audience: audience, ClientID: "robot",
		IssuedAt: g.now.Unix(), Expires: g.now.Unix() + 300, JTI: got.JTI, Scope: "users:read",
	}
	if err != nil {
		t.Fatalf("verifying the access token: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("access token (- want, + got):\n%s", diff)
	}
	if set.RefreshToken != "" || set.IDToken != "" || set.ExpiresIn != life {
		t.Errorf("refresh token %q and ID token %q for %s, want none, and %s", set.RefreshToken, set.IDToken, set.ExpiresIn, life)
	}
	none := g.mint(token.Grant{ClientID: "robot", Life: life})
	if _, err := g.verifier.Access(t.Context(), none.AccessToken); err != nil {
		t.Errorf("verifying a token without scope: %v", err)
	}
}

// A user's grant that lost its session must not become a token of the client, which
// other rights go with.
func TestAUserNeedsASession(t *testing.T) {
	g := start(t)
	grant := g.grant()
	grant.Session = store.Session{}
	set, err := g.minter.Mint(t.Context(), grant)
	if err == nil || errors.Is(err, token.ErrInvalid) || !reflect.DeepEqual(set, token.Set{}) {
		t.Errorf("minting for a user without a session: set = %+v, err = %v, want the zero Set and an error that is not ErrInvalid", set, err)
	}
}

func TestASetIsCompleteOrEmpty(t *testing.T) {
	g := start(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	set, err := g.minter.Mint(ended, g.grant())
	if err == nil || !reflect.DeepEqual(set, token.Set{}) {
		t.Errorf("set = %+v, err = %v, want the zero Set and an error", set, err)
	}
}
