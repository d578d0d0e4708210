package recovery_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/clock"
	"gatehouse/internal/recovery"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

func open(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	return db
}

func write(t *testing.T, db store.DB, f func(store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the database: %v", err)
	}
}

func newUser(name string, role store.Role) store.User {
	return store.User{
		Sub: "sub-" + name, Username: name, UsernameKey: name, Email: name + "@x.example", EmailKey: name + "@x.example",
		Role: role, Active: true, PasswordHash: "hash of " + name, JoinedAt: time.Now(),
	}
}

// then fills a database as it was at the backup: people, an app of each kind, two keys.
func then(t *testing.T, db store.DB) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		for _, u := range []store.User{
			newUser("ann", store.RoleUser), newUser("boss", store.RoleAdmin), newUser("gone", store.RoleUser), newUser("off", store.RoleStaff), newUser("up", store.RoleUser),
		} {
			id, err := tx.CreateUser(u)
			if err != nil {
				return err
			}
			if err := tx.PutConsent(store.Consent{UserID: id, ClientID: "shop", Scope: "openid", GrantedAt: time.Now()}); err != nil {
				return err
			}
		}
		for _, id := range []string{"erased", "leaky", "off", "shop"} {
			if err := tx.CreateClient(store.Client{ID: id, Name: id, Secrets: []store.ClientSecret{{Digest: store.DigestOf("old " + id)}}}); err != nil {
				return err
			}
		}
		return nil
	})
	for i, kid := range []string{"k1", "k2"} {
		addKey(t, db, kid, int64(i+1), "m")
	}
}

// reseal has the master keys m and n.
func reseal(k store.SigningKey, under string) (store.SigningKey, error) {
	if k.MasterKeyID != "m" && k.MasterKeyID != "n" {
		return k, errors.New("an unknown master key")
	}
	k.MasterKeyID, k.Sealed = under, []byte(under)
	return k, nil
}

func addKey(t *testing.T, db store.DB, kid string, generation int64, master string) {
	t.Helper()
	k := store.SigningKey{ID: kid, Generation: generation, Algorithm: "RS256", Public: []byte{1}, Sealed: []byte{1}, MasterKeyID: master, CreatedAt: time.Now(), SignFrom: time.Now()}
	if err := db.AddSigningKey(t.Context(), k, store.AuditEvent{At: time.Now(), Kind: "key.created"}); err != nil {
		t.Fatalf("adding the signing key: %v", err)
	}
}

// since makes the changes that happened after the backup.
func since(t *testing.T, db store.DB) {
	t.Helper()
	id := func(name string) int64 {
		u, err := db.UserByName(t.Context(), name)
		if err != nil {
			t.Fatalf("looking up the user by name: %v", err)
		}
		return u.ID
	}
	ann, boss, gone, off, up := id("ann"), id("boss"), id("gone"), id("off"), id("up")
	write(t, db, func(tx store.Tx) error {
		for user, change := range map[int64]store.UserChange{
			ann:  {PasswordHash: new("another hash")},
			boss: {Role: new(store.RoleStaff)},
			off:  {Active: new(false)},
			up:   {Role: new(store.RoleAdmin)}, // a new right is not carried over
		} {
			if err := tx.UpdateUser(user, change); err != nil {
				return err
			}
		}
		if err := tx.DeleteUser(gone); err != nil {
			return err
		}
		if _, err := tx.DeleteConsent(ann, "shop"); err != nil {
			return err
		}
		if _, err := tx.CreateUser(newUser("new", store.RoleAdmin)); err != nil {
			return err
		}
		if err := tx.DeleteClient("erased", time.Now()); err != nil {
			return err
		}
		for id, change := range map[string]func(*store.Client){
			"off":   func(c *store.Client) { c.Disabled = true },
			"leaky": func(c *store.Client) { c.Secrets = []store.ClientSecret{{Digest: store.DigestOf("new")}} },
		} {
			c, err := tx.LockClient(id)
			if err != nil {
				return err
			}
			change(&c)
			if err := tx.PutClient(c); err != nil {
				return err
			}
		}
		return nil
	})
	rewrap(t, db, "n")
	addKey(t, db, "k3", 3, "n")
	if err := db.RetireSigningKey(t.Context(), "k1", time.Now(), store.AuditEvent{At: time.Now(), Kind: "key.retired"}); err != nil {
		t.Fatalf("retiring the signing key: %v", err)
	}
}

func rewrap(t *testing.T, db store.DB, master string) {
	t.Helper()
	all, err := db.SigningKeys(t.Context())
	for i := range all {
		all[i].MasterKeyID = master
	}
	if err := errors.Join(err, db.RewrapKeys(t.Context(), all, nil, store.AuditEvent{At: time.Now(), Kind: "key.rewrapped"})); err != nil {
		t.Fatalf("rewrapping the signing keys: %v", err)
	}
}

// TestKeysUnderAMasterKeyThatIsGone are left out, and named.
func TestKeysUnderAMasterKeyThatIsGone(t *testing.T) {
	folder := t.TempDir()
	restored, replaced := open(t, "sqlite:"+filepath.Join(folder, "restored.db")), open(t, "sqlite:"+filepath.Join(folder, "replaced.db"))
	then(t, restored)
	then(t, replaced)
	rewrap(t, replaced, "gone")
	addKey(t, replaced, "k3", 3, "gone")
	over := &recovery.CarryOver{Restored: restored, Replaced: replaced, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal}
	got, err := over.Do(t.Context())
	if err != nil || len(got.Keys) != 0 || !slices.Equal(got.Unsealed, []string{"k3"}) {
		t.Errorf("examined: %+v, %v; want no keys, and k3 not unsealed", got, err)
	}
}

func TestCarryOverOnlyTakesAway(t *testing.T) {
	folder := t.TempDir()
	restored, replaced := open(t, "sqlite:"+filepath.Join(folder, "restored.db")), open(t, "sqlite:"+filepath.Join(folder, "replaced.db"))
	then(t, restored)
	then(t, replaced)
	over := &recovery.CarryOver{Restored: restored, Replaced: replaced, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal}
	if got, err := over.Do(t.Context()); err != nil || got.Count() != 0 || got.Lost != 0 {
		t.Fatalf("two equal databases: %+v, %v; want nothing carried over", got, err)
	}
	since(t, replaced)
	got, err := over.Do(t.Context())
	if err != nil {
		t.Fatalf("running the sweep: %v", err)
	}
	want := recovery.Carried{
		Deactivated: []string{"gone", "off"}, Demoted: []string{"boss (staff)"}, Passwords: 1, Consents: 1,
		Disabled: []string{"erased", "off"}, Credentials: []string{"leaky"}, Retired: []string{"k1"}, Keys: []string{"k3"}, Lost: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("carried (- want, + got):\n%s", diff)
	}
	wantPeople(t, restored, "ann user true another hash", "boss staff true hash of boss", "gone user false hash of gone", "off staff false hash of off", "up user true hash of up")
	if again, err := over.Do(t.Context()); err != nil || again.Count() != 0 {
		t.Errorf("a second time: %+v, %v; want nothing carried over", again, err)
	}
	events, err := restored.ListAudit(t.Context(), store.AuditQuery{Actor: "cli", Limit: 100})
	if err != nil || len(events) != 4+1+3+2 {
		t.Errorf("%d events, %v; want %d", len(events), err, 4+1+3+2)
	}
}

// TestAnAppMayDoWhatBothAllow: an app that was changed after the backup loses what it lost
// then, and gains nothing.
func TestAnAppMayDoWhatBothAllow(t *testing.T) {
	was := store.Client{
		ID: "app", Name: "App", AuthMethod: "private_key_jwt", FirstParty: true, GrantTypes: []string{"authorization_code", "refresh_token"}, Scope: "openid profile email",
		RedirectURIs: []string{"https://a.example/1", "https://a.example/2"}, PostLogoutRedirectURIs: []string{"https://a.example/3"},
		BackchannelLogoutURI: "https://a.example/out", JWKS: `{"keys":["old"]}`, AssertionAudience: "any",
	}
	public, secret, off := was, was, was
	off.Disabled = true
	public.AuthMethod, public.JWKS, public.AssertionAudience = "none", "", ""
	secret.AuthMethod, secret.JWKS, secret.AssertionAudience, secret.Secrets = "client_secret_basic", "", "", []store.ClientSecret{{Digest: store.DigestOf("one")}}
	for name, c := range map[string]struct {
		was    store.Client
		change func(since, want *store.Client)
	}{
		"nothing": {was, func(since, want *store.Client) {}},
		"URIs": {was, func(since, want *store.Client) {
			since.RedirectURIs, want.RedirectURIs = []string{"https://b.example", "https://a.example/2"}, []string{"https://a.example/2"}
			since.PostLogoutRedirectURIs, want.PostLogoutRedirectURIs = nil, nil
			since.BackchannelLogoutURI, want.BackchannelLogoutURI = "https://b.example/out", ""
		}},
		"rights": {was, func(since, want *store.Client) {
			since.Scope, want.Scope = "email openid admin", "openid email"
			since.GrantTypes, want.GrantTypes = []string{"authorization_code", "client_credentials"}, []string{"authorization_code"}
			since.FirstParty, want.FirstParty = false, false
		}},
		"more rights": {secret, func(since, want *store.Client) {
			since.Scope, since.GrantTypes, since.RedirectURIs = since.Scope+" admin", append(slices.Clone(since.GrantTypes), "password"), append(slices.Clone(since.RedirectURIs), "https://b.example")
		}},
		"other keys": {was, func(since, want *store.Client) { since.JWKS = `{"keys":["new"]}`; want.JWKS = since.JWKS }},
		"a place for keys": {was, func(since, want *store.Client) {
			since.JWKS, since.JWKSURI = "", "https://a.example/jwks"
			want.JWKS, want.JWKSURI = "", since.JWKSURI
		}},
		"a stricter aud":     {was, func(since, want *store.Client) { since.AssertionAudience, want.AssertionAudience = "issuer", "issuer" }},
		"a secret, not keys": {was, func(since, want *store.Client) { *since, *want = secret, secret }},
		"keys, not public":   {public, func(since, want *store.Client) { *since, *want = was, was }},
		"public, not keys":   {was, func(since, want *store.Client) { *since, *want = public, public; want.AuthMethod = was.AuthMethod }},
		"off":                {was, func(since, want *store.Client) { since.Disabled, want.Disabled = true, true }},
		"on":                 {off, func(since, want *store.Client) { since.Disabled = false }},
	} {
		t.Run(name, func(t *testing.T) {
			restored, replaced := open(t, testdb.SQLite(t)), open(t, testdb.SQLite(t))
			since, want := c.was, c.was
			c.change(&since, &want)
			for db, app := range map[store.DB]store.Client{restored: c.was, replaced: since} {
				addKey(t, db, "k1", 1, "m")
				write(t, db, func(tx store.Tx) error { return tx.CreateClient(app) })
			}
			over := &recovery.CarryOver{Restored: restored, Replaced: replaced, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal}
			done, err := over.Do(t.Context())
			if err != nil {
				t.Fatalf("running the sweep: %v", err)
			}
			got, err := restored.ClientByID(t.Context(), "app")
			got.UpdatedAt = want.UpdatedAt
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (- want, + got):\n%s", err, diff)
			}
			if changed := cmp.Diff(c.was, want) != ""; changed != (done.Count() > 0) {
				t.Errorf("carried over: %+v, want it to name the app if it changed", done)
			}
		})
	}
}

func wantPeople(t *testing.T, db store.DB, want ...string) {
	t.Helper()
	all, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByID, Limit: 100})
	if err != nil {
		t.Fatalf("listing the users: %v", err)
	}
	var got []string
	for _, u := range all.Users {
		got = append(got, fmt.Sprintln(u.Username, u.Role, u.Active, u.PasswordHash))
	}
	if !slices.Equal(strings.Split(strings.TrimSpace(strings.Join(got, "")), "\n"), want) {
		t.Errorf("people: %q, want %q", got, want)
	}
	if inactive, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByID, Limit: 1, Active: new(false)}); err != nil || inactive.Total != 2 {
		t.Errorf("%d are counted as inactive, %v; want 2", inactive.Total, err)
	}
}

// TestADatabaseMadeAnewTakesNothingAway: the file was lost, a server made an empty one,
// and an administrator set it up again. Then the backup was found.
func TestADatabaseMadeAnewTakesNothingAway(t *testing.T) {
	restored, replaced := open(t, testdb.SQLite(t)), open(t, testdb.SQLite(t))
	then(t, restored)
	addKey(t, replaced, "another", 1, "m")
	write(t, replaced, func(tx store.Tx) error {
		boss := newUser("boss", store.RoleAdmin)
		boss.Sub = "another"
		_, err := tx.CreateUser(boss)
		return err
	})
	over := &recovery.CarryOver{Restored: restored, Replaced: replaced, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal}
	if done, err := over.Do(t.Context()); !errors.Is(err, recovery.ErrUnrelated) || done.Count() != 0 {
		t.Errorf("carrying over: %+v, %v; want ErrUnrelated and nothing done", done, err)
	}
	for _, name := range []string{"ann", "boss"} {
		if u, err := restored.UserByName(t.Context(), name); err != nil || !u.Active {
			t.Errorf("%s is locked out: %+v, %v; want them active", name, u, err)
		}
	}
	if shop, err := restored.ClientByID(t.Context(), "shop"); err != nil || shop.Disabled {
		t.Errorf("the app is locked out: %+v, %v; want it enabled", shop, err)
	}
}

// TestAnEpochHoldsNobodyUp: many sessions end, and people who sign in meanwhile do not
// wait for that.
func TestAnEpochHoldsNobodyUp(t *testing.T) {
	testkit.Long(t)
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.SQLite, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			db := open(t, dsn(t))
			var ann int64
			write(t, db, func(tx store.Tx) (err error) {
				ann, err = tx.CreateUser(newUser("ann", store.RoleUser))
				return err
			})
			const sessions = 4_000
			for range sessions / 500 {
				write(t, db, func(tx store.Tx) error {
					for range 500 {
						if err := tx.CreateSession(living(ann, time.Now().Add(-time.Hour))); err != nil {
							return err
						}
					}
					return nil
				})
			}
			over := make(chan struct{})
			var worst time.Duration
			var wg sync.WaitGroup
			wg.Go(func() { worst = signIns(t, db, ann, over) })
			began := time.Now()
			epochs := &recovery.Epochs{DB: db, Clock: db.Clock, Now: clock.Millis(time.Now)}
			bump, err := epochs.Begin(t.Context(), "cli")
			took := time.Since(began)
			close(over)
			wg.Wait()
			if err != nil || bump.Ended < sessions {
				t.Errorf("the epoch began with %+v, %v; want at least %d sessions ended", bump, err, sessions)
			}
			if worst > 5*time.Second {
				t.Errorf("a sign-in beside the epoch took %s, want at most 5s", worst)
			}
			t.Logf("%d ended in %s; the slowest sign-in beside it took %s", bump.Ended, took, worst)
		})
	}
}

func living(userID int64, at time.Time) store.Session {
	return store.Session{
		ID: rand.Text(), UserID: userID, ClientID: "shop", SignIn: store.SignIn{At: at}, CreatedAt: at, ExpiresAt: at.Add(24 * time.Hour),
		Rotation: store.Rotation{Gen: 1, JTI: rand.Text(), ExpiresAt: at.Add(24 * time.Hour)},
	}
}

// signIns makes sessions until over is closed, and returns how long the slowest took.
func signIns(t *testing.T, db store.DB, userID int64, over <-chan struct{}) (worst time.Duration) {
	for {
		began := time.Now()
		if err := db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateSession(living(userID, time.Now())) }); err != nil {
			t.Errorf("creating the session: %v", err)
			return worst
		}
		worst = max(worst, time.Since(began))
		select {
		case <-over:
			return worst
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestAWrongClockBeginsNoEpoch: an epoch in the future would refuse everybody until then.
func TestAWrongClockBeginsNoEpoch(t *testing.T) {
	db := open(t, testdb.MySQL(t))
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		epochs := &recovery.Epochs{DB: db, Clock: db.Clock, Now: clock.Millis(func() time.Time { return time.Now().Add(off) })}
		if _, err := epochs.Begin(t.Context(), "cli"); err == nil || !strings.Contains(err.Error(), "clock") {
			t.Errorf("the clock %s off: err = %v, want it to name the clock", off, err)
		}
	}
	if began, err := db.Epoch(t.Context()); err != nil || !began.IsZero() {
		t.Errorf("an epoch began at %s, %v; want none", began, err)
	}
}
