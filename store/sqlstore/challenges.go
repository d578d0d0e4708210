package sqlstore

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// challengeColumns are the columns of a challenge.
var challengeColumns = []column[store.Challenge]{
	col("digest", func(c *store.Challenge) any { return (*digestColumn)(&c.Digest) }).written(),
	col("kind", func(c *store.Challenge) any { return &c.Kind }),
	col("user_id", func(c *store.Challenge) any { return &c.UserID }),
	col("client_id", func(c *store.Challenge) any { return &c.ClientID }),
	col("generation", func(c *store.Challenge) any { return (*number)(&c.Generation) }),
	col("content", func(c *store.Challenge) any { return &c.Content }),
	col("misses", func(c *store.Challenge) any { return &c.Misses }),
	col("created_at", func(c *store.Challenge) any { return (*moment)(&c.CreatedAt) }),
	col("expires_at", func(c *store.Challenge) any { return (*moment)(&c.ExpiresAt) }),
}

var (
	challengeTable    = tableOf("challenges", "c.", challengeColumns)
	challengesOpen    = fewer("challenges", "user_id = ? AND kind = ? AND expires_at > ?")
	challengeByDigest = "SELECT " + challengeTable.selected + " FROM challenges c WHERE c.digest = ? AND c.expires_at > ?"
)

// AddChallenge implements store.Challenges.
func (d *DB) AddChallenge(ctx context.Context, c store.Challenge, at time.Time, most int) error {
	condition, args := "1 = 1", []any(nil)
	if most > 0 {
		condition, args = challengesOpen, []any{c.UserID, c.Kind, millis(at), most - 1}
	}
	var added bool
	err := d.Change(ctx, func(db *gorm.DB) (err error) {
		added, err = challengeTable.addIf(db, c, condition, args...)
		return err
	})
	if err == nil && !added {
		return store.ErrFull
	}
	return err
}

// ChallengeByDigest implements store.Challenges.
func (d *DB) ChallengeByDigest(ctx context.Context, digest store.Digest, at time.Time) (store.Challenge, error) {
	c := store.Challenge{Digest: digest}
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, challengeByDigest, []any{blob(digest[:]), millis(at)}, challengeTable.dest(&c)...)
	})
	if err != nil {
		return store.Challenge{}, err
	}
	return c, nil
}

// MissChallenge implements store.Challenges. Each of several concurrent misses counts, and
// every caller gets a number that includes its own.
func (d *DB) MissChallenge(ctx context.Context, digest store.Digest) (misses int, err error) {
	err = d.Change(ctx, func(db *gorm.DB) error {
		n, err := engine.Update(db, "UPDATE challenges SET misses = misses + 1 WHERE digest = ?", blob(digest[:]))
		if err != nil || n == 0 {
			return err
		}
		return engine.Row(db, "SELECT misses FROM challenges WHERE digest = ?", []any{blob(digest[:])}, &misses)
	})
	if errors.Is(err, store.ErrNotFound) { // another caller has just taken it
		return 0, nil
	}
	return misses, err
}

// TakeChallenge implements store.ChallengesTx. The DELETE is the gate.
func (t *tx) TakeChallenge(digest store.Digest, at time.Time) (bool, error) {
	return t.changesOne("DELETE FROM challenges WHERE digest = ? AND expires_at > ?", blob(digest[:]), millis(at))
}

// SweepChallenges implements store.Challenges.
func (d *DB) SweepChallenges(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "challenges", "digest", "expires_at < ?", n, millis(limit))
}
