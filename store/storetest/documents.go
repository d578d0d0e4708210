package storetest

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
)

func documents() []promise {
	return []promise{
		{"a document comes back as it was", "PutClientDocument ClientDocument LockClientDocument", documentRoundTrip},
		{"the first permission is the one that counts", "AllowClientDocument", documentAllowed},
		{"a document is dropped, and its client stays", "DropClientDocument", documentDropped},
		{"deleting the client deletes its document", "DeleteClient", documentOfADeletedClient},
		{"the longest known strangers make room", "CrowdOutClientDocuments", documentsCrowdedOut},
		{"what people use makes no room", "CrowdOutClientDocuments", documentsInUse},
		{"what nobody needs is swept", "SweepClientDocuments", documentsSwept},
	}
}

// documentOf returns the document of a client, fetched minutes after odd.
func documentOf(id, network string, minutes int) store.ClientDocument {
	at := odd().Add(time.Duration(minutes) * time.Minute)
	return store.ClientDocument{ClientID: id, Digest: store.DigestOf(id), FetchedAt: at, FreshUntil: at.Add(time.Hour), Network: network}
}

func described(id string) store.Client {
	return store.Client{ID: id, Name: id, AuthMethod: store.NoSecret, Origin: store.OriginDocument, CreatedAt: odd(), UpdatedAt: odd()}
}

// keepDocuments adds a client with each of the documents.
func keepDocuments(t *testing.T, db store.DB, all ...store.ClientDocument) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		for _, d := range all {
			if err := tx.CreateClient(described(d.ClientID)); err != nil {
				return err
			}
			if err := tx.PutClientDocument(d); err != nil {
				return err
			}
		}
		return nil
	})
}

// wantDocuments fails unless just these clients are left, each with its document.
func wantDocuments(t *testing.T, db store.DB, want ...string) {
	t.Helper()
	clients, err := db.ListClients(t.Context(), "", 100)
	if err != nil {
		t.Fatalf("listing the clients: %v", err)
	}
	var left []string
	for _, c := range clients {
		left = append(left, c.ID)
		if _, err := db.ClientDocument(t.Context(), c.ID); err != nil {
			t.Errorf("the document of %s: err = %v, want none", c.ID, err)
		}
	}
	same(t, "clients left", left, want)
}

func wantNoDocument(t *testing.T, db store.DB, id string) {
	t.Helper()
	_, err := db.ClientDocument(t.Context(), id)
	wantError(t, "ClientDocument "+id, err, store.ErrNotFound)
}

func documentRoundTrip(t *testing.T, db store.DB) {
	full := documentOf("https://a.example/b?c=%20", "192.0.2.0/24", 0)
	full.AllowedAt, full.AskSince = odd().Add(time.Second), odd().Add(2*time.Second)
	filled(t, full)
	keepDocuments(t, db, full)
	for _, want := range []store.ClientDocument{full, documentOf(full.ClientID, "", 1), full} {
		write(t, db, func(tx store.Tx) error { return tx.PutClientDocument(want) })
		got, err := db.ClientDocument(t.Context(), full.ClientID)
		if err != nil {
			t.Fatalf("reading the document: %v", err)
		}
		same(t, "read", got, want)
		write(t, db, func(tx store.Tx) error {
			got, err := tx.LockClientDocument(full.ClientID)
			same(t, "locked", got, want)
			return err
		})
	}
	for _, id := range oddIDs(full.ClientID) {
		if id != full.ClientID {
			wantNoDocument(t, db, id)
		}
	}
}

func documentAllowed(t *testing.T, db store.DB) {
	keepDocuments(t, db, documentOf("a", "", 0), documentOf("b", "", 0))
	for range 2 {
		at := odd()
		write(t, db, func(tx store.Tx) error { return tx.AllowClientDocument("a", at) })
		at = at.Add(time.Hour)
		got, err := db.ClientDocument(t.Context(), "a")
		if err != nil || !got.AllowedAt.Equal(odd()) {
			t.Errorf("allowed at %s, %v; want %s", got.AllowedAt, err, odd())
		}
	}
	if got, err := db.ClientDocument(t.Context(), "b"); err != nil || !got.AllowedAt.IsZero() {
		t.Errorf("the other: allowed at %s, %v; want never", got.AllowedAt, err)
	}
	err := db.Write(t.Context(), func(tx store.Tx) error { return tx.AllowClientDocument("gone", odd()) })
	wantError(t, "AllowClientDocument", err, store.ErrNotFound)
}

func documentDropped(t *testing.T, db store.DB) {
	keepDocuments(t, db, documentOf("a", "", 0))
	write(t, db, func(tx store.Tx) error { return tx.DropClientDocument("a") })
	wantNoDocument(t, db, "a")
	same(t, "the client", readClient(t, db, "a"), described("a"))
	err := db.Write(t.Context(), func(tx store.Tx) error { return tx.DropClientDocument("a") })
	wantError(t, "DropClientDocument", err, store.ErrNotFound)
}

func documentOfADeletedClient(t *testing.T, db store.DB) {
	keepDocuments(t, db, documentOf("a", "", 0), documentOf("b", "", 0))
	write(t, db, func(tx store.Tx) error { return tx.DeleteClient("a", odd()) })
	wantNoDocument(t, db, "a")
	wantDocuments(t, db, "b")
}

func documentsCrowdedOut(t *testing.T, db store.DB) {
	keepDocuments(t, db, documentOf("a", "here", 3), documentOf("b", "here", 1), documentOf("c", "here", 2), documentOf("d", "there", 0))
	make := func(perNetwork, total int) error {
		return db.Write(t.Context(), func(tx store.Tx) error {
			return tx.CrowdOutClientDocuments(store.DocumentRoom{Network: "here", PerNetwork: perNetwork, Total: total})
		})
	}
	for _, c := range []struct {
		perNetwork, total int
		want              []string
	}{
		{4, 5, []string{"a", "b", "c", "d"}},
		{3, 5, []string{"a", "c", "d"}},
		{3, 3, []string{"a", "c"}},
		{1, 3, nil},
	} {
		if err := make(c.perNetwork, c.total); err != nil {
			t.Fatalf("making room for one in %d of a network and %d of all: %v", c.perNetwork, c.total, err)
		}
		wantDocuments(t, db, c.want...)
	}
}

func documentsInUse(t *testing.T, db store.DB) {
	used := []string{"agreed", "allowed", "coded", "devised", "disabled", "opened"}
	for i, id := range used {
		keepDocuments(t, db, documentOf(id, "here", i))
	}
	use(t, db, used)
	keepDocuments(t, db, documentOf("pushed", "here", 90), documentOf("stranger", "here", 99))
	write(t, db, func(tx store.Tx) error { return tx.AllowClientDocument("allowed", odd()) })
	if err := db.AddPushed(t.Context(), store.PushedRequest{Digest: store.DigestOf("p"), ClientID: "pushed", ExpiresAt: odd()}, store.Room{}); err != nil {
		t.Fatalf("pushing a request: %v", err)
	}
	room := store.DocumentRoom{Network: "here", PerNetwork: 5, Total: 100}
	write(t, db, func(tx store.Tx) error { return tx.CrowdOutClientDocuments(room) })
	wantDocuments(t, db, used...)
	room.PerNetwork = 4
	err := db.Write(t.Context(), func(tx store.Tx) error { return tx.CrowdOutClientDocuments(room) })
	wantError(t, "CrowdOutClientDocuments", err, store.ErrFull)
	wantDocuments(t, db, used...)
}

// use founds something on each of the clients, as its name says.
func use(t *testing.T, db store.DB, clients []string) {
	t.Helper()
	ann := create(t, db, newUser("ann")).ID
	founded := map[string]func() error{
		"agreed": func() error {
			return db.Write(t.Context(), func(tx store.Tx) error {
				return tx.PutConsent(store.Consent{UserID: ann, ClientID: "agreed", Scope: "openid", GrantedAt: odd()})
			})
		},
		"coded": func() error {
			return db.AddCode(t.Context(), store.AuthCode{Digest: store.DigestOf("c"), SessionID: "S1", ClientID: "coded", UserID: ann, ExpiresAt: odd()})
		},
		"opened": func() error {
			return db.Write(t.Context(), func(tx store.Tx) error {
				return tx.CreateSession(store.Session{ID: "S2", ClientID: "opened", UserID: ann, CreatedAt: odd(), ExpiresAt: odd()})
			})
		},
		"devised": func() error {
			return db.AddDevice(t.Context(), store.DeviceGrant{Device: store.DigestOf("d"), User: store.DigestOf("u"), SessionID: "S3", ClientID: "devised", Status: store.DeviceApproved, ExpiresAt: odd()}, store.Room{})
		},
		"disabled": func() error {
			return db.Write(t.Context(), func(tx store.Tx) error {
				c := described("disabled")
				c.Disabled = true
				return tx.PutClient(c)
			})
		},
	}
	for _, id := range clients {
		if found := founded[id]; found != nil {
			if err := found(); err != nil {
				t.Fatalf("founding something on %s: %v", id, err)
			}
		}
	}
}

func documentsSwept(t *testing.T, db store.DB) {
	used := []string{"agreed", "coded", "devised", "disabled", "opened"}
	for _, id := range used {
		keepDocuments(t, db, documentOf(id, "here", 0))
	}
	use(t, db, used)
	keepDocuments(t, db, documentOf("fresh", "here", 10), documentOf("pushed", "here", 0))
	if err := db.AddPushed(t.Context(), store.PushedRequest{Digest: store.DigestOf("p"), ClientID: "pushed", ExpiresAt: odd()}, store.Room{}); err != nil {
		t.Fatalf("pushing a request: %v", err)
	}
	for i := range 3 {
		keepDocuments(t, db, documentOf(fmt.Sprintf("old%d", i), "here", i))
	}
	write(t, db, func(tx store.Tx) error { return tx.AllowClientDocument("old1", odd()) }) // and withdrew it
	limit := odd().Add(time.Hour + 5*time.Minute)
	for _, want := range []int64{2, 1, 0} {
		if n, err := db.SweepClientDocuments(t.Context(), limit, 2); err != nil || n != want {
			t.Fatalf("swept %d, %v; want %d", n, err, want)
		}
	}
	wantDocuments(t, db, "agreed", "coded", "devised", "disabled", "fresh", "opened", "pushed")
}
