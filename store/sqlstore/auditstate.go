package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store/sqlstore/engine"
)

// An AuditState says how the audit log is partitioned.
type AuditState struct {
	// Partitions is how many there are; 0: on SQLite, or somebody has undone them.
	Partitions int
	// First and Last are when the first and the last one end; zero if there is only the one
	// without an end.
	First, Last time.Time
	// Waiting is when the oldest event happened that is in the one without an end.
	Waiting time.Time
	// Crowded means that servers cannot split that any more, and Split is the statement that can.
	Crowded bool
	Split   string
}

// AuditState returns how the audit log is partitioned.
func (d *DB) AuditState(ctx context.Context, now time.Time, keep time.Duration) (s AuditState, err error) {
	if d.Dialect.Name != "mysql" {
		return s, nil
	}
	have, err := d.auditPartitions(ctx)
	if err != nil || len(have) == 0 {
		return s, err
	}
	s = AuditState{Partitions: len(have), Split: splitting(missing(have, now, keep))}
	if len(have) > 1 {
		s.First, s.Last = time.UnixMilli(have[0].before).UTC(), time.UnixMilli(have[len(have)-2].before).UTC()
	}
	if s.Crowded, err = d.laterIsCrowded(ctx); err != nil {
		return s, err
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT COALESCE(MIN(happened_at), 0) FROM audit_log PARTITION ("+later+")", nil, (*moment)(&s.Waiting))
	})
	return s, err
}
