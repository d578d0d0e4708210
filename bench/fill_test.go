package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"gatehouse/internal/names"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

func TestTheStoreFindsWhoWasFilledIn(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { testFilling(t, sqliteTopology(t.TempDir())) })
	t.Run("MariaDB", func(t *testing.T) {
		needsServices(t)
		topology, err := mariaDBTopology(context.WithoutCancel(t.Context()), t.TempDir(), 64)
		if err != nil {
			t.Fatalf("starting the MariaDB topology: %v", err)
		}
		defer topology.close()
		testFilling(t, topology)
	})
}

// needsServices skips where MariaDB or Redis is not installed, but not in CI.
func needsServices(t *testing.T) {
	testkit.Long(t)
	for _, program := range []string{"mariadbd", "mariadb-install-db", "redis-server"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") != "true" {
			t.Skipf("%s is not installed", program)
		} else if err != nil {
			t.Fatalf("looking for the services: %v", err)
		}
	}
}

func testFilling(t *testing.T, topology *topology) {
	ctx := t.Context()
	p, err := topology.place(ctx, "test")
	if err != nil {
		t.Fatalf("placing the processes: %v", err)
	}
	db, err := sqlstore.Open(ctx, sqlstore.Options{DSN: p.database, Now: time.Now, Timeout: time.Minute})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	if err := db.Migrate(ctx); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	if err := db.Close(); err != nil { // the file is not open elsewhere while it is filled
		t.Fatalf("closing the store: %v", err)
	}
	c := &crowd{size: 1000, browsers: 1000, codes: 10, hash: "hash", salt: "salt", now: time.Now(), rounds: 2}
	known := []signIn{{user: c.person(7), session: c.session(7, "kid")}}
	if err := fill(ctx, p, c, known); err != nil {
		t.Fatalf("filling the database: %v", err)
	}
	if db, err = sqlstore.Open(ctx, sqlstore.Options{DSN: p.database, Now: time.Now}); err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	defer db.Close()
	looksFilled(t, db, c, known[0])
}

func looksFilled(t *testing.T, db store.DB, c *crowd, known signIn) {
	ctx := t.Context()
	for _, name := range []string{username(7), c.person(7).Email} {
		if u, err := db.UserByName(ctx, names.Lookup(name)); err != nil || u.Sub != subject(c.salt, 7) || u.PasswordHash != c.hash {
			t.Errorf("%s: found %+v, %v; want the user as filled", name, u, err)
		}
	}
	s, u, err := db.SessionWithUser(ctx, known.session.ID)
	if err != nil || s.Rotation.JTI != known.session.Rotation.JTI || u.Sub != known.user.Sub {
		t.Errorf("session %+v of user %+v, %v; want those that were filled", s, u, err)
	}
	for _, q := range []struct {
		store.UserQuery
		want int64
	}{
		{store.UserQuery{OrderBy: store.ByID, Limit: 5}, 1000},
		{store.UserQuery{OrderBy: store.ByID, Limit: 5, Role: store.RoleStaff}, 10},
		{store.UserQuery{OrderBy: store.ByUsername, Limit: 5, Search: []string{c.prefix()}}, 10},
	} {
		page, err := db.ListUsers(ctx, q.UserQuery)
		if err != nil || page.Total != q.want || len(page.Users) != 5 {
			t.Errorf("%+v: %d people of %d, want %d, %v", q.UserQuery, len(page.Users), page.Total, q.want, err)
		}
	}
	for q, want := range map[store.AuditQuery]int{{Kind: "user.updated"}: 5, {Kind: "signin.refused"}: 1, {Subject: "user:" + subject(c.salt, 7)}: 2} {
		q.Limit = 5
		if events, err := db.ListAudit(ctx, q); err != nil || len(events) != want {
			t.Errorf("%+v: %d events, %v; want %d", q, len(events), err, want)
		}
	}
	err = db.Write(ctx, func(tx store.Tx) error { _, err := tx.CreateUser(c.person(7)); return err })
	if err == nil {
		t.Error("a name that is taken was given again, want a conflict: the indexes did not come back")
	}
}
