package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// RevokeToken implements store.RevokedTokens. The primary key is the gate.
func (d *DB) RevokeToken(ctx context.Context, jti string, expires time.Time, e store.AuditEvent) (revoked bool, err error) {
	err = d.write(ctx, func(t *tx) error {
		err := t.Do(func(db *gorm.DB) error {
			_, err := engine.Exec(db, "INSERT INTO revoked_tokens (jti, expires_at) VALUES (?, ?)", jti, millis(expires))
			if revoked = err == nil; engine.Duplicate(err) {
				return nil
			}
			return err
		})
		if err != nil || !revoked {
			return err
		}
		return t.Audit(e)
	})
	return revoked && err == nil, err
}

// TokenRevoked implements store.RevokedTokens.
func (d *DB) TokenRevoked(ctx context.Context, jti string, issued time.Time) (found bool, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		found, err = engine.Exists(db, "SELECT 1 FROM revoked_tokens WHERE jti = ?"+
			" UNION ALL SELECT 1 FROM epochs WHERE began_at > ? LIMIT 1", jti, millis(issued))
		return err
	})
	return found, err
}

// SweepRevokedTokens implements store.RevokedTokens.
func (d *DB) SweepRevokedTokens(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "revoked_tokens", "jti", "expires_at < ?", n, millis(limit))
}
