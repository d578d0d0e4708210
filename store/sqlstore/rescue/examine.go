package rescue

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/finding"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/engine"
	"gatehouse/store/sqlstore/migrations"
)

// An Examination holds what Examine must know beside the database.
type Examination struct {
	// Replicas is how many servers there are, each with Options.MaxConns connections.
	Replicas int
	// MaxSessions is how many sessions a user may have in a client that has no limit of
	// its own; 0: any number.
	MaxSessions int
	// AuditKeep is how long events are kept.
	AuditKeep time.Duration
	Now       func() time.Time
}

// Examine reports how the database is set up, and what to change. It changes nothing.
func Examine(ctx context.Context, db *sqlstore.DB, e Examination) finding.List {
	d := examined{db}
	var found finding.List
	conn, err := d.Pool().Conn(ctx)
	if err != nil {
		found.Fault("database", "see that it runs and that this machine reaches it", "it does not answer: %s", engine.Translate(ctx, err))
		return found
	}
	defer func() { _ = conn.Close() }()
	d.latency(ctx, conn, e, &found)
	d.schema(ctx, conn, &found)
	d.epoch(ctx, e, &found)
	d.limits(ctx, e, &found)
	if d.Dialect.Name == "sqlite" {
		return d.examineSQLite(ctx, conn, found)
	}
	d.clockThere(ctx, e, &found)
	d.auditLog(ctx, e, &found)
	examineMySQL(ctx, conn, limits{conns: d.Options().MaxConns, replicas: max(e.Replicas, 1)}, &found)
	return found
}

// An examined database.
type examined struct{ *sqlstore.DB }

// latency takes the best of a few queries, which measures the network rather than the
// load.
func (d examined) latency(ctx context.Context, conn *sql.Conn, e Examination, found *finding.List) {
	const questions, slow = 5, 10 * time.Millisecond
	best := time.Hour
	for range questions {
		began := e.Now()
		var one int
		if err := conn.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
			found.Fault("database", "see that it runs and that this machine reaches it", "it does not answer: %s", engine.Translate(ctx, err))
			return
		}
		best = min(best, e.Now().Sub(began))
	}
	found.Judge(best < slow, "database latency", "bring the servers and the database closer together: every request queries it at least once",
		"%s for the shortest query", best.Round(time.Microsecond))
}

// schema compares the migrations with those of this program.
func (d examined) schema(ctx context.Context, conn *sql.Conn, found *finding.List) {
	all, err := migrations.Of(d.Dialect.Name)
	if err != nil {
		found.Fault("database schema", "report this", "%s", err)
		return
	}
	due, err := engine.Due(ctx, conn, all)
	if err != nil {
		d.noSchema(ctx, conn, err, found)
		return
	}
	done, err := engine.AppliedMigrations(ctx, conn)
	if err != nil {
		found.Fault("database schema", "see what the database says", "%s", engine.Translate(ctx, err))
		return
	}
	unknown := len(done) + len(due) - len(all)
	switch {
	case len(due) > 0:
		found.Warn("database schema", "start a server, which applies them, or run: gatehouse migrate up", "%d migrations are pending, the first is %04d_%s", len(due), due[0].Version, due[0].Name)
	case unknown > 0:
		found.Warn("database schema", "expected in the middle of an upgrade; otherwise use the newer version", "%d migrations come from a newer version than this one", unknown)
	default:
		found.OK("database schema", "up to date, %d migrations", len(done))
	}
}

// noSchema distinguishes a database that is still empty from one that cannot be read.
func (d examined) noSchema(ctx context.Context, conn *sql.Conn, err error, found *finding.List) {
	_, asked := engine.AppliedMigrations(ctx, conn)
	if engine.NoTable(asked) {
		found.Warn("database schema", "if it should not be empty, check that the settings name the right one, or restore a backup", "it is empty; the first start of a server makes the tables")
		return
	}
	found.Fault("database schema", "see what the database says", "%s", err)
}

// epoch looks for an epoch in the future, which refuses everybody until then.
func (d examined) epoch(ctx context.Context, e Examination, found *finding.List) {
	began, err := d.Epoch(ctx)
	switch {
	case err != nil: // the schema is older, which has been reported
	case began.After(e.Now().Add(time.Second)):
		found.Fault("epoch", "set the clocks right; if a wrong clock began the epoch: DELETE FROM epochs WHERE began_at > (the time now, in Unix milliseconds)",
			"it begins at %s, which is in the future: until then, nobody can sign in", began.Format(time.RFC3339))
	case began.IsZero():
		found.OK("epoch", "none yet")
	default:
		found.OK("epoch", "since %s", began.Format(time.RFC3339))
	}
}

// limits names the clients in which users have as many sessions as they may, so that each
// sign-in ends another one there, or is refused.
func (d examined) limits(ctx context.Context, e Examination, found *finding.List) {
	const named = 5
	at, err := d.ClientsAtLimit(ctx, e.MaxSessions, named)
	if err != nil {
		return // the schema is older, which has been reported, or there are too many sessions to count them now
	}
	if len(at) == 0 {
		found.OK("sessions", "nobody has as many in an app as they may")
		return
	}
	var apps []string
	for _, c := range at {
		apps = append(apps, fmt.Sprintf("%s (%d)", c.ClientID, c.Users))
	}
	found.Warn("sessions", "see why the app signs people in anew so often, rather than refresh; or give it a bound of its own: gatehouse client update APP --max-sessions N",
		"people have as many sessions as they may in these apps (and so many people): %s", strings.Join(apps, ", "))
}

func (d examined) clockThere(ctx context.Context, e Examination, found *finding.List) {
	asked := e.Now()
	there, err := d.Clock(ctx)
	if err != nil {
		return // that it does not answer has been reported
	}
	found.Clock("database clock", there, asked, e.Now())
}
