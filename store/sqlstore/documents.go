package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// documentColumns are the columns of a client's document.
var documentColumns = []column[store.ClientDocument]{
	col("client_id", func(d *store.ClientDocument) any { return &d.ClientID }),
	col("digest", func(d *store.ClientDocument) any { return (*digestColumn)(&d.Digest) }),
	col("fetched_at", func(d *store.ClientDocument) any { return (*moment)(&d.FetchedAt) }),
	col("fresh_until", func(d *store.ClientDocument) any { return (*moment)(&d.FreshUntil) }),
	col("network", func(d *store.ClientDocument) any { return &d.Network }).upTo(64),
	col("allowed_at", func(d *store.ClientDocument) any { return (*moment)(&d.AllowedAt) }),
	col("ask_since", func(d *store.ClientDocument) any { return (*moment)(&d.AskSince) }),
}

var (
	documentTable = tableOf("client_documents", "d.", documentColumns)
	documentOf    = "SELECT " + documentTable.selected + " FROM client_documents d WHERE d.client_id = ?"

	// strangers are the documents of clients that nobody allowed anything, and that an
	// administrator has not switched off.
	strangers = " FROM client_documents d JOIN clients c ON c.id = d.client_id WHERE c.disabled = 0 AND d.allowed_at = 0"
	// stale are the documents that are no longer needed, or whose client a replica of the
	// release before has deleted.
	stale = "SELECT d.client_id FROM client_documents d LEFT JOIN clients c ON c.id = d.client_id" +
		" WHERE d.fresh_until < ? AND COALESCE(c.disabled, 0) = 0" + without("d.client_id", needing) + " LIMIT ?"
)

// The tables whose rows keep a document from being swept, and from being crowded out.
// Anybody may add to those that are only in the first.
var (
	needing  = []string{"consents", "sessions", "auth_codes", "device_grants", "pushed_requests"}
	founding = []string{"consents", "sessions", "auth_codes"}
)

// without is the condition that no row of the tables has the client.
func without(clientID string, tables []string) (condition string) {
	for _, table := range tables {
		condition += " AND NOT EXISTS (SELECT 1 FROM " + table + " x WHERE x.client_id = " + clientID + ")"
	}
	return condition
}

// ClientDocument implements store.ClientDocuments.
func (d *DB) ClientDocument(ctx context.Context, clientID string) (document store.ClientDocument, err error) {
	if !plausible(clientID) {
		return document, store.ErrNotFound
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, documentOf, []any{clientID}, documentTable.dest(&document)...)
	})
	return document, err
}

// LockClientDocument implements store.ClientDocumentsTx.
func (t *tx) LockClientDocument(clientID string) (document store.ClientDocument, err error) {
	if !plausible(clientID) {
		return document, store.ErrNotFound
	}
	err = t.Do(func(db *gorm.DB) error {
		return engine.Row(db, documentOf+t.Dialect.ForUpdate, []any{clientID}, documentTable.dest(&document)...)
	})
	return document, err
}

// PutClientDocument implements store.ClientDocumentsTx.
func (t *tx) PutClientDocument(d store.ClientDocument) error {
	names := namesOf(documentColumns[1:])
	return t.Do(func(db *gorm.DB) error { return documentTable.put(db, t.Dialect.Replace("client_id", names...), d) })
}

// AllowClientDocument implements store.ClientDocumentsTx. The lock on the client is what a
// deletion waits for; it then finds what the transaction has added.
func (t *tx) AllowClientDocument(clientID string, at time.Time) error {
	if _, err := t.LockClient(clientID); err != nil {
		return err
	}
	return t.Do(func(db *gorm.DB) error {
		_, err := engine.Update(db, "UPDATE client_documents SET allowed_at = ? WHERE client_id = ? AND allowed_at = 0", millis(at), clientID)
		return err
	})
}

// DropClientDocument implements store.ClientDocumentsTx.
func (t *tx) DropClientDocument(clientID string) error {
	return t.change("DELETE FROM client_documents WHERE client_id = ?", clientID)
}

// CrowdOutClientDocuments implements store.ClientDocumentsTx.
func (t *tx) CrowdOutClientDocuments(room store.DocumentRoom) error {
	return t.Do(func(db *gorm.DB) error {
		err := crowdOut(db, " AND d.network = ?", room.PerNetwork, text(room.Network, 64))
		if err != nil {
			return err
		}
		return crowdOut(db, "", room.Total)
	})
}

// crowdOut deletes the longest known of the strangers that match, until fewer than most are left.
func crowdOut(db *gorm.DB, match string, most int, args ...any) error {
	var n int
	err := engine.Row(db, "SELECT COUNT(*)"+strangers+match, args, &n)
	if err != nil || n < most {
		return err
	}
	excess := n - most + 1
	oldest, err := clientIDs(db, "SELECT d.client_id"+strangers+match+spares("c.id")+" ORDER BY d.fetched_at LIMIT ?", append(args, excess)...)
	for _, id := range oldest {
		if err == nil {
			err = forgetDocument(db, id, spares("clients.id"))
		}
	}
	if err == nil && len(oldest) < excess {
		return store.ErrFull
	}
	return err
}

// spares is the condition that nothing spares the client from being crowded out.
func spares(clientID string) string {
	return without(clientID, founding) + " AND NOT EXISTS (SELECT 1 FROM device_grants x WHERE x.client_id = " + clientID + " AND x.status = 'approved')"
}

// SweepClientDocuments implements store.ClientDocuments.
func (d *DB) SweepClientDocuments(ctx context.Context, limit time.Time, n int) (deleted int64, err error) {
	err = d.Transact(ctx, func(t *engine.Tx) error {
		return t.Do(func(db *gorm.DB) error {
			old, err := clientIDs(db, stale, millis(limit), min(n, engine.SweepMax))
			for _, id := range old {
				if err == nil {
					err = forgetDocument(db, id, without("clients.id", needing))
				}
			}
			deleted = int64(len(old))
			return err
		})
	})
	return deleted, err
}

// forgetDocument deletes a client with its document, if the condition holds. Nothing was
// founded on the client, and the next one with the ID is the same one, so it needs no
// generation that outlives it.
func forgetDocument(db *gorm.DB, id, condition string) error {
	_, err := engine.Update(db, "DELETE FROM clients WHERE id = ? AND origin = ? AND disabled = 0"+condition, id, store.OriginDocument)
	if err == nil {
		_, err = engine.Update(db, "DELETE FROM client_documents WHERE client_id = ? AND NOT EXISTS (SELECT 1 FROM clients c WHERE c.id = ?)", id, id)
	}
	return err
}

func clientIDs(db *gorm.DB, query string, args ...any) (ids []string, err error) {
	err = engine.Rows(db, query, args, func(s engine.Scanner) error {
		ids = append(ids, "")
		return s.Scan(&ids[len(ids)-1])
	})
	return ids, err
}
