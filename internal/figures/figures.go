// Package figures says which figures operators see of a running server, beside those that
// requests, sign-ins and sweeping count by themselves. What a figure is read from is given
// to it, and is read only when somebody asks; the sizes of the tables are the exception.
package figures

import (
	"context"
	"database/sql"

	"gatehouse/internal/metrics"
	"gatehouse/internal/session"
)

// A Backend can be left unasked for a while because it hangs.
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
	// Parts says which parts that readiness depends on are in order.
	Parts func(context.Context) map[string]float64
	Keys  Keys
}

// Register adds the figures to m. Their reading ends with ctx.
func Register(ctx context.Context, m *metrics.Metrics, s Sources) {
	for _, what := range []session.Event{session.Started, session.Refreshed, session.Ended, session.Reused} {
		m.Sessions(string(what), 0) // so that the first alarm is a rise from 0, which alerts see, and no new series
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
	m.GaugeBy("gatehouse_backend_refusing", "1 while a back-end hangs and is not asked.", "backend", s.refusing)
	m.GaugeBy("gatehouse_signing_keys", "Signing keys, by what they do.", "state", func() map[string]float64 { return s.Keys.byState(ctx) })
	m.Gauge("gatehouse_signing_key_due_timestamp_seconds", "When the next signing key is to take over, in Unix time; NaN while there is no key.", func() float64 { return s.Keys.due(ctx) })
}

func (s Sources) refusing() map[string]float64 {
	refusing := map[string]float64{"database": truth(s.Database.Refusing())}
	if s.Redis != nil {
		refusing["redis"] = truth(s.Redis.Refusing())
	}
	return refusing
}

// truth is 1 for true and 0 for false.
func truth(so bool) float64 {
	if so {
		return 1
	}
	return 0
}
