package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// registrationTokenColumns are the columns of an initial access token.
var registrationTokenColumns = []column[store.RegistrationToken]{
	col("id", func(t *store.RegistrationToken) any { return &t.ID }),
	col("digest", func(t *store.RegistrationToken) any { return (*digestColumn)(&t.Digest) }),
	col("uses", func(t *store.RegistrationToken) any { return &t.Uses }),
	col("max_uses", func(t *store.RegistrationToken) any { return &t.MaxUses }),
	col("created_at", func(t *store.RegistrationToken) any { return (*moment)(&t.CreatedAt) }),
	col("expires_at", func(t *store.RegistrationToken) any { return (*moment)(&t.ExpiresAt) }),
}

var (
	registrationTokenTable  = tableOf("registration_tokens", "", registrationTokenColumns)
	selectRegistrationToken = "SELECT " + registrationTokenTable.selected + " FROM registration_tokens"
	listRegistrationTokens  = selectRegistrationToken + " ORDER BY created_at DESC, id LIMIT ?"

	// Of the clients that registered themselves and were never used, all of them, and those
	// of one network. SQLite's index leaves empty networks out, and has to be told that none
	// is meant.
	unusedWithin     = fewer("clients", "origin = 'dynamic' AND last_used_at = 0")
	unusedFromWithin = fewer("clients", "registered_from = ? AND registered_from <> '' AND last_used_at = 0")
)

// Conditions on a client that registered itself.
const (
	noSession = "NOT EXISTS (SELECT 1 FROM sessions s WHERE s.client_id = clients.id)"
	noConsent = "NOT EXISTS (SELECT 1 FROM consents k WHERE k.client_id = clients.id)"
	neverUsed = "origin = 'dynamic' AND disabled = 0 AND last_used_at = 0 AND created_at < ? AND " + noSession + " AND " + noConsent
	longAgo   = "origin = 'dynamic' AND disabled = 0 AND last_used_at < ? AND created_at < ?"
)

// ListRegistrationTokens implements store.Registrations.
func (d *DB) ListRegistrationTokens(ctx context.Context, limit int) (tokens []store.RegistrationToken, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		tokens, err = registrationTokenTable.all(db, listRegistrationTokens, limit)
		return err
	})
	return tokens, err
}

// SweepRegistrationTokens implements store.Registrations.
func (d *DB) SweepRegistrationTokens(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "registration_tokens", "id", "expires_at < ?", n, millis(limit))
}

// UsedClients implements store.Registrations. A statement has a bounded length.
func (d *DB) UsedClients(ctx context.Context, ids []string, at time.Time) error {
	return d.used(ctx, "clients", ids, at)
}

// used notes the use of rows of a table, unless they were used later.
func (d *DB) used(ctx context.Context, table string, ids []string, at time.Time) error {
	for len(ids) > 0 {
		some := ids[:min(len(ids), engine.SweepMax)]
		ids = ids[len(some):]
		err := d.Change(ctx, func(db *gorm.DB) error {
			return db.Exec("UPDATE "+table+" SET last_used_at = ? WHERE id IN ? AND last_used_at < ?", millis(at), keysOf(some), millis(at)).Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keysOf returns IDs as the bytes that their column holds.
func keysOf(ids []string) []any {
	keys := make([]any, len(ids))
	for i, id := range ids {
		keys[i] = id
	}
	return keys
}

// UnusedClients implements store.Registrations.
func (d *DB) UnusedClients(ctx context.Context, never, unused time.Time, n int) (ids []string, err error) {
	find := "SELECT id FROM clients WHERE " + neverUsed + " LIMIT ?"
	args := []any{millis(never), n}
	err = d.Read(ctx, func(db *gorm.DB) error {
		ids = nil
		if err := addIDs(db, &ids, find, args...); err != nil || len(ids) >= n {
			return err
		}
		return addIDs(db, &ids, "SELECT id FROM clients WHERE "+longAgo+" AND NOT ("+neverUsed+") LIMIT ?",
			millis(unused), millis(unused), millis(never), n-len(ids))
	})
	return ids, err
}

func addIDs(db *gorm.DB, to *[]string, query string, args ...any) error {
	return engine.Rows(db, query, args, func(s engine.Scanner) error {
		var id string
		err := s.Scan(&id)
		*to = append(*to, id)
		return err
	})
}

// CreateRegistrationToken implements store.RegistrationsTx.
func (t *tx) CreateRegistrationToken(token store.RegistrationToken) error {
	return t.Do(func(db *gorm.DB) error { return registrationTokenTable.add(db, token) })
}

// UseRegistrationToken implements store.RegistrationsTx. The UPDATE is the gate.
func (t *tx) UseRegistrationToken(digest store.Digest, now time.Time) (token store.RegistrationToken, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE registration_tokens SET uses = uses + 1 WHERE digest = ? AND uses < max_uses AND expires_at > ?", blob(digest[:]), millis(now))
		if err == nil && n == 0 {
			return store.ErrNotFound
		}
		if err != nil {
			return err
		}
		return engine.Row(db, selectRegistrationToken+" WHERE digest = ?", []any{blob(digest[:])}, registrationTokenTable.dest(&token)...)
	})
	return token, err
}

// DeleteRegistrationToken implements store.RegistrationsTx.
func (t *tx) DeleteRegistrationToken(id string) error {
	if !plausible(id) {
		return store.ErrNotFound
	}
	return t.change("DELETE FROM registration_tokens WHERE id = ?", id)
}

// RegisterClient implements store.RegistrationsTx.
func (t *tx) RegisterClient(c store.Client, room store.Room) error {
	var added bool
	condition, args := "1 = 1", []any{}
	if room.Client > 0 {
		condition += " AND " + unusedWithin
		args = append(args, room.Client-1)
	}
	if room.Network > 0 {
		condition += " AND " + unusedFromWithin
		args = append(args, c.Registration.From, room.Network-1)
	}
	err := t.Do(func(db *gorm.DB) (err error) {
		added, err = clientTable.addIf(db, c, condition, args...)
		return err
	})
	if err == nil && !added {
		return store.ErrFull
	}
	return err
}

// ForgetClient implements store.RegistrationsTx. The generation may go with the client,
// because nothing is there that could come to life again.
func (t *tx) ForgetClient(id string) (forgotten bool, err error) {
	if !plausible(id) {
		return false, nil
	}
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, "DELETE FROM clients WHERE id = ? AND "+noSession+" AND "+noConsent, id)
		if forgotten = n == 1; err != nil || !forgotten {
			return err
		}
		return db.Exec("DELETE FROM generations WHERE user_id = 0 AND client_id = ?", id).Error
	})
	return forgotten, err
}
