package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

func TestStartRecordsTheSignIn(t *testing.T) {
	g := open(t)
	proof := g.proof()
	proof.NewHash = "$argon2id$second"
	set, err := g.Begin(t.Context(), proof, g.shop, apis.Grant{Scope: "openid account"}, apis.Asked{})
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
	want := authz.Actor{UserID: g.ann.ID, Sub: g.ann.Sub, Role: store.RoleUser, ClientID: "shop", SessionID: s.ID, SignedInAt: time.Unix(s.SignIn.At.Unix(), 0), ACR: s.SignIn.ACR, Scope: "openid account"}
	if diff := cmp.Diff(want, actor); err != nil || diff != "" {
		t.Errorf("authenticating: %v, and the actor differs (-want +got):\n%s", err, cmp.Diff(want, actor))
	}
}

func TestStartLosesAgainstAChangeOfTheUser(t *testing.T) {
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
			_, err := g.Begin(t.Context(), proof, g.shop, apis.Grant{}, apis.Asked{})
			if !errors.Is(err, signin.ErrCredentialsChanged) {
				t.Errorf("beginning a session: err = %v, want ErrCredentialsChanged", err)
			}
			if left, _ := g.List(t.Context(), g.ann.ID); len(left) != 0 {
				t.Errorf("%d sessions were left behind, want none", len(left))
			}
		})
	}
}

// The tokens of a session describe its sign-in, whether it began with a proof or a grant.
func TestTokensDescribeTheSignIn(t *testing.T) {
	g := open(t)
	// A sign-in of an hour ago, with a level and methods that no constructor of ours makes.
	other := store.SignIn{At: g.clock().Add(-time.Hour), ACR: "urn:example:2", AMR: []string{"pwd", "otp"}}
	begins := map[string]struct {
		begin  func() (session.Set, error)
		signIn store.SignIn
		openID bool
	}{
		"a proof": {func() (session.Set, error) {
			return g.Begin(t.Context(), g.proof(), g.shop, apis.Grant{Scope: "openid account"}, apis.Asked{})
		}, g.proof().SignIn, false},
		"a grant": {func() (session.Set, error) {
			return g.Redeem(t.Context(), g.shop, session.Grant{
				SessionID: "S", UserID: g.ann.ID, BrowserID: "B", SignIn: other, Granted: apis.Grant{Scope: "openid account"}, Nonce: "n", Method: signin.ByCode,
				Use: func(store.Tx) error { return nil },
			}, apis.Asked{})
		}, other, true},
	}
	for name, c := range begins {
		set, err := c.begin()
		if err != nil {
			t.Fatalf("beginning a session with %s: %v", name, err)
		}
		for range 2 {
			if diff := cmp.Diff(c.signIn, set.Session.SignIn); diff != "" {
				t.Errorf("%s: the session's sign-in (-want +got):\n%s", name, diff)
			}
			access := set.Access
			if got := (store.SignIn{At: time.Unix(access.AuthTime, 0), ACR: access.ACR, AMR: access.AMR}); !cmp.Equal(got, inSeconds(c.signIn)) {
				t.Errorf("%s: the access token says %+v, want %+v", name, got, inSeconds(c.signIn))
			}
			if got := set.IDToken != ""; got != c.openID {
				t.Errorf("%s: an ID token: %t, want %t", name, got, c.openID)
			}
			if set, err = g.Refresh(t.Context(), g.shop, set.RefreshToken, apis.Asked{}); err != nil {
				t.Fatalf("%s: refreshing: %v", name, err)
			}
		}
	}
}

// inSeconds returns a sign-in with the precision of tokens (NumericDate, RFC 7519 §2).
func inSeconds(s store.SignIn) store.SignIn {
	s.At = time.Unix(s.At.Unix(), 0)
	return s
}

// A grant is redeemed for the user as they are now.
func TestAGrantIsRedeemedForTheCurrentUser(t *testing.T) {
	spent := errors.New("spent")
	for name, c := range map[string]struct {
		change func(*testing.T, *rig)
		use    error
		want   error
	}{
		"nothing happened": {func(*testing.T, *rig) {}, nil, nil},
		"another password": {func(t *testing.T, g *rig) { g.change(t, store.UserChange{PasswordHash: new("$argon2id$other")}) }, nil, nil},
		"deactivated":      {func(t *testing.T, g *rig) { g.change(t, store.UserChange{Active: new(false)}) }, nil, signin.ErrCredentialsChanged},
		"deleted":          {func(t *testing.T, g *rig) { g.delete(t) }, nil, signin.ErrCredentialsChanged},
		"used before":      {func(*testing.T, *rig) {}, spent, spent},
	} {
		g := open(t)
		c.change(t, g)
		set, err := g.Redeem(t.Context(), g.shop, session.Grant{
			SessionID: "S", UserID: g.ann.ID, SignIn: g.proof().SignIn, Granted: apis.Grant{Scope: "openid"}, Method: signin.ByCode,
			Use: func(store.Tx) error { return c.use },
		}, apis.Asked{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: err = %v, want %v", name, err, c.want)
		}
		left, _ := g.List(t.Context(), g.ann.ID)
		if begun := c.want == nil; (len(left) == 1) != begun || (set.Session.ID == "S") != begun {
			t.Errorf("%s: %d sessions on record, set = %+v, want a session: %t", name, len(left), set, begun)
		}
		if begun := c.want == nil; begun && !set.User.LastLoginAt.IsZero() {
			t.Errorf("%s: last login at %s, want none: the user signed in before", name, set.User.LastLoginAt)
		}
	}
}
