package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// refusalColumns are the columns of a refusal. Its texts are cut to fit.
var refusalColumns = []column[store.Refusal]{
	col("seq", func(r *store.Refusal) any { return &r.Seq }).byDatabase(),
	col("id", func(r *store.Refusal) any { return &r.ID }),
	col("request_id", func(r *store.Refusal) any { return &r.RequestID }).upTo(128),
	col("at", func(r *store.Refusal) any { return (*moment)(&r.At) }),
	col("last_at", func(r *store.Refusal) any { return (*moment)(&r.LastAt) }),
	col("times", func(r *store.Refusal) any { return &r.Times }),
	col("kind", func(r *store.Refusal) any { return &r.Kind }).upTo(64),
	col("code", func(r *store.Refusal) any { return &r.Code }).upTo(64),
	col("endpoint", func(r *store.Refusal) any { return &r.Endpoint }).upTo(128),
	col("client_id", func(r *store.Refusal) any { return &r.ClientID }).upTo(255),
	col("user_id", func(r *store.Refusal) any { return &r.UserID }),
	col("network", func(r *store.Refusal) any { return &r.Network }).upTo(64),
	col("reason", func(r *store.Refusal) any { return &r.Reason }).upTo(255),
	col("given", func(r *store.Refusal) any { return &r.Given }).upTo(512),
	col("expected", func(r *store.Refusal) any { return &r.Expected }).upTo(1024),
	col("parameters", func(r *store.Refusal) any { return (*document)(&r.Parameters) }),
}

var (
	refusalTable  = tableOf("refusals", "", refusalColumns)
	refusalsFrom  = "SELECT " + refusalTable.selected + " FROM refusals"
	unlessDeleted = "(? = 0 OR EXISTS (SELECT 1 FROM users WHERE id = ?))"
)

// KeepRefusals implements store.RefusalLog.
func (d *DB) KeepRefusals(ctx context.Context, kept []store.Refusal, again []store.RefusalAgain) error {
	return d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) error {
			for _, r := range kept {
				if _, err := engine.Update(db, refusalTable.insertedIf+unlessDeleted, refusalTable.values(&r, r.UserID, r.UserID)...); err != nil {
					return err
				}
			}
			for _, a := range again {
				if _, err := engine.Update(db, "UPDATE refusals SET times = times + ?, last_at = ? WHERE id = ?", a.Times, millis(a.At), a.ID); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// RefusalBySeq implements store.RefusalLog.
func (d *DB) RefusalBySeq(ctx context.Context, seq int64) (store.Refusal, error) {
	return d.refusal(ctx, " WHERE seq = ?", seq)
}

// RefusalByID implements store.RefusalLog.
func (d *DB) RefusalByID(ctx context.Context, id string) (store.Refusal, error) {
	if !plausible(id) {
		return store.Refusal{}, store.ErrNotFound
	}
	return d.refusal(ctx, " WHERE id = ?", id)
}

// RefusalByRequest implements store.RefusalLog.
func (d *DB) RefusalByRequest(ctx context.Context, requestID string) (store.Refusal, error) {
	if !plausible(requestID) {
		return store.Refusal{}, store.ErrNotFound
	}
	return d.refusal(ctx, " WHERE request_id = ? ORDER BY seq DESC LIMIT 1", requestID)
}

func (d *DB) refusal(ctx context.Context, condition string, key any) (r store.Refusal, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, refusalsFrom+condition, []any{key}, refusalTable.dest(&r)...)
	})
	if err != nil {
		return store.Refusal{}, err
	}
	return r, nil
}

// ListRefusals implements store.RefusalLog.
func (d *DB) ListRefusals(ctx context.Context, q store.RefusalQuery) (refusals []store.Refusal, err error) {
	s := bound(refusalsFrom + " WHERE 1 = 1")
	if q.ClientID != "" {
		s.add(" AND client_id = ?", text(q.ClientID, 255))
	}
	if q.Kind != "" {
		s.add(" AND kind = ?", text(q.Kind, 64))
	}
	if q.Before > 0 {
		s.add(" AND seq < ?", q.Before)
	}
	s.add(" ORDER BY seq DESC LIMIT ?", q.Limit)
	err = d.Read(ctx, func(db *gorm.DB) error {
		refusals, err = refusalTable.all(db, s.String(), s.args...)
		return err
	})
	return refusals, err
}

// GroupRefusals implements store.RefusalLog. It reads the rows since then; their number is
// bounded.
func (d *DB) GroupRefusals(ctx context.Context, since time.Time, n int) (groups []store.RefusalGroup, err error) {
	query := "SELECT kind, client_id, SUM(times) AS total, MAX(last_at), MAX(seq) FROM refusals" + d.along("refusals_at") + " WHERE at >= ?" +
		" GROUP BY kind, client_id ORDER BY total DESC, kind, client_id LIMIT ?"
	err = d.Read(ctx, func(db *gorm.DB) error {
		groups = nil
		return engine.Rows(db, query, []any{millis(since), n}, func(s engine.Scanner) error {
			var g store.RefusalGroup
			if err := s.Scan(&g.Kind, &g.ClientID, &g.Times, (*moment)(&g.LastAt), &g.LastSeq); err != nil {
				return err
			}
			groups = append(groups, g)
			return nil
		})
	})
	return groups, err
}

// SweepRefusals implements store.RefusalLog.
func (d *DB) SweepRefusals(ctx context.Context, limit time.Time, newest int64, n int) (int64, error) {
	var last int64
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT COALESCE(MAX(seq), 0) FROM refusals", nil, &last)
	})
	if err != nil {
		return 0, err
	}
	swept, err := d.Sweep(ctx, "refusals", "seq", "at < ?", n, millis(limit))
	if err != nil || swept == int64(n) {
		return swept, err
	}
	more, err := d.Sweep(ctx, "refusals", "seq", "seq <= ?", n-int(swept), last-newest)
	return swept + more, err
}
