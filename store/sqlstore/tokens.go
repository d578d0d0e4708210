package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store/sqlstore/engine"
	"gorm.io/gorm/clause"
)

// A revokedTokenRow is an access token that no session could end.
type revokedTokenRow struct {
	JTI       string `gorm:"column:jti;primaryKey"`
	ExpiresAt int64
}

// TableName implements gorm's Tabler.
func (revokedTokenRow) TableName() string { return "revoked_tokens" }

// RevokeToken implements store.RevokedTokens.
func (d *DB) RevokeToken(ctx context.Context, jti string, expires time.Time) error {
	row := revokedTokenRow{JTI: jti, ExpiresAt: millis(expires)}
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	})
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
