package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// partitioning is what a replica knows about the partitions of audit_log.
type partitioning struct {
	// byRow is set while old partitions cannot be dropped.
	byRow atomic.Bool
	// told is when the log was told of that, in milliseconds.
	told atomic.Int64
}

// movable is how many events a split may move: nobody writes meanwhile.
const movable = 10_000

// PartitionAudit implements store.AuditLog.
func (d *DB) PartitionAudit(ctx context.Context, now time.Time, keep time.Duration) error {
	if d.Dialect.Name != "mysql" {
		return nil
	}
	have, err := d.auditPartitions(ctx)
	if err != nil {
		return err
	}
	d.partitioned.byRow.Store(len(have) == 0) // somebody has undone the partitions
	if len(have) == 0 {
		return nil
	}
	return errors.Join(d.splitAudit(ctx, missing(have, now, keep), now), d.dropAudit(ctx, past(have, now.Add(-keep)), now))
}

// auditPartitions returns the partitions, the oldest first.
func (d *DB) auditPartitions(ctx context.Context) (all []partition, err error) {
	const list = "SELECT partition_name, CASE WHEN partition_description = 'MAXVALUE' THEN 0 ELSE CAST(partition_description AS SIGNED) END FROM information_schema.partitions" +
		" WHERE table_schema = DATABASE() AND table_name = 'audit_log' AND partition_name IS NOT NULL ORDER BY partition_ordinal_position"
	err = d.Read(ctx, func(db *gorm.DB) error {
		all = nil
		return engine.Rows(db, list, nil, func(s engine.Scanner) error {
			var p partition
			err := s.Scan(&p.name, &p.before)
			all = append(all, p)
			return err
		})
	})
	return all, err
}

// splitAudit splits partitions off later, unless it has too many events by now.
func (d *DB) splitAudit(ctx context.Context, off []partition, now time.Time) error {
	if len(off) == 0 {
		return nil
	}
	crowded, err := d.laterIsCrowded(ctx)
	if err != nil {
		return err
	}
	if crowded {
		d.tellOfPartitions(now, "the audit log has too many events for partitions to be made beside running servers; gatehouse doctor has the statement for a quiet hour", nil)
		return nil
	}
	err = d.Alter(ctx, func(s engine.Session) error {
		_, err := s.ExecContext(ctx, splitting(off))
		return err
	})
	return d.altered(err, now, "partitions of the audit log were made", off)
}

func (d *DB) laterIsCrowded(ctx context.Context) (bool, error) {
	n, err := d.Count(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM audit_log PARTITION ("+later+") LIMIT ?) AS few", movable+1)
	return n > movable, err
}

// dropAudit drops old partitions. If the account may not, their events are deleted as they are
// on SQLite.
func (d *DB) dropAudit(ctx context.Context, old []partition, now time.Time) error {
	if len(old) == 0 {
		return nil
	}
	err := d.Alter(ctx, func(s engine.Session) error {
		if err := keepCounter(ctx, s); err != nil {
			return err
		}
		_, err := s.ExecContext(ctx, dropping(old))
		return err
	})
	d.partitioned.byRow.Store(errors.Is(err, engine.ErrDenied))
	return d.altered(err, now, "old partitions of the audit log were dropped", old)
}

// keepCounter has every partition remember the next ID. The server takes it, when it starts,
// from the partition in which it is highest, which may be one that is about to go: then IDs
// would be given again.
func keepCounter(ctx context.Context, s engine.Session) error {
	rows, err := s.QueryContext(ctx, "SHOW CREATE TABLE audit_log")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err reports errors
	var name, made string
	for rows.Next() {
		if err := rows.Scan(&name, &made); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	next := regexp.MustCompile(`AUTO_INCREMENT=(\d+)`).FindStringSubmatch(made)
	if next == nil {
		return fmt.Errorf("the table audit_log does not say its next ID: %w", store.ErrNotFound)
	}
	_, err = s.ExecContext(ctx, "ALTER TABLE audit_log AUTO_INCREMENT = "+next[1]+", ALGORITHM = INPLACE")
	return err
}

// altered logs what was done, or why it was not. What the account may not do is no fault.
func (d *DB) altered(err error, now time.Time, done string, which []partition) error {
	switch {
	case err == nil:
		d.Options().Log.Info(done, "partitions", namesOfPartitions(which))
	case errors.Is(err, engine.ErrDenied):
		d.tellOfPartitions(now, "the audit log is swept row by row, because the database's account may not change its partitions; gatehouse doctor says what to grant", err)
		return nil
	case errors.Is(err, engine.ErrGaveUp):
		return fmt.Errorf("changing the partitions of the audit log, which a long transaction holds, such as a dump: %w", err)
	}
	return err
}

// tellOfPartitions logs why partitions cannot be changed, once a day.
func (d *DB) tellOfPartitions(now time.Time, what string, err error) {
	told := d.partitioned.told.Load()
	if now.UnixMilli()-told < day.Milliseconds() || !d.partitioned.told.CompareAndSwap(told, now.UnixMilli()) {
		return
	}
	d.Options().Log.Warn(what, "error", err)
}

// sweptByRow is where old events are deleted one by one: not in partitions that are dropped.
func (d *DB) sweptByRow(l logTable) string {
	if d.Dialect.Name == "mysql" && l == logTables[0] && !d.partitioned.byRow.Load() {
		return l.name + " PARTITION (" + later + ")"
	}
	return l.name
}
