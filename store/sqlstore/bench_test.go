package sqlstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlstore"
	"gatehouse/store/storetest"
)

// BenchmarkHotPaths measures the calls of every request, for a single caller.
func BenchmarkHotPaths(b *testing.B) {
	for name, dsn := range backends {
		db, err := sqlstore.Open(b.Context(), sqlstore.Options{DSN: dsn(b)})
		if err != nil {
			b.Fatalf("opening the store: %v", err)
		}
		defer db.Close()
		if err := db.Migrate(b.Context()); err != nil {
			b.Fatalf("migrating the database: %v", err)
		}
		cookie := store.DigestOf("cookie")
		session := store.Session{ID: "S", ExpiresAt: time.Now().Add(time.Hour), Rotation: storetest.NextRotation(store.Rotation{})}
		err = db.Write(b.Context(), func(tx store.Tx) (err error) {
			session.UserID, err = tx.CreateUser(store.User{Sub: "s", UsernameKey: "ann", EmailKey: "ann@x", Role: store.RoleUser, Active: true})
			if err != nil {
				return err
			}
			if err := tx.CreateClient(store.Client{ID: "shop", GrantTypes: []string{"password"}, Secrets: make([]store.ClientSecret, 2)}); err != nil {
				return err
			}
			browser := store.BrowserSession{ID: "B", Cookie: cookie, UserID: session.UserID, SignIn: store.SignIn{AMR: []string{"pwd"}}, IP: "192.0.2.1", UserAgent: "Firefox"}
			return errors.Join(tx.CreateSession(session), tx.CreateBrowser(browser))
		})
		if err == nil {
			err = db.AddCode(b.Context(), store.AuthCode{Digest: cookie, SessionID: "S", ClientID: "shop", UserID: session.UserID, SignIn: store.SignIn{AMR: []string{"pwd"}}, ExpiresAt: time.Now()})
		}
		if err != nil {
			b.Fatalf("filling the database: %v", err)
		}
		last := session.Rotation
		for path, run := range map[string]func(i int) error{
			"SessionWithUser": func(int) error { _, _, err := db.SessionWithUser(b.Context(), "S"); return err },
			"SessionInUse":    func(int) error { _, _, err := db.SessionInUse(b.Context(), "S"); return err },
			"UserByName":      func(int) error { _, err := db.UserByName(b.Context(), "ann"); return err },
			"ClientByID":      func(int) error { _, err := db.ClientByID(b.Context(), "shop"); return err },
			"BrowserWithUser": func(int) error { _, _, err := db.BrowserWithUser(b.Context(), cookie); return err },
			"CodeByDigest":    func(int) error { _, err := db.CodeByDigest(b.Context(), cookie); return err },
			"TokenRevoked":    func(int) error { _, err := db.TokenRevoked(b.Context(), "none", time.Now()); return err },
			"Rotate": func(int) error {
				next := storetest.NextRotation(last)
				_, outcome, err := db.Rotations().Rotate(b.Context(), "S", store.Step{Gen: last.Gen, JTI: last.JTI, Known: last, Next: next})
				if outcome != store.Rotated && err == nil {
					err = fmt.Errorf("outcome %d", outcome)
				}
				last = next
				return err
			},
			"Audit": func(int) error { return db.Audit(b.Context(), store.AuditEvent{Kind: "x", At: time.Now()}) },
			"Write": func(i int) error {
				return db.Write(b.Context(), func(tx store.Tx) error {
					if err := tx.UpdateUser(session.UserID, store.UserChange{LastLoginAt: new(time.Now()), IfActive: true}); err != nil {
						return err
					}
					return tx.Audit(store.AuditEvent{Kind: "x", At: time.Now()})
				})
			},
		} {
			b.Run(name+"/"+path, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if err := run(i); err != nil {
						b.Fatalf("running the path: %v", err)
					}
				}
			})
		}
	}
}
