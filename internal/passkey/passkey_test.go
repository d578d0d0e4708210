package passkey_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/passkey"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/authenticator"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const (
	issuer  = "https://id.example.com/auth"
	origin  = "https://id.example.com"
	app     = "till"
	android = "com.example.app@" + "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

// A desk has ceremonies on a database with the person ann.
type desk struct {
	*passkey.Ceremonies
	t   testing.TB
	db  *sqlstore.DB
	ann store.User
	// later is how far its clock is ahead.
	later time.Duration
}

func open(t testing.TB, dsn string) *desk {
	t.Helper()
	d := &desk{t: t}
	clock := testkit.Clock()
	now := func() time.Time { return clock().Add(d.later) }
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: now, Log: slog.New(slog.DiscardHandler)})
	d.must("opening the database", err)
	t.Cleanup(func() { _ = db.Close() })
	d.must("migrating the database", db.Migrate(t.Context()))
	site, err := passkey.NewSite(issuer, "Gatehouse", passkey.Apps{Origins: []string{"https://shop.example"}, Android: []string{android}})
	d.must("describing the site", err)
	d.db, d.Ceremonies = db, &passkey.Ceremonies{DB: db, Site: site, Now: now}
	d.ann = d.person("ann")
	return d
}

func (d *desk) must(what string, err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatalf("%s: %v, want no error", what, err)
	}
}

func (d *desk) person(name string) store.User {
	d.t.Helper()
	u := store.User{Sub: "sub-of-" + name, Username: name, UsernameKey: name, Email: name + "@example.com", EmailKey: name + "@example.com", Role: store.RoleUser, Active: true, JoinedAt: d.Now()}
	d.must("creating "+name, d.db.Write(d.t.Context(), func(tx store.Tx) (err error) { u.ID, err = tx.CreateUser(u); return err }))
	u, err := d.db.UserByID(d.t.Context(), u.ID)
	d.must("reading "+name, err)
	return u
}

// made returns a passkey of ann's that is on record.
func (d *desk) made(change func(*authenticator.Key)) *authenticator.Key {
	d.t.Helper()
	key := authenticator.New(d.t, origin)
	change(key)
	options, err := d.Create(d.t.Context(), d.ann)
	d.must("beginning to make a passkey", err)
	p, err := d.Created(d.t.Context(), d.ann, key.Create(options))
	d.must("making a passkey", err)
	d.must("adding it", d.db.Write(d.t.Context(), func(tx store.Tx) error { return tx.AddPasskey(p) }))
	return key
}

// signIn signs in with the key, and honours the proof.
func (d *desk) signIn(clientID string, key *authenticator.Key) (signin.Proof, error) {
	d.t.Helper()
	options, err := d.Ask(d.t.Context(), clientID)
	d.must("asking for a passkey", err)
	return d.answer(clientID, key.Get(options))
}

func (d *desk) answer(clientID string, answer []byte) (signin.Proof, error) {
	proof, err := d.Answered(d.t.Context(), clientID, signin.ByPasskey, answer)
	if err != nil {
		return proof, err
	}
	return proof, d.db.Write(d.t.Context(), func(tx store.Tx) error { return proof.Honour(tx, d.Now()) })
}

func plain(*authenticator.Key) {}

func counting(k *authenticator.Key) { k.Counter = 1 }

func TestAPasskeySignsInOnItsOwn(t *testing.T) {
	d := open(t, testdb.Ready(t))
	key := d.made(func(k *authenticator.Key) { k.Counter, k.Synced = 1, true })
	for range 2 {
		proof, err := d.signIn("", key)
		d.must("signing in", err)
		want := store.SignIn{At: proof.SignIn.At, ACR: "phr", AMR: []string{"hwk", "user", "mfa"}}
		if diff := cmp.Diff(want, proof.SignIn); diff != "" || proof.User.ID != d.ann.ID {
			t.Errorf("the sign-in of person %d, want %d (-want +got):\n%s", proof.User.ID, d.ann.ID, diff)
		}
	}
	all, err := d.db.ListPasskeys(t.Context(), d.ann.ID)
	if err != nil || len(all) != 1 || all[0].SignCount != 3 || all[0].LastUsedAt.IsZero() {
		t.Fatalf("passkeys %+v, %v; want one with the counter 3 that was used", all, err)
	}
	if got, want := passkey.Describe(all[0]), (passkey.Description{Authenticator: "Passkey", Synced: true}); got != want {
		t.Errorf("described as %+v, want %+v", got, want)
	}
}

// The options ask for what makes a passkey two factors, and name nobody.
func TestOptions(t *testing.T) {
	d := open(t, testdb.Ready(t))
	key := d.made(plain)
	options, err := d.Create(t.Context(), d.ann)
	d.must("beginning to make a passkey", err)
	for _, want := range []string{`"residentKey":"required"`, `"userVerification":"required"`, `"attestation":"none"`, `"id":"id.example.com"`, `"excludeCredentials":[`} {
		if !strings.Contains(string(options), want) {
			t.Errorf("options of a new passkey: %s\nwant %s", options, want)
		}
	}
	if _, err := d.Created(t.Context(), d.ann, key.Create(options)); err != nil {
		t.Errorf("an authenticator that ignores the exclusions: %v, want its passkey, which is then on record already", err)
	}
	options, err = d.Ask(t.Context(), "")
	d.must("asking for a passkey", err)
	if strings.Contains(string(options), "allowCredentials") || !strings.Contains(string(options), `"userVerification":"required"`) {
		t.Errorf("options of a sign-in: %s\nwant user verification and no credentials", options)
	}
}

func TestWhatAPasskeyDoesNotProve(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*authenticator.Key)
		made   func(*authenticator.Key)
	}{
		"another site's page":             {change: func(k *authenticator.Key) { k.Origin = "https://evil.example.com" }},
		"a page at another port":          {change: func(k *authenticator.Key) { k.Origin += ":8443" }},
		"a page without TLS":              {change: func(k *authenticator.Key) { k.Origin = "http://id.example.com" }},
		"a website of ours elsewhere":     {change: func(k *authenticator.Key) { k.Origin = "https://shop.example" }},
		"another relying party":           {change: func(k *authenticator.Key) { k.RelyingParty = "example.com" }},
		"a person who was not verified":   {change: func(k *authenticator.Key) { k.Verified = false }},
		"a counter that went back":        {made: counting, change: func(k *authenticator.Key) { k.Counter = 1 }},
		"a counter that stopped":          {made: counting, change: func(k *authenticator.Key) { k.Counter = 0 }},
		"a backup that could not be":      {change: func(k *authenticator.Key) { k.Synced = true }},
		"another person's handle":         {change: func(k *authenticator.Key) { k.Handle = []byte("sub-of-ben") }},
		"no handle":                       {change: func(k *authenticator.Key) { k.Handle = nil }},
		"a credential that nobody has":    {change: func(k *authenticator.Key) { k.ID = []byte("nobody's") }},
		"another key under the same name": {change: func(k *authenticator.Key) { *k = *k.Forged() }},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, testdb.Ready(t))
			made := c.made
			if made == nil {
				made = plain
			}
			key := d.made(made)
			d.must("signing in before", second(d.signIn("", key)))
			c.change(key)
			_, err := d.signIn("", key)
			if !errors.Is(err, passkey.ErrRefused) {
				t.Errorf("signing in: %v, want ErrRefused", err)
			}
			if _, unknown := errors.AsType[*passkey.Unknown](err); unknown != (name == "a credential that nobody has") {
				t.Errorf("signing in: %v; an unknown credential: %t, want the opposite", err, unknown)
			}
		})
	}
}

func second(_ signin.Proof, err error) error { return err }

// What is signed in an app counts for that app alone.
func TestPasskeysInApps(t *testing.T) {
	d := open(t, testdb.Ready(t))
	key := d.made(plain)
	for _, from := range []string{origin, "https://shop.example", "android:apk-key-hash:ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v8"} {
		key.Origin = from
		d.must("signing in from "+from, second(d.signIn(app, key)))
	}
	key.Origin = "https://evil.example.com"
	if err := second(d.signIn(app, key)); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("signing in from another site: %v, want ErrRefused", err)
	}
	key.Origin = origin
	options, err := d.Ask(t.Context(), app)
	d.must("asking", err)
	for _, other := range []string{"", "other"} {
		if err := second(d.answer(other, key.Get(options))); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("an answer that was meant for the app, sent by %q: %v, want ErrRefused", other, err)
		}
	}
	d.must("sent by the app", second(d.answer(app, key.Get(options))))
}

func TestACounterThatWentBackIsOnRecord(t *testing.T) {
	d := open(t, testdb.Ready(t))
	key := d.made(counting)
	d.must("signing in", second(d.signIn("", key)))
	key.Counter--
	if err := second(d.signIn("", key)); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("signing in with a copy: %v, want ErrRefused", err)
	}
	events, err := d.db.ListAudit(t.Context(), store.AuditQuery{Kind: "passkey.copied", Limit: 10})
	if err != nil || len(events) != 1 || events[0].Subject != "user:"+d.ann.Sub {
		t.Errorf("events %+v, %v; want one of ann's passkey", events, err)
	}
	d.must("the owner signs in", second(d.signIn("", key)))
}

func TestAnInactivePersonDoesNotSignIn(t *testing.T) {
	d := open(t, testdb.Ready(t))
	key := d.made(plain)
	d.must("deactivating", d.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(d.ann.ID, store.UserChange{Active: new(false)}) }))
	if err := second(d.signIn("", key)); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("signing in: %v, want ErrRefused", err)
	}
}

// A challenge is good once, for five minutes, for the person and the purpose that it was
// made for.
func TestChallengesAreGoodForOneThing(t *testing.T) {
	d := open(t, testdb.Ready(t))
	key, ben := d.made(plain), d.person("ben")
	options, err := d.Create(t.Context(), d.ann)
	d.must("beginning to make a passkey", err)
	fresh := authenticator.New(t, origin)
	if _, err := d.Created(t.Context(), ben, fresh.Create(options)); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("ben answers ann's challenge: %v, want ErrRefused", err)
	}
	if err := second(d.answer("", key.Get(options))); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("signing in with the challenge of a new passkey: %v, want ErrRefused", err)
	}
	asked, err := d.Ask(t.Context(), "")
	d.must("asking", err)
	var both map[string]any
	d.must("reading options", json.Unmarshal(options, &both))
	d.later = passkey.Life + time.Second
	if err := second(d.answer("", key.Get(asked))); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("an answer that comes late: %v, want ErrRefused", err)
	}
	for _, odd := range []string{"", "{}", "null", `{"id":"","type":"public-key"}`, strings.Repeat("[", 10_000)} {
		if err := second(d.answer("", []byte(odd))); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("the answer %.20q: %v, want ErrRefused", odd, err)
		}
		if _, err := d.Created(t.Context(), d.ann, []byte(odd)); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("the new passkey %.20q: %v, want ErrRefused", odd, err)
		}
	}
}

func TestAChallengeIsUsedOnce(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": testdb.Ready, "mysql": testdb.GuardedMySQL} {
		t.Run(name, func(t *testing.T) {
			d := open(t, dsn(t))
			key := d.made(plain)
			options, err := d.Ask(t.Context(), "")
			d.must("asking", err)
			answer := key.Get(options)
			if n := atOnce(50, func() error { return second(d.answer("", answer)) }); n != 1 {
				t.Errorf("%d of 50 signed in by one challenge, want 1", n)
			}
			options, err = d.Create(t.Context(), d.ann)
			d.must("beginning to make a passkey", err)
			answer = authenticator.New(t, origin).Create(options)
			if n := atOnce(50, func() error { _, err := d.Created(context.WithoutCancel(t.Context()), d.ann, answer); return err }); n != 1 {
				t.Errorf("%d of 50 made a passkey by one challenge, want 1", n)
			}
			options, err = d.CreateFirst(t.Context(), store.User{Sub: "sub-of-kim", Username: "kim"})
			d.must("beginning to make the first passkey of a newcomer", err)
			answer = authenticator.New(t, origin).Create(options)
			if n := atOnce(50, func() error { _, _, err := d.CreatedFirst(context.WithoutCancel(t.Context()), answer); return err }); n != 1 {
				t.Errorf("%d of 50 made the first passkey by one challenge, want 1", n)
			}
		})
	}
}

// atOnce returns how many of n calls at once succeed.
func atOnce(n int, f func() error) int {
	var won atomic.Int32
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if f() == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	return int(won.Load())
}

func TestAnIssuerWithoutPasskeys(t *testing.T) {
	for _, issuer := range []string{"http://127.0.0.1:8080", "https://[2001:db8::1]", "https://192.0.2.1/auth"} {
		site, err := passkey.NewSite(issuer, "Gatehouse", passkey.Apps{})
		if err != nil || site != nil {
			t.Errorf("the site of %s: %v, %v; want none", issuer, site, err)
		}
		c := &passkey.Ceremonies{Site: site}
		if _, err := c.Ask(t.Context(), ""); !errors.Is(err, passkey.ErrOff) || c.On() {
			t.Errorf("asking at %s: %v, want ErrOff", issuer, err)
		}
	}
	for _, issuer := range []string{"http://localhost:8080", "https://id.example.com/auth"} {
		if site, err := passkey.NewSite(issuer, "Gatehouse", passkey.Apps{}); err != nil || site == nil {
			t.Errorf("the site of %s: %v, want one", issuer, err)
		}
	}
}

func TestSignals(t *testing.T) {
	d := open(t, testdb.Ready(t))
	key := d.made(plain)
	all, err := d.db.ListPasskeys(t.Context(), d.ann.ID)
	d.must("listing", err)
	got := d.Signals(d.ann, all)
	if len(got) != 2 || !strings.Contains(got[0].What, `"rpId":"id.example.com"`) || !strings.Contains(got[1].What, `"name":"ann"`) {
		t.Errorf("signals %+v, want the accepted credentials and the details of ann", got)
	}
	if forget := d.Forget(key.ID); forget.Name != "signalUnknownCredential" || !strings.Contains(forget.What, `"credentialId":`) {
		t.Errorf("signal %+v, want signalUnknownCredential", forget)
	}
}
