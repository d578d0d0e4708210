package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// pushedColumns are the columns of a pushed authorization request.
var pushedColumns = []column[store.PushedRequest]{
	col("digest", func(p *store.PushedRequest) any { return (*digestColumn)(&p.Digest) }).written(),
	col("client_id", func(p *store.PushedRequest) any { return &p.ClientID }),
	col("network", func(p *store.PushedRequest) any { return &p.Network }).upTo(64),
	col("parameters", func(p *store.PushedRequest) any { return &p.Parameters }),
	col("client_gen", func(p *store.PushedRequest) any { return (*number)(&p.Client) }).from("COALESCE(%sclient_gen, " + clientNow + ")"),
	col("expires_at", func(p *store.PushedRequest) any { return (*moment)(&p.ExpiresAt) }),
}

var (
	pushedTable    = roomedTable(tableOf("pushed_requests", "p.", pushedColumns), "pushed_requests", "")
	pushedByDigest = "SELECT " + pushedTable.selected + " FROM pushed_requests p" + joinClient("p.") + " WHERE p.digest = ? AND " + pushedStands
	// A request of the release before, which does not say when it was pushed, lives 90 seconds.
	pushedStands = standing("p.client_gen", clientNow, "p.expires_at - 90000", "COALESCE(gc.all_ended_at, 0)")
)

// AddPushed implements store.PushedRequests.
func (d *DB) AddPushed(ctx context.Context, p store.PushedRequest, room store.Room) error {
	return pushedTable.addWithin(ctx, d, p, p.ClientID, p.Network, room)
}

// PushedByDigest implements store.PushedRequests.
func (d *DB) PushedByDigest(ctx context.Context, digest store.Digest) (store.PushedRequest, error) {
	p := store.PushedRequest{Digest: digest}
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, pushedByDigest, []any{blob(digest[:])}, pushedTable.dest(&p)...)
	})
	if err != nil {
		return store.PushedRequest{}, err
	}
	return p, nil
}

// UsePushed implements store.PushedRequests. The DELETE is the gate: a second caller
// waits until the first one's transaction ends.
func (d *DB) UsePushed(ctx context.Context, digest store.Digest, c store.AuthCode) (used bool, err error) {
	err = d.Transact(ctx, func(t *engine.Tx) error {
		return t.Do(func(db *gorm.DB) error {
			n, err := engine.Exec(db, "DELETE FROM pushed_requests WHERE digest = ?", blob(digest[:]))
			if used = n == 1; err != nil || !used {
				return err
			}
			return addCode(db, c)
		})
	})
	return used && err == nil, err
}

// SweepPushed implements store.PushedRequests.
func (d *DB) SweepPushed(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "pushed_requests", "digest", "expires_at < ?", n, millis(limit))
}
