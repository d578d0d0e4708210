package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

func clients() []promise {
	return []promise{
		{"an app comes back as it was", "CreateClient ClientByID LockClient", clientRoundTrip},
		{"an ID is found as a name in any case", "ClientNamed", clientNamed},
		{"an ID is compared byte for byte", "ClientByID LockClient", clientBytes},
		{"an ID is given once", "CreateClient", clientConflict},
		{"replacing writes every field", "PutClient", clientReplaced},
		{"listed in order of ID", "ListClients CountClients", clientList},
		{"deleting also deletes what belongs to the app", "DeleteClient", clientDeletedWithAll},
	}
}

// newClient returns a confidential client with every field filled.
func newClient(id string) store.Client {
	return store.Client{
		ID: id, Name: "Shöp ✓", AuthMethod: "client_secret_basic", FirstParty: true, Disabled: true, Origin: store.OriginDocument,
		AuthMethodPinned: true, RequirePAR: true, RequirePKCE: true, RequireSignedRequestObject: true,
		GrantTypes: []string{"refresh_token", "password"}, Scope: "openid users:read",
		RedirectURIs:           []string{"https://a.example/cb?x=[1]&y=\"é\"", "com.example:/back\\"},
		PostLogoutRedirectURIs: []string{"https://a.example/bye"},
		BackchannelLogoutURI:   "https://a.example/out?é=1", BackchannelSession: true,
		JWKS: `{"keys":[{"kty":"EC","kid":"é"}]}`, JWKSURI: "https://a.example/jwks", AssertionAudience: "issuer",
		Secrets: []store.ClientSecret{
			{Digest: store.DigestOf("one"), CreatedAt: odd(), ExpiresAt: odd().Add(time.Hour)},
			{Digest: store.DigestOf("two"), CreatedAt: odd().Add(time.Millisecond)},
		},
		Registration: store.Registration{Token: store.DigestOf("registration"), ApplicationType: "native", From: "2001:db8::/48"},
		AskSince:     odd().Add(time.Hour),
		Rotation:     "adopted", IDTokenClaims: []string{"groups", "email"},
		IDTokenSigning:      store.SigningChoice{Alg: store.Ed25519, Before: store.ES256, From: odd()},
		RefreshSigning:      store.SigningChoice{Alg: store.Ed25519, Before: store.RS256, From: odd().Add(time.Hour)},
		AccessTokenLifetime: 61 * time.Second, RefreshTokenIdle: 25 * time.Hour, RefreshTokenLifetime: 777 * time.Hour, MaxSessions: 33,
		CreatedAt: odd(), UpdatedAt: odd().Add(time.Minute),
	}
}

func register(t *testing.T, db store.DB, c store.Client) {
	t.Helper()
	write(t, db, func(tx store.Tx) error { return tx.CreateClient(c) })
}

func readClient(t *testing.T, db store.DB, id string) store.Client {
	t.Helper()
	c, err := db.ClientByID(t.Context(), id)
	if err != nil {
		t.Fatalf("looking up the client: %v", err)
	}
	return c
}

func clientRoundTrip(t *testing.T, db store.DB) {
	filled(t, newClient("shop"), "Generation", "LastUsedAt")
	for _, want := range []store.Client{newClient("shop"), {ID: "bare", AuthMethod: "none", CreatedAt: odd()}} {
		register(t, db, want)
		same(t, "read", readClient(t, db, want.ID), want)
		write(t, db, func(tx store.Tx) error {
			got, err := tx.LockClient(want.ID)
			same(t, "locked", got, want)
			return err
		})
	}
}

func clientNamed(t *testing.T, db store.DB) {
	register(t, db, newClient("Shop-1"))
	for name, want := range map[string]bool{"shop-1": true, "shop": false, "shop-%": false, "shöp-1": false, "": false} {
		if got, err := db.ClientNamed(t.Context(), name); err != nil || got != want {
			t.Errorf("ClientNamed(%q) = %t, %v; want %t", name, got, err, want)
		}
	}
}

func clientBytes(t *testing.T, db store.DB) {
	register(t, db, newClient("Shop"))
	for _, id := range append(oddIDs("Shop"), "shop", "Shöp") {
		if id == "Shop" {
			continue
		}
		_, err := db.ClientByID(t.Context(), id)
		wantError(t, fmt.Sprintf("ClientByID %q", id), err, store.ErrNotFound)
		for what, f := range map[string]func(tx store.Tx) error{
			"LockClient":   func(tx store.Tx) error { _, err := tx.LockClient(id); return err },
			"PutClient":    func(tx store.Tx) error { return tx.PutClient(newClient(id)) },
			"DeleteClient": func(tx store.Tx) error { return tx.DeleteClient(id, odd()) },
		} {
			wantError(t, fmt.Sprintf("%s %q", what, id), db.Write(t.Context(), f), store.ErrNotFound)
		}
	}
	same(t, "the app", readClient(t, db, "Shop"), newClient("Shop"))
}

func clientConflict(t *testing.T, db store.DB) {
	register(t, db, newClient("shop"))
	err := db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateClient(store.Client{ID: "shop", Name: "Other"}) })
	wantError(t, "CreateClient", err, store.ErrConflict)
	same(t, "the first", readClient(t, db, "shop"), newClient("shop"))
	register(t, db, newClient("Shop")) // another ID
}

func clientReplaced(t *testing.T, db store.DB) {
	register(t, db, newClient("shop"))
	register(t, db, newClient("other"))
	for _, want := range []store.Client{
		{ID: "shop", Name: "Less", AuthMethod: "none", Scope: "", CreatedAt: odd(), UpdatedAt: odd().Add(time.Hour)},
		newClient("shop"),
	} {
		for range 2 { // the second time changes nothing, and is not an error
			write(t, db, func(tx store.Tx) error { return tx.PutClient(want) })
			same(t, "replaced", readClient(t, db, "shop"), want)
		}
	}
	same(t, "another", readClient(t, db, "other"), newClient("other"))
}

func clientList(t *testing.T, db store.DB) {
	var want []string
	for i := range 7 {
		id := fmt.Sprintf("%c-%d", "zAbaZcB"[i], i)
		register(t, db, newClient(id))
		want = append(want, id)
	}
	slices.Sort(want)
	var got []string
	for after := ""; ; {
		page, err := db.ListClients(t.Context(), after, 3)
		if err != nil {
			t.Fatalf("listing the clients: %v", err)
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			same(t, "listed", c, newClient(c.ID))
			got = append(got, c.ID)
		}
		after = got[len(got)-1]
	}
	same(t, "in order", got, want)
	if n, err := db.CountClients(t.Context()); err != nil || n != int64(len(want)) {
		t.Errorf("%d clients, %v; want %d", n, err, len(want))
	}
}
