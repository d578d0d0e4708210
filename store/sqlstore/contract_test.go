package sqlstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
	"gatehouse/store/storetest"
)

func TestMain(m *testing.M) {
	testkit.Parallel(32) // the tests of throttles wait for delays to end
	os.Exit(m.Run())
}

// backends are the databases that every promise is tested on.
var backends = map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "mysql": testdb.GuardedMySQL}

// onEach runs a test on every back-end, with a function that opens a fresh
// database.
func onEach(t *testing.T, run func(t *testing.T, open func(*testing.T) *sqlstore.DB)) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T) *sqlstore.DB { return migrated(t, dsn(t)) })
		})
	}
}

// patience is the time-out of the tests: many tests share two cores.
const patience = 20 * time.Second

// connect opens a database without migrating it.
func connect(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: patience})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// migrated opens a database with the current schema. To make a SQLite database takes
// longer than most tests, so a new one is a copy of an empty one.
func migrated(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	if file, isFile := strings.CutPrefix(dsn, "sqlite:"); isFile {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			copyOfEmpty(t, file)
		}
	}
	db := connect(t, dsn)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	return db
}

// empty returns the bytes of a migrated SQLite file.
var empty = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "gatehouse-sqlstore-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "empty.db")
	db, err := sqlstore.Open(context.Background(), sqlstore.Options{DSN: "sqlite:" + file, Timeout: patience})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func copyOfEmpty(t *testing.T, file string) {
	t.Helper()
	content, err := empty()
	if err != nil {
		t.Fatalf("copying the empty database: %v", err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
}

func TestDB(t *testing.T) {
	onEach(t, func(t *testing.T, open func(*testing.T) *sqlstore.DB) {
		storetest.DB(t, func(t *testing.T) store.DB { return open(t) })
	})
}

func TestRaces(t *testing.T) {
	testkit.Long(t)
	onEach(t, func(t *testing.T, open func(*testing.T) *sqlstore.DB) {
		storetest.Races(t, func(t *testing.T) store.DB { return open(t) })
	})
}

// TestRacesOfReplicas is TestRaces where every second transaction comes from
// another server.
func TestRacesOfReplicas(t *testing.T) {
	testkit.Long(t)
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			storetest.Races(t, func(t *testing.T) store.DB {
				dsn := dsn(t)
				return &replicas{DB: migrated(t, dsn), other: connect(t, dsn)}
			})
		})
	}
}

// replicas are two servers on one database.
type replicas struct {
	store.DB
	other store.DB
	turn  atomic.Int64
}

func (r *replicas) either() store.DB {
	if r.turn.Add(1)%2 == 0 {
		return r.other
	}
	return r.DB
}

func (r *replicas) Write(ctx context.Context, f func(store.Tx) error) error {
	return r.either().Write(ctx, f)
}

func (r *replicas) MissCode(ctx context.Context, d store.Digest) (int, error) {
	return r.either().MissCode(ctx, d)
}

func (r *replicas) MissChallenge(ctx context.Context, d store.Digest) (int, error) {
	return r.either().MissChallenge(ctx, d)
}

func (r *replicas) UsePushed(ctx context.Context, d store.Digest, c store.AuthCode) (bool, error) {
	return r.either().UsePushed(ctx, d, c)
}

func (r *replicas) RevokeToken(ctx context.Context, jti string, expires time.Time, e store.AuditEvent) (bool, error) {
	return r.either().RevokeToken(ctx, jti, expires, e)
}

func (r *replicas) PollDevice(ctx context.Context, d store.Digest, now time.Time) (bool, error) {
	return r.either().PollDevice(ctx, d, now)
}

func (r *replicas) UseOnce(ctx context.Context, key store.Digest, expires time.Time) (bool, error) {
	return r.either().UseOnce(ctx, key, expires)
}

func (r *replicas) ClaimNotices(ctx context.Context, clientID string, now, again time.Time, n int) ([]store.LogoutNotice, error) {
	return r.either().ClaimNotices(ctx, clientID, now, again, n)
}

func (r *replicas) AddSigningKey(ctx context.Context, k store.SigningKey, e store.AuditEvent) error {
	return r.either().AddSigningKey(ctx, k, e)
}

func TestThrottles(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) *sqlstore.DB) {
		t.Parallel()
		storetest.Throttles(t, func(t *testing.T) store.Throttles { return open(t).Throttles() })
	})
}

func TestRotations(t *testing.T) {
	onEach(t, func(t *testing.T, open func(*testing.T) *sqlstore.DB) {
		storetest.Rotations(t, func(t *testing.T) storetest.RotationsFixture { return rotations(open(t)) })
	})
}

func rotations(db *sqlstore.DB) storetest.RotationsFixture {
	return storetest.RotationsFixture{
		Rotations: db.Rotations(),
		NewSession: func(t *testing.T) (string, store.Rotation) {
			s := store.Session{ID: rand.Text(), UserID: 1, ExpiresAt: time.Now().Add(time.Hour),
				Rotation: storetest.NextRotation(store.Rotation{})}
			write(t, db, func(tx store.Tx) error { return tx.CreateSession(s) })
			return s.ID, s.Rotation
		},
		End: func(t *testing.T, sid string) {
			write(t, db, func(tx store.Tx) error {
				_, err := tx.EndSession(sid, 0, "test", time.Now())
				return err
			})
		},
	}
}

func write(t *testing.T, db store.DB, f func(store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the database: %v", err)
	}
}
