package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gatehouse/config"
	"gatehouse/internal/finding"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// auditLate is how old an event may be before it should be in the sink: more than an event
// is waited for.
const auditLate = time.Minute

// AuditSink examines where the audit log is written besides the database, and whether it is.
func AuditSink(ctx context.Context, cfg config.Config, database sqlstore.Options, now func() time.Time) (found finding.List) {
	const check = "audit sink"
	if cfg.AuditSink == "" {
		return nil
	}
	if err := appendable(cfg.AuditFile()); err != nil {
		found.Fault(check, "correct GATEHOUSE_AUDIT_SINK, or let this user write there", "%s", err)
		return found
	}
	waiting, err := waitingSince(ctx, database)
	if errors.Is(err, store.ErrNotFound) {
		found.OK(check, "%s, from the first start with it on", cfg.AuditSink)
	}
	if err != nil {
		return found // Database reports that
	}
	late := !waiting.IsZero() && now().Sub(waiting) > auditLate
	found.Judge(!late, check, "see the log of the servers for why it cannot be written; no event is lost until GATEHOUSE_AUDIT_KEEP",
		"%s, %s", cfg.AuditSink, sinkState(waiting))
	return found
}

// waitingSince returns when the first event happened that was not delivered; zero if there is none.
func waitingSince(ctx context.Context, database sqlstore.Options) (first time.Time, err error) {
	db, ok, err := open(ctx, database)
	if err != nil {
		return first, err
	}
	if !ok {
		return first, store.ErrNotFound
	}
	defer func() { _ = db.Close() }() // only read
	parts, err := db.AuditDelivery(ctx)
	for _, at := range parts {
		if first.IsZero() || !at.Waiting.IsZero() && at.Waiting.Before(first) {
			first = at.Waiting
		}
	}
	return first, err
}

func sinkState(waiting time.Time) string {
	if waiting.IsZero() {
		return "which has every event"
	}
	return "in which events are missing since " + waiting.UTC().Format(time.RFC3339)
}

// appendable returns why lines cannot be added to a file, without making it.
func appendable(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0) //nolint:gosec // G304: the operator names the file
	switch {
	case err == nil:
		return f.Close()
	case errors.Is(err, syscall.ENXIO): // a pipe without a reader
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	info, err := os.Stat(filepath.Dir(path))
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	return err
}
