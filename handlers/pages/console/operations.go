package console

import (
	"context"
	"time"

	"gatehouse/config"
	"gatehouse/handlers"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/keys"
	"gatehouse/store"
)

// The paths of the pages about the server itself.
const (
	keysPath     = consolePath + "/keys"
	retirePath   = keysPath + "/retire"
	sessionsPath = consolePath + "/sessions"
	settingsPath = consolePath + "/settings"
)

// Operations are what the pages about the server itself need: keys, audit log, sessions and
// settings.
type Operations struct {
	Keys     ring
	Schedule KeySchedule
	Log      evidence
	Records  liveRecords
	Names    events.Directory
	Sessions sessionEnder
	Browsers browserEnder
	Cursors  cursor.Sealer
	// Settings are those in force, without what is secret.
	Settings []config.Shown
}

// A KeySchedule says how long a key signs, is published before, and verifies afterwards.
type KeySchedule struct{ RotateEvery, PublishLead, VerifyFor time.Duration }

type ring interface {
	List(ctx context.Context) ([]keys.Status, error)
	Rotate(ctx context.Context, algorithm, actor string) (keys.Status, error)
	Retire(ctx context.Context, kid, actor string) error
}

type evidence interface {
	ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error)
}

// liveRecords read what the pages list.
type liveRecords interface {
	NewestSessions(ctx context.Context, after store.Mark, now time.Time, n int) (store.SessionPage, error)
	EndedSessions(ctx context.Context, n int) ([]store.SessionOf, error)
	NewestBrowsers(ctx context.Context, after store.Mark, now time.Time, n int) (store.BrowserPage, error)
	CountSessionsUpTo(ctx context.Context, clientID string, most int, now time.Time) (int64, error)
	UserByName(ctx context.Context, key string) (store.User, error)
	UserByID(ctx context.Context, id int64) (store.User, error)
	ClientByID(ctx context.Context, id string) (store.Client, error)
}

type sessionEnder interface {
	End(ctx context.Context, actor, sid string, userID int64, reason store.EndReason) (bool, error)
}

type browserEnder interface {
	EndFor(ctx context.Context, actor string, u store.User, id string) (bool, error)
}

// operationRoutes are the routes of these pages.
func (e Endpoints) operationRoutes() []handlers.Route {
	o := e.Operations
	audit := Audit{Site: e.Site, People: e.Browsing, Operations: o}
	keys, sessions, settings := Keys{e.Site, o}, Sessions{e.Site, o}, Settings{e.Site, o.Settings}
	return []handlers.Route{
		e.shown(auditPath, authz.InspectPeople, audit.Show),
		e.shown(auditPath+"/export", authz.InspectPeople, audit.Export),
		e.shown(auditPath+"/{id}", authz.InspectPeople, audit.ShowOne),
		e.shown(keysPath, authz.ManageClients, keys.Show),
		e.sent(keysPath, authz.ManageClients, keys.Rotate),
		e.shown(retirePath, authz.ManageClients, keys.ShowRetire),
		e.sent(retirePath, authz.ManageClients, keys.Retire),
		e.shown(sessionsPath, authz.InspectPeople, sessions.Show),
		e.sent(sessionsPath, authz.ChangePeople, sessions.End),
		e.shown(settingsPath, authz.ManageClients, settings.Show),
	}
}
