// Package figures registers the metrics of a running server that requests, sign-ins and
// sweeping do not count themselves. It receives the sources of the figures and reads them
// only when the metrics are requested; the sizes of the tables are the exception.
package figures

import (
	"context"
	"database/sql"
	"math"

	"gatehouse/internal/metrics"
	"gatehouse/internal/session"
)

// A Backend reports whether it is skipped for a while because it hangs.
type Backend interface{ Refusing() bool }

// Sources are what the figures are read from.
type Sources struct {
	Database interface {
		Backend
		Stats() sql.DBStats
	}
	Redis     Backend // nil without Redis
	Passwords interface {
		Load() (working, waiting int64)
	}
	// Parts returns the state of each part that readiness depends on: 1 if it is in order,
	// else 0.
	Parts func(context.Context) map[string]float64
	Keys  Keys
	// Mails counts the messages that wait, as far as most; nil without a mail server.
	Mails func(ctx context.Context, most int) (int, error)
}

// manyMails is more than there may be.
const manyMails = 1_000_000

// Register adds the figures to m. Reading them ends with ctx.
func Register(ctx context.Context, m *metrics.Metrics, s Sources) {
	for _, what := range []session.Event{session.Started, session.Refreshed, session.Ended, session.Reused} {
		m.Sessions(string(what), 0) // alerts see the first rise from 0, but not the start of a new series
	}
	m.Pool(s.Database.Stats)
	m.Gauge("gatehouse_password_hashes_working", "Password hashes being made.", func() float64 {
		working, _ := s.Passwords.Load()
		return float64(working)
	})
	m.Gauge("gatehouse_password_hashes_waiting", "Sign-ins that wait for their turn to hash.", func() float64 {
		_, waiting := s.Passwords.Load()
		return float64(waiting)
	})
	m.GaugeBy("gatehouse_part_up", "1 while a part that readiness depends on is in order, else 0; at most a few seconds old.", "part", func() map[string]float64 { return s.Parts(ctx) })
	m.GaugeBy("gatehouse_backend_refusing", "1 while a back-end hangs and is skipped, else 0.", "backend", s.refusing)
	m.GaugeBy("gatehouse_signing_keys", "Signing keys, by what they do.", "state", func() map[string]float64 { return s.Keys.byState(ctx) })
	if s.Mails != nil {
		m.Gauge("gatehouse_mails_waiting", "Messages that wait for the mail server; NaN while they cannot be counted.", func() float64 { return s.waitingMails(ctx) })
	}
	m.Gauge("gatehouse_signing_key_due_timestamp_seconds", "When the next signing key is due to take over, in Unix time; NaN until a key is in force.", func() float64 { return s.Keys.due(ctx) })
}

func (s Sources) waitingMails(ctx context.Context) float64 {
	n, err := s.Mails(ctx, manyMails)
	if err != nil {
		return math.NaN()
	}
	return float64(n)
}

func (s Sources) refusing() map[string]float64 {
	refusing := map[string]float64{"database": truth(s.Database.Refusing())}
	if s.Redis != nil {
		refusing["redis"] = truth(s.Redis.Refusing())
	}
	return refusing
}

// truth returns 1 for true and 0 for false.
func truth(so bool) float64 {
	if so {
		return 1
	}
	return 0
}
