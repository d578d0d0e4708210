package grants_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/ending"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/grants"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const (
	issuer   = "https://id.example"
	callback = "https://shop.example/cb"
	// verifier and s256Of are the example of RFC 7636, Appendix B.
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	s256Of   = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// world is the token endpoint with real sessions on a database. Its clients need
// no secret: package clientauth authenticates them.
type world struct {
	steps  grants.Steps
	engine *grants.Engine
	db     *sqlstore.DB
	clock  atomic.Int64 // Unix milliseconds; the keys read it in the background
	ann    store.User
	// stale are clients whose cached version differs from the record.
	stale map[string]store.Client
	// failures counts the calls of Failure, which refuses if refuse is set.
	failures int
	refuse   error
}

func (w *world) now() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }

func (w *world) wait(d time.Duration) { w.clock.Add(d.Milliseconds()) }

func open(t *testing.T) *world {
	t.Helper()
	w := &world{stale: map[string]store.Client{}}
	w.clock.Store(time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC).UnixMilli())
	now := w.now
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: now, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the store: %v", err)
	}
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: now, Log: log, PublishLead: time.Hour, VerifyFor: 91 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatalf("opening the keys: %v", err)
	}
	t.Cleanup(ring.Close)
	w.db = db
	w.fill(t)
	minter := &token.Minter{Keys: ring, Issuer: issuer, Audience: issuer, Now: now}
	catalog := &apis.Catalog{Store: db, Audience: issuer, Now: now}
	life := session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 14 * 24 * time.Hour, RefreshAbsolute: 90 * 24 * time.Hour}
	sessions := &session.Service{
		Ends: &ending.Service{DB: db, Rotations: db.Rotations(), Now: now, Log: log},
		DB:   db, Rotations: db.Rotations(), Clients: w, APIs: catalog, Keys: ring, Minter: minter,
		Verifier:  &token.Verifier{Keys: ring, Issuer: issuer, Audience: issuer, Now: now},
		Lifetimes: life, Grace: 10 * time.Second, Now: now, Log: log,
	}
	w.steps = grants.Steps{
		Types: grant.Types(), Clients: w, People: w, Sessions: sessions, Codes: db, APIs: catalog, Minter: minter, Limits: w, Lifetimes: life, Now: now,
	}
	w.build(t)
	return w
}

// build makes the engine again after its steps have changed.
func (w *world) build(t *testing.T) {
	t.Helper()
	var err error
	if w.engine, err = grants.NewEngine(w.steps); err != nil {
		t.Fatalf("building the engine: %v", err)
	}
}

// fill adds ann and three clients: shop, which has every grant; tv, which has every
// grant and is public; and idle, which has no grant.
func (w *world) fill(t *testing.T) {
	t.Helper()
	w.ann = store.User{Sub: "ann's", Username: "ann", UsernameKey: "ann", Email: "a@x.example", EmailKey: "a@x.example", Role: store.RoleUser, Active: true, PasswordHash: "$argon2id$", JoinedAt: w.now()}
	w.write(t, func(tx store.Tx) (err error) {
		w.ann.ID, err = tx.CreateUser(w.ann)
		for id, app := range map[string]store.Client{
			"shop": {AuthMethod: store.SecretBasic, GrantTypes: grant.Names()}, "tv": {AuthMethod: store.NoSecret, GrantTypes: grant.Names()}, "idle": {AuthMethod: store.SecretBasic},
		} {
			app.ID, app.Scope, app.CreatedAt, app.UpdatedAt = id, "openid email", w.now(), w.now()
			err = errors.Join(err, tx.CreateClient(app))
		}
		return err
	})
}

func (w *world) write(t *testing.T, f func(store.Tx) error) {
	t.Helper()
	if err := w.db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the store: %v", err)
	}
}

// Authenticate believes every client that is registered.
func (w *world) Authenticate(r *http.Request) (store.Client, error) {
	id := r.PostForm.Get("client_id")
	if c, ok := w.stale[id]; ok {
		return c, nil
	}
	c, err := w.db.ClientByID(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Client{}, oauth.InvalidClient.Because("unknown client")
	}
	return c, err
}

func (w *world) Fresh(ctx context.Context, id string) (store.Client, error) {
	return w.db.ClientByID(ctx, id)
}

func (w *world) ClientByID(ctx context.Context, id string) (store.Client, error) {
	return w.db.ClientByID(ctx, id)
}

// CheckPassword accepts one password of one person.
func (w *world) CheckPassword(ctx context.Context, name, password string, method signin.Method) (signin.Proof, error) {
	user, err := w.db.UserByName(ctx, name)
	if errors.Is(err, store.ErrNotFound) || err == nil && password != "right" {
		return signin.Proof{}, account.ErrCredentials
	}
	return signin.Password(user, method, w.now()), err
}

// Failure counts a failure, as the limits would.
func (w *world) Failure(context.Context, string, string) error {
	w.failures++
	return w.refuse
}

// ask sends a token request of a client; an empty value leaves a parameter out.
func (w *world) ask(t *testing.T, client, grantType string, pairs ...string) (map[string]any, error) {
	t.Helper()
	form := url.Values{"client_id": {client}, "grant_type": {grantType}}
	for i := 0; i < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/oauth/token", nil)
	r.PostForm, r.Form = form, form
	return w.engine.Token(r)
}

// granted fails unless tokens were issued, and returns the refresh token.
func granted(t *testing.T, what string, answer map[string]any, err error) (refresh string) {
	t.Helper()
	if err != nil || answer["access_token"] == "" || answer["token_type"] != "Bearer" || answer["expires_in"] != int64(300) {
		t.Fatalf("%s: answer = %v, %v, want a bearer token for five minutes", what, answer, err)
	}
	refresh, _ = answer["refresh_token"].(string)
	return refresh
}

// refused fails unless the request was refused with code.
func refused(t *testing.T, what string, answer map[string]any, err error, code oauth.Code) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Errorf("%s: answer = %v, %v, want %s", what, answer, err, code)
	}
}

// code stores a code of ann's for shop, altered by change, and returns it.
func (w *world) code(t *testing.T, change func(*store.AuthCode)) string {
	t.Helper()
	raw := rand.Text()
	c := store.AuthCode{
		Digest: store.DigestOf(raw), SessionID: rand.Text(), ClientID: "shop", UserID: w.ann.ID, RedirectURI: callback, Scope: "openid", Nonce: "n",
		Challenge: s256Of, SignIn: signin.Password(w.ann, signin.ByPage, w.now()).SignIn, BrowserID: w.browser(t), ExpiresAt: w.now().Add(time.Minute),
	}
	if change != nil {
		change(&c)
	}
	if err := w.db.AddCode(t.Context(), c); err != nil {
		t.Fatalf("storing a code: %v", err)
	}
	return raw
}

// browser signs ann in at our own pages.
func (w *world) browser(t *testing.T) string {
	t.Helper()
	b := store.BrowserSession{
		ID: rand.Text(), Cookie: store.DigestOf(rand.Text()), UserID: w.ann.ID, SignIn: signin.Password(w.ann, signin.ByPage, w.now()).SignIn,
		CreatedAt: w.now(), LastSeenAt: w.now(), ExpiresAt: w.now().Add(time.Hour),
	}
	w.write(t, func(tx store.Tx) error { return tx.CreateBrowser(b) })
	return b.ID
}

// redeem redeems a code with its usual parameters, altered by pairs.
func (w *world) redeem(t *testing.T, client, code string, pairs ...string) (map[string]any, error) {
	t.Helper()
	return w.ask(t, client, grant.AuthorizationCode, append([]string{"code", code, "redirect_uri", callback, "code_verifier", verifier}, pairs...)...)
}

// device stores a device code of tv with this status and returns it.
func (w *world) device(t *testing.T, status store.DeviceStatus) string {
	t.Helper()
	raw := rand.Text()
	d := store.DeviceGrant{
		Device: store.DigestOf(raw), User: store.DigestOf(rand.Text()), SessionID: rand.Text(), ClientID: "tv", Scope: "openid",
		Status: store.DevicePending, CreatedAt: w.now(), ExpiresAt: w.now().Add(10 * time.Minute), Interval: 5,
	}
	if err := w.db.AddDevice(t.Context(), d, store.Room{}); err != nil {
		t.Fatalf("storing a device code: %v", err)
	}
	if status == store.DevicePending {
		return raw
	}
	d.Status, d.UserID, d.BrowserID, d.SignIn = status, w.ann.ID, w.browser(t), signin.Password(w.ann, signin.ByPage, w.now()).SignIn
	w.write(t, func(tx store.Tx) error {
		ok, err := tx.DecideDevice(d, w.now())
		if err == nil && !ok {
			t.Fatal("answering a device: false, want true")
		}
		return err
	})
	return raw
}

func (w *world) poll(t *testing.T, client, code string) (map[string]any, error) {
	t.Helper()
	return w.ask(t, client, grant.DeviceCode, "device_code", code)
}
