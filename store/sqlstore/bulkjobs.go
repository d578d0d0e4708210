package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// bulkColumns are the columns of an act on many people.
var bulkColumns = []column[store.BulkJob]{
	col("id", func(j *store.BulkJob) any { return &j.ID }),
	col("act", func(j *store.BulkJob) any { return &j.Act }),
	col("owner_id", func(j *store.BulkJob) any { return &j.OwnerID }),
	col("owner_sub", func(j *store.BulkJob) any { return &j.OwnerSub }),
	col("filter", func(j *store.BulkJob) any { return &j.Filter }),
	col("position", func(j *store.BulkJob) any { return &j.Position }),
	col("expected", func(j *store.BulkJob) any { return &j.Expected }),
	col("changed", func(j *store.BulkJob) any { return &j.Changed }),
	col("skipped", func(j *store.BulkJob) any { return &j.Skipped }),
	col("failed", func(j *store.BulkJob) any { return &j.Failed }),
	col("outcome", func(j *store.BulkJob) any { return &j.Outcome }),
	col("created_at", func(j *store.BulkJob) any { return (*moment)(&j.CreatedAt) }),
	col("finished_at", func(j *store.BulkJob) any { return (*moment)(&j.FinishedAt) }),
	col("holder", func(j *store.BulkJob) any { return &j.Holder }),
	col("held_until", func(j *store.BulkJob) any { return (*moment)(&j.HeldUntil) }),
}

var (
	bulkTable    = tableOf("bulk_jobs", "", bulkColumns)
	bulkProgress = part(bulkColumns, "position", "changed", "skipped", "failed", "held_until")
	bulkEnd      = part(bulkColumns, "position", "changed", "skipped", "failed", "outcome", "finished_at")
)

const (
	bulkDue  = "finished_at = 0 AND held_until <= ?"
	bulkHeld = " WHERE id = ? AND holder = ? AND finished_at = 0"
)

// AddBulkJob implements store.BulkJobs. Two at the same moment may be one too many.
func (d *DB) AddBulkJob(ctx context.Context, j store.BulkJob, most int) (added bool, err error) {
	err = d.Change(ctx, func(db *gorm.DB) error {
		full, err := engine.Exists(db, "SELECT 1 FROM bulk_jobs WHERE finished_at = 0 LIMIT 1 OFFSET ?", most-1)
		if added = err == nil && !full; !added {
			return err
		}
		return bulkTable.add(db, j)
	})
	return added, err
}

// BulkJobByID implements store.BulkJobs.
func (d *DB) BulkJobByID(ctx context.Context, id string) (j store.BulkJob, err error) {
	if !plausible(id) {
		return j, store.ErrNotFound
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT "+bulkTable.selected+" FROM bulk_jobs WHERE id = ?", []any{id}, bulkTable.dest(&j)...)
	})
	return j, err
}

// ListBulkJobs implements store.BulkJobs.
func (d *DB) ListBulkJobs(ctx context.Context, n int) (jobs []store.BulkJob, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		jobs, err = bulkTable.all(db, "SELECT "+bulkTable.selected+" FROM bulk_jobs ORDER BY created_at DESC, id LIMIT ?", n)
		return err
	})
	return jobs, err
}

// ClaimBulkJob implements store.BulkJobs. The UPDATE lets one caller have the job.
func (d *DB) ClaimBulkJob(ctx context.Context, holder string, now, until time.Time) (j store.BulkJob, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT "+bulkTable.selected+" FROM bulk_jobs WHERE "+bulkDue+" ORDER BY held_until, id LIMIT 1", []any{millis(now)}, bulkTable.dest(&j)...)
	})
	if err != nil {
		return store.BulkJob{}, err
	}
	var claimed int64
	err = d.Change(ctx, func(db *gorm.DB) (err error) {
		claimed, err = engine.Exec(db, "UPDATE bulk_jobs SET holder = ?, held_until = ? WHERE id = ? AND "+bulkDue, holder, millis(until), j.ID, millis(now))
		return err
	})
	if err != nil {
		return store.BulkJob{}, err
	}
	if claimed == 0 {
		return store.BulkJob{}, store.ErrNotFound
	}
	return d.BulkJobByID(ctx, j.ID)
}

// SaveBulkJob implements store.BulkJobs.
func (d *DB) SaveBulkJob(ctx context.Context, j store.BulkJob) (store.BulkOutcome, error) {
	var saved int64
	err := d.Change(ctx, func(db *gorm.DB) (err error) {
		saved, err = engine.Exec(db, "UPDATE bulk_jobs SET "+bulkProgress.set+bulkHeld, bulkProgress.values(&j, j.ID, j.Holder)...)
		return err
	})
	if err != nil {
		return "", err
	}
	if saved == 0 {
		return "", store.ErrNotFound
	}
	now, err := d.BulkJobByID(ctx, j.ID)
	return now.Outcome, err
}

// StopBulkJob implements store.BulkJobs.
func (d *DB) StopBulkJob(ctx context.Context, id string) (stopped bool, err error) {
	err = d.Change(ctx, func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE bulk_jobs SET outcome = ? WHERE id = ? AND finished_at = 0", store.BulkStopping, id)
		stopped = n > 0
		return err
	})
	return stopped, err
}

// FinishBulkJob implements store.BulkJobsTx.
func (t *tx) FinishBulkJob(j store.BulkJob) (finished bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE bulk_jobs SET "+bulkEnd.set+bulkHeld, bulkEnd.values(&j, j.ID, j.Holder)...)
		finished = n > 0
		return err
	})
	return finished, err
}

// SweepBulkJobs implements store.BulkJobs.
func (d *DB) SweepBulkJobs(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "bulk_jobs", "id", "finished_at > 0 AND finished_at < ?", n, millis(limit))
}
