package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

func apis() []promise {
	return []promise{
		{"an API comes back as it was", "CreateAPI APIByID APIByIdentifier LockAPI", apiRoundTrip},
		{"an ID and an identifier are given once", "CreateAPI", apiConflict},
		{"replacing writes every field", "PutAPI", apiReplaced},
		{"listed in order of ID", "ListAPIs", apiList},
		{"whether one is open to all is known", "APIsOpenToAll", apisOpen},
		{"deleting frees the identifier", "DeleteAPI", apiDeleted},
		{"a transaction sees what there is", "CountAPIs HasIdentifier APIsOf", apisSeen},
		{"the last use of an API only grows", "UsedAPIs", usedAPIs},
		{"a deleted client is on no list", "DeleteClient", apiForgets},
	}
}

// newAPI returns an API with every field filled.
func newAPI(id string) store.API {
	return store.API{
		ID: id, Identifier: "https://api.example/" + id + "?x=1", Name: "Örders ✓",
		Scopes:  []store.APIScope{{Name: "orders:read", Description: "Read \"your\" örders", Sensitive: true}, {Name: "b", Description: "B"}},
		Clients: store.ClientsListed, ListedClients: []string{"shop", "é"},
		AccessTokenLifetime: 61 * time.Second, TokenType: store.TokenTypeJWT, Signing: store.SigningChoice{Alg: store.ES256, Before: store.PS256, From: odd()}, Claims: []string{"role", "email"},
		ListedInMetadata: true, IntrospectionClients: []string{"gateway"},
		CreatedAt: odd(), UpdatedAt: odd().Add(time.Minute),
	}
}

func addAPI(t *testing.T, db store.DB, a store.API) {
	t.Helper()
	write(t, db, func(tx store.Tx) error { return tx.CreateAPI(a) })
}

func readAPI(t *testing.T, db store.DB, id string) store.API {
	t.Helper()
	a, err := db.APIByID(t.Context(), id)
	if err != nil {
		t.Fatalf("looking up the API %s: %v", id, err)
	}
	return a
}

func apiRoundTrip(t *testing.T, db store.DB) {
	filled(t, newAPI("orders"), "LastUsedAt")
	own := store.API{ID: store.OwnAPI, Clients: store.ClientsAny, CreatedAt: odd(), UpdatedAt: odd()}
	for _, want := range []store.API{newAPI("orders"), own, {ID: "bare", CreatedAt: odd()}} {
		addAPI(t, db, want)
		same(t, "read", readAPI(t, db, want.ID), want)
		write(t, db, func(tx store.Tx) error {
			got, err := tx.LockAPI(want.ID)
			same(t, "locked", got, want)
			return err
		})
	}
	got, err := db.APIByIdentifier(t.Context(), newAPI("orders").Identifier)
	if err != nil {
		t.Fatalf("looking up the API by its identifier: %v", err)
	}
	same(t, "by identifier", got, newAPI("orders"))
	for _, identifier := range []string{"", "https://api.example/Orders?x=1", "https://api.example/orders?é=1 "} {
		_, err := db.APIByIdentifier(t.Context(), identifier)
		wantError(t, fmt.Sprintf("APIByIdentifier %q", identifier), err, store.ErrNotFound)
	}
}

func apiConflict(t *testing.T, db store.DB) {
	addAPI(t, db, newAPI("orders"))
	sameID, sameIdentifier := newAPI("orders"), newAPI("orders")
	sameID.Identifier, sameIdentifier.ID = "https://other.example", "other"
	for what, a := range map[string]store.API{"the ID": sameID, "the identifier": sameIdentifier} {
		err := db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateAPI(a) })
		wantError(t, "CreateAPI with "+what+" of another", err, store.ErrConflict)
	}
	same(t, "the first", readAPI(t, db, "orders"), newAPI("orders"))
}

func apiReplaced(t *testing.T, db store.DB) {
	addAPI(t, db, newAPI("orders"))
	addAPI(t, db, newAPI("other"))
	for _, want := range []store.API{{ID: "orders", Name: "Less", CreatedAt: odd()}, newAPI("orders")} {
		for range 2 { // the second time changes nothing, and is not an error
			write(t, db, func(tx store.Tx) error { return tx.PutAPI(want) })
			same(t, "replaced", readAPI(t, db, "orders"), want)
		}
	}
	same(t, "another", readAPI(t, db, "other"), newAPI("other"))
	err := db.Write(t.Context(), func(tx store.Tx) error { return tx.PutAPI(newAPI("none")) })
	wantError(t, "PutAPI of an unknown one", err, store.ErrNotFound)
}

func apiList(t *testing.T, db store.DB) {
	for _, id := range []string{"z", "A", "b", "Z"} {
		addAPI(t, db, newAPI(id))
	}
	first, err := db.ListAPIs(t.Context(), "", 3)
	if err != nil {
		t.Fatalf("listing the APIs: %v", err)
	}
	same(t, "the first page", first, []store.API{newAPI("A"), newAPI("Z"), newAPI("b")})
	rest, err := db.ListAPIs(t.Context(), "b", 3)
	if err != nil {
		t.Fatalf("listing the APIs: %v", err)
	}
	same(t, "the rest", rest, []store.API{newAPI("z")})
}

func apisOpen(t *testing.T, db store.DB) {
	want := func(want bool) {
		t.Helper()
		if got, err := db.APIsOpenToAll(t.Context()); err != nil || got != want {
			t.Errorf("APIsOpenToAll = %t, %v; want %t", got, err, want)
		}
	}
	addAPI(t, db, newAPI("orders"))
	want(false)
	open := newAPI("open")
	open.Clients = store.ClientsAny
	addAPI(t, db, open)
	want(true)
}

func apiDeleted(t *testing.T, db store.DB) {
	addAPI(t, db, newAPI("orders"))
	write(t, db, func(tx store.Tx) error { return tx.DeleteAPI("orders") })
	_, err := db.APIByID(t.Context(), "orders")
	wantError(t, "APIByID", err, store.ErrNotFound)
	err = db.Write(t.Context(), func(tx store.Tx) error { return tx.DeleteAPI("orders") })
	wantError(t, "DeleteAPI again", err, store.ErrNotFound)
	addAPI(t, db, newAPI("orders"))
}

// apisSeen: IDs are told apart byte for byte, whatever they have in common.
func apisSeen(t *testing.T, db store.DB) {
	a, b := newAPI("a"), newAPI("b")
	a.ListedClients, a.IntrospectionClients = []string{"shop"}, nil
	b.ListedClients, b.IntrospectionClients = []string{"Shop", "sho_", "https://é.example/?a&b"}, []string{"shop", "<\"\\>"}
	addAPI(t, db, a)
	write(t, db, func(tx store.Tx) error {
		if err := tx.CreateAPI(b); err != nil {
			return err
		}
		n, err := tx.CountAPIs()
		same(t, "the number", n, int64(2))
		if err != nil {
			return err
		}
		if err := tx.CreateAPI(store.API{ID: store.OwnAPI, CreatedAt: odd()}); err != nil {
			return err
		}
		n, err = tx.CountAPIs()
		if same(t, "the number beside our own", n, int64(2)); err != nil {
			return err
		}
		for identifier, want := range map[string]bool{a.Identifier: true, b.Identifier: true, "": false, strings.ToUpper(a.Identifier): false} {
			found, err := tx.HasIdentifier(identifier)
			if same(t, fmt.Sprintf("HasIdentifier %q", identifier), found, want); err != nil {
				return err
			}
		}
		for id, want := range map[string][]store.API{
			"shop": {a, b}, "Shop": {b}, "https://é.example/?a&b": {b}, "<\"\\>": {b}, "sho": nil, "sho%": nil, "": nil, `shop","Shop`: nil,
		} {
			of, err := tx.APIsOf(id)
			if same(t, fmt.Sprintf("APIsOf %q", id), of, want); err != nil {
				return err
			}
		}
		return nil
	})
	n, err := db.CountAPIs(t.Context())
	if same(t, "the number outside", n, int64(2)); err != nil {
		t.Errorf("counting the APIs: %v", err)
	}
}

func apiForgets(t *testing.T, db store.DB) {
	write(t, db, func(tx store.Tx) error { return tx.CreateClient(newClient("shop")) })
	a, b := newAPI("a"), newAPI("b")
	a.ListedClients, a.IntrospectionClients = []string{"x", "shop", "y"}, []string{"shop"}
	b.ListedClients, b.IntrospectionClients = []string{"shop2"}, []string{"x"}
	addAPI(t, db, a)
	addAPI(t, db, b)
	write(t, db, func(tx store.Tx) error { return tx.DeleteClient("shop", odd()) })
	a.ListedClients, a.IntrospectionClients = []string{"x", "y"}, nil
	same(t, "the API that named it", readAPI(t, db, "a"), a)
	same(t, "another", readAPI(t, db, "b"), b)
}

func usedAPIs(t *testing.T, db store.DB) {
	for _, id := range []string{"orders", "other"} {
		addAPI(t, db, newAPI(id))
	}
	for _, at := range []time.Time{odd().Add(time.Minute), odd()} {
		if err := db.UsedAPIs(t.Context(), []string{"orders", "unknown"}, at); err != nil {
			t.Errorf("noting a use: %v", err)
		}
	}
	write(t, db, func(tx store.Tx) error { return tx.PutAPI(newAPI("orders")) }) // keeps it
	for id, want := range map[string]time.Time{"orders": odd().Add(time.Minute), "other": {}} {
		if got := readAPI(t, db, id).LastUsedAt; !got.Equal(want) {
			t.Errorf("%s was last used at %v, want %v", id, got, want)
		}
	}
}
