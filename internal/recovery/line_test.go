package recovery_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gatehouse/internal/audit"
	"gatehouse/internal/clock"
	"gatehouse/internal/recovery"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/rescue"
)

// branches are a database of which two backups were made and that was used afterwards,
// the two backups, and the database that the older backup became.
type branches struct {
	main, older, newer, present *sqlstore.DB
}

func copied(t *testing.T, dsn string) (*sqlstore.DB, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := rescue.Backup(t.Context(), dsn, file); err != nil {
		t.Fatalf("backing the database up: %v", err)
	}
	return open(t, "sqlite:"+file), "sqlite:" + file
}

// comes makes a person and an app for each name, later than all earlier ones.
func comes(t *testing.T, db store.DB, names ...string) {
	t.Helper()
	for _, name := range names {
		time.Sleep(2 * time.Millisecond)
		write(t, db, func(tx store.Tx) error {
			id, err := tx.CreateUser(newUser(name, store.RoleUser))
			if err != nil {
				return err
			}
			if err := tx.CreateClient(store.Client{ID: "app-" + name, Name: name, CreatedAt: time.Now()}); err != nil {
				return err
			}
			if err := tx.PutConsent(store.Consent{UserID: id, ClientID: "app-" + name, Scope: "openid", GrantedAt: time.Now()}); err != nil {
				return err
			}
			return tx.Audit(audit.Event{Actor: "cli", Subject: audit.UserSubject("sub-" + name), What: audit.UserCreated{}}.Record(t.Context(), time.Now()))
		})
	}
}

func goes(t *testing.T, db store.DB, name string) {
	t.Helper()
	u, err := db.UserByName(t.Context(), name)
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	write(t, db, func(tx store.Tx) error {
		if err := tx.DeleteClient("app-"+name, time.Now()); err != nil {
			return err
		}
		return tx.DeleteUser(u.ID)
	})
}

// wasRestored records that a database was restored, as the command does.
func wasRestored(t *testing.T, db store.DB, kept string) {
	t.Helper()
	point, err := recovery.PointOf(t.Context(), db)
	if err != nil || point.IsZero() {
		t.Fatalf("reading when the database was restored: %v, %v; want a time", point, err)
	}
	time.Sleep(2 * time.Millisecond)
	e := audit.Event{Actor: "cli", What: audit.DatabaseRestored{Backup: "older", Until: point.Format(time.RFC3339Nano), Kept: kept}}
	if err := db.Audit(t.Context(), e.Record(t.Context(), time.Now())); err != nil {
		t.Fatalf("recording the audit event: %v", err)
	}
}

func branch(t *testing.T) (b branches, mainDSN, presentDSN string) {
	t.Helper()
	mainDSN = testdb.SQLite(t)
	b.main = open(t, mainDSN)
	addKey(t, b.main, "k1", 1, "m")
	comes(t, b.main, "early", "early-gone")
	b.older, _ = copied(t, mainDSN)
	b.present, presentDSN = copied(t, mainDSN)
	comes(t, b.main, "late", "late-off", "late-gone")
	b.newer, _ = copied(t, mainDSN)

	goes(t, b.main, "late-gone")
	for name, change := range map[string]store.UserChange{"late": {PasswordHash: new("another")}, "late-off": {Active: new(false)}} {
		u, err := b.main.UserByName(t.Context(), name)
		if err != nil {
			t.Fatalf("looking up the user by name: %v", err)
		}
		write(t, b.main, func(tx store.Tx) error {
			if _, err := tx.DeleteConsent(u.ID, "app-"+name); err != nil {
				return err
			}
			return tx.UpdateUser(u.ID, change)
		})
	}
	return b, mainDSN, presentDSN
}

var lists = cmp.Options{cmpopts.SortSlices(func(a, b string) bool { return a < b }), cmpopts.EquateEmpty()}

// carries compares what is carried over from the present database into a backup. Kept is
// the database that the older backup replaced; nil: it has been deleted.
func carries(t *testing.T, backup, present, kept *sqlstore.DB, want recovery.Carried) {
	t.Helper()
	over := &recovery.CarryOver{
		Restored: backup, Replaced: present, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal,
		Kept: func(_ context.Context, name string) (recovery.Replaced, error) {
			if name != "main.db" || kept == nil {
				return nil, fs.ErrNotExist
			}
			return kept, nil
		},
	}
	got, err := over.Do(t.Context())
	if diff := cmp.Diff(want, got, lists); err != nil || diff != "" {
		t.Errorf("%v (- want, + got):\n%s", err, diff)
	}
}

// TestANewerBackupAfterAnOlder: people who signed up between the two backups were never
// in the database that the older one became, so they were not deleted there. The database
// that it replaced knows what was taken from them.
func TestANewerBackupAfterAnOlder(t *testing.T) {
	b, _, _ := branch(t)
	wasRestored(t, b.present, "main.db")
	goes(t, b.present, "early-gone")
	comes(t, b.present, "other")
	carries(t, b.newer, b.present, b.main, recovery.Carried{
		Deactivated: []string{"early-gone", "late-gone", "late-off"}, Disabled: []string{"app-early-gone", "app-late-gone"},
		Passwords: 1, Consents: 2, Lost: 1,
	})
}

// TestANewerBackupWithoutWhatWasReplaced: these people stay as they are in the backup, and
// are named.
func TestANewerBackupWithoutWhatWasReplaced(t *testing.T) {
	untold := []string{"late", "late-off", "late-gone", "app-late", "app-late-off", "app-late-gone"}
	for name, kept := range map[string]string{"it is gone": "main.db", "it could not be read even then": ""} {
		t.Run(name, func(t *testing.T) {
			b, _, _ := branch(t)
			wasRestored(t, b.present, kept)
			goes(t, b.present, "early-gone")
			carries(t, b.newer, b.present, nil, recovery.Carried{
				Deactivated: []string{"early-gone"}, Disabled: []string{"app-early-gone"}, Untold: untold, Missing: kept,
			})
		})
	}
}

// TestWhoIsMissingWasTakenAway: a person missing from a database that grew out of the
// backup, in whatever way, was deleted there. So was one missing from a database that does
// not say from which point it was restored.
func TestWhoIsMissingWasTakenAway(t *testing.T) {
	t.Run("a backup from after the restore", func(t *testing.T) {
		b, _, presentDSN := branch(t)
		wasRestored(t, b.present, "main.db")
		comes(t, b.present, "after")
		backup, _ := copied(t, presentDSN)
		goes(t, b.present, "after")
		carries(t, backup, b.present, b.main, recovery.Carried{Deactivated: []string{"after"}, Disabled: []string{"app-after"}})
	})
	t.Run("the older backup once more", func(t *testing.T) {
		b, _, _ := branch(t)
		wasRestored(t, b.present, "main.db")
		goes(t, b.present, "early-gone")
		carries(t, b.older, b.present, b.main, recovery.Carried{Deactivated: []string{"early-gone"}, Disabled: []string{"app-early-gone"}})
	})
	t.Run("the older backup after the newer", func(t *testing.T) {
		b, _, _ := branch(t)
		wasRestored(t, b.newer, "present.db")
		goes(t, b.newer, "early-gone")
		carries(t, b.older, b.newer, nil, recovery.Carried{Deactivated: []string{"early-gone"}, Disabled: []string{"app-early-gone"}, Lost: 3})
	})
	t.Run("the replaced database comes back", func(t *testing.T) {
		b, mainDSN, _ := branch(t)
		wasRestored(t, b.present, "main.db")
		goes(t, b.present, "early-gone")
		backup, _ := copied(t, mainDSN)
		carries(t, backup, b.present, b.main, recovery.Carried{Deactivated: []string{"early-gone"}, Disabled: []string{"app-early-gone"}})
	})
	t.Run("restored by a version that did not say", func(t *testing.T) {
		b, _, _ := branch(t)
		e := audit.Event{Actor: "cli", What: audit.DatabaseRestored{Backup: "older"}}
		if err := b.present.Audit(t.Context(), e.Record(t.Context(), time.Now())); err != nil {
			t.Fatalf("recording the audit event: %v", err)
		}
		carries(t, b.newer, b.present, b.main, recovery.Carried{
			Deactivated: []string{"late", "late-off", "late-gone"}, Disabled: []string{"app-late", "app-late-off", "app-late-gone"},
		})
	})
}

// TestALineThatLeadsBackToItselfEnds, whatever the databases say.
func TestALineThatLeadsBackToItselfEnds(t *testing.T) {
	b, _, _ := branch(t)
	wasRestored(t, b.present, "main.db")
	over := &recovery.CarryOver{
		Restored: b.newer, Replaced: b.present, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal,
		Kept: func(context.Context, string) (recovery.Replaced, error) { return b.present, nil },
	}
	done, err := over.Do(t.Context())
	if err != nil || len(done.Untold) != 6 {
		t.Errorf("carried over: %+v, %v; want six untold", done, err)
	}
}
