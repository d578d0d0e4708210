package device

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// world is the endpoint on a database, with a client for televisions and ann signed in.
type world struct {
	*Endpoint
	db  *sqlstore.DB
	now time.Time
	ann oauth.Browser
	app store.Client
}

func open(t *testing.T) *world {
	t.Helper()
	return openOn(t, testdb.Ready(t))
}

func openOn(t *testing.T, dsn string) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the store: %v", err)
	}
	w.app = store.Client{ID: "tv", AuthMethod: store.NoSecret, Scope: "openid email", GrantTypes: []string{grant.DeviceCode}, CreatedAt: w.now, UpdatedAt: w.now}
	user := store.User{Sub: "ann's", Username: "ann", UsernameKey: "ann", Email: "a@x.example", EmailKey: "a@x.example", Role: store.RoleUser, Active: true, JoinedAt: w.now}
	browser := store.BrowserSession{
		ID: rand.Text(), Cookie: store.DigestOf(rand.Text()), CreatedAt: w.now, LastSeenAt: w.now, ExpiresAt: w.now.Add(time.Hour),
		SignIn: store.SignIn{At: w.now, ACR: "urn:example:2", AMR: []string{"pwd", "otp"}},
	}
	err = db.Write(t.Context(), func(tx store.Tx) (err error) {
		if user.ID, err = tx.CreateUser(user); err != nil {
			return err
		}
		browser.UserID = user.ID
		return errors.Join(tx.CreateBrowser(browser), tx.CreateClient(w.app))
	})
	if err != nil {
		t.Fatalf("filling the store: %v", err)
	}
	memory := throttle.NewMemory(now)
	tries := &throttle.Limiter{Store: memory, Fallback: memory, Rules: throttle.DefaultRules(), Now: now, Log: slog.New(slog.DiscardHandler)}
	w.db, w.ann = db, oauth.Browser{Pre: "pre", Session: browser, User: user}
	w.Endpoint = &Endpoint{DB: db, Clients: db, APIs: &apis.Catalog{Store: db, Audience: "https://id.example", Now: now}, Limits: tries, Page: "https://id.example/device", Now: now}
	return w
}

func (w *world) begin(t *testing.T) Answer {
	t.Helper()
	a, err := w.Begin(t.Context(), w.app, apis.Asked{Scope: "openid"})
	if err != nil {
		t.Fatalf("beginning for a device: %v", err)
	}
	return a
}

// kept returns the record of a device code.
func (w *world) kept(t *testing.T, a Answer) store.DeviceGrant {
	t.Helper()
	kept, err := w.db.DeviceByDeviceCode(t.Context(), store.DigestOf(a.DeviceCode))
	if err != nil {
		t.Fatalf("reading a device: %v", err)
	}
	return kept
}

// noDevice fails unless err tells the person that the code is unknown.
func noDevice(t *testing.T, act string, err error) {
	t.Helper()
	if shown, ok := errors.AsType[*oauth.UserError](err); !ok || shown.Message != oauth.MessageDevice {
		t.Errorf("%s: error = %v, want %q for the person", act, err, oauth.MessageDevice)
	}
}

func TestADeviceIsAllowed(t *testing.T) {
	w := open(t)
	a := w.begin(t)
	if a.ExpiresIn != 600 || a.Interval != 5 || len(a.DeviceCode) != 43 || len(a.UserCode) != 9 {
		t.Errorf("answer = %+v, want codes for ten minutes and polls every five seconds", a)
	}
	if want := a.Page + "?user_code=" + a.UserCode; a.Page != w.Page || a.PageToOpen != want {
		t.Errorf("verification_uri_complete = %q, want %q", a.PageToOpen, want)
	}
	req, err := w.Find(t.Context(), " "+strings.ToLower(strings.Replace(a.UserCode, "-", " ", 1)))
	if err != nil {
		t.Fatalf("finding a device: %v", err)
	}
	if req.Client.ID != "tv" || req.UserCode != a.UserCode || !req.CreatedAt.Equal(w.now) {
		t.Errorf("request = %+v, want that of tv with the code %s", req, a.UserCode)
	}
	if diff := cmp.Diff([]apis.Section{{Scopes: []apis.ScopeText{{Token: "openid", Name: "openid", Text: "Know that it is you"}}}}, req.Asked); diff != "" {
		t.Errorf("scopes of the request (-want +got):\n%s", diff)
	}
	if err := w.Decide(t.Context(), a.UserCode, w.ann, true); err != nil {
		t.Fatalf("allowing a device: %v", err)
	}
	if diff := cmp.Diff(w.ann.Session.SignIn, w.kept(t, a).SignIn); diff != "" {
		t.Errorf("the grant's sign-in is not the browser's (-want +got):\n%s", diff)
	}
	kept := w.kept(t, a)
	if kept.Status != store.DeviceApproved || kept.UserID != w.ann.User.ID || kept.BrowserID != w.ann.Session.ID {
		t.Errorf("device = %+v, want one that ann approved in her browser", kept)
	}
	noDevice(t, "deciding again", w.Decide(t.Context(), a.UserCode, w.ann, false))
	_, err = w.Find(t.Context(), a.UserCode)
	noDevice(t, "finding a device that was let in", err)
}

// What a person allows a device is a consent like any other, and grants anew what they had
// taken away.
func TestADeviceIsAConsent(t *testing.T) {
	w := open(t)
	withdrawn := store.Consent{UserID: w.ann.User.ID, ClientID: "tv", Scope: "email", Withdrawn: "openid phone", Places: []string{"here"}}
	if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.PutConsent(withdrawn) }); err != nil {
		t.Fatalf("storing a consent: %v", err)
	}
	for allow, want := range map[bool]store.Consent{
		false: {UserID: w.ann.User.ID, ClientID: "tv", Scope: "email", Withdrawn: "openid phone", Places: []string{"here"}},
		true:  {UserID: w.ann.User.ID, ClientID: "tv", Scope: "email openid", Withdrawn: "phone", Places: []string{"here"}, GrantedAt: w.now},
	} {
		if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.PutConsent(withdrawn) }); err != nil {
			t.Fatalf("storing a consent: %v", err)
		}
		if err := w.Decide(t.Context(), w.begin(t).UserCode, w.ann, allow); err != nil {
			t.Fatalf("deciding: %v", err)
		}
		got, err := w.db.ConsentOf(t.Context(), w.ann.User.ID, "tv")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("allowed %t: %v, and the consent differs (-want +got):\n%s", allow, err, diff)
		}
	}
}

// Something sensitive needs a fresh sign-in, but to be refused.
func TestASensitiveScopeOfADevice(t *testing.T) {
	w := open(t)
	const scope = "https://orders.example#pay"
	w.app.Scope += " " + scope
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.PutClient(w.app), tx.CreateAPI(store.API{
			ID: "orders", Identifier: "https://orders.example", Name: "Orders", Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, CreatedAt: w.now, UpdatedAt: w.now,
			Scopes: []store.APIScope{{Name: "pay", Description: "Place orders that you pay for", Sensitive: true}},
		}))
	})
	if err != nil {
		t.Fatalf("storing an API: %v", err)
	}
	begin := func() string {
		a, err := w.Begin(t.Context(), w.app, apis.Asked{Scope: "openid " + scope})
		if err != nil {
			t.Fatalf("beginning for a device: %v", err)
		}
		return a.UserCode
	}
	code := begin()
	w.now = w.now.Add(9 * time.Minute)
	if err := w.Decide(t.Context(), code, w.ann, true); err != nil {
		t.Errorf("after a fresh sign-in: %v", err)
	}
	code = begin()
	w.now = w.now.Add(2 * time.Minute)
	if err := w.Decide(t.Context(), code, w.ann, true); !errors.Is(err, oauth.ErrMoved) {
		t.Errorf("after an old sign-in: error = %v, want ErrMoved", err)
	}
	if err := w.Decide(t.Context(), code, w.ann, false); err != nil {
		t.Errorf("refusing after an old sign-in: %v", err)
	}
}

func TestADeviceIsDenied(t *testing.T) {
	w := open(t)
	a := w.begin(t)
	if err := w.Decide(t.Context(), a.UserCode, oauth.Browser{Pre: "pre"}, true); !errors.Is(err, oauth.ErrMoved) {
		t.Errorf("nobody is signed in: error = %v, want ErrMoved", err)
	}
	if err := w.Decide(t.Context(), a.UserCode, w.ann, false); err != nil {
		t.Fatalf("denying a device: %v", err)
	}
	if got := w.kept(t, a).Status; got != store.DeviceDenied {
		t.Errorf("status = %v, want denied", got)
	}
}

// Two people, or two tabs, answer at once: one answer counts, and only that one is in the
// audit log.
func TestOfManyAnswersOneCounts(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			w := openOn(t, dsn(t))
			w.Limits.(*throttle.Limiter).Rules.UserCode.Free = 1000 // the losers typed a code that is used
			for range 5 {
				w.answerAtOnce(t, w.begin(t))
			}
		})
	}
}

// answerAtOnce answers with yes and no in parallel, and compares the record with the
// audit log.
func (w *world) answerAtOnce(t *testing.T, a Answer) {
	t.Helper()
	const callers = 24
	var counted, refused atomic.Int32
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			if err := w.Decide(t.Context(), a.UserCode, w.ann, i%2 == 0); err == nil {
				counted.Add(1)
			} else if shown, ok := errors.AsType[*oauth.UserError](err); ok && shown.Message == oauth.MessageDevice {
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if counted.Load() != 1 || refused.Load() != callers-1 {
		t.Errorf("%d answers counted and %d were refused, want 1 and %d", counted.Load(), refused.Load(), callers-1)
	}
	events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: audit.DeviceDecided{}.Kind(), Limit: 1000})
	if err != nil {
		t.Fatalf("reading the audit log: %v", err)
	}
	kept := w.kept(t, a)
	events = slices.DeleteFunc(events, func(e store.AuditEvent) bool { return e.SessionID != kept.SessionID })
	if len(events) != 1 {
		t.Fatalf("%d answers are in the audit log, want 1", len(events))
	}
	allowed := strings.Contains(string(events[0].Detail), `"allowed":true`)
	if want := kept.Status == store.DeviceApproved; allowed != want {
		t.Errorf("the audit log says allowed %t (%s), want %t as the record has it", allowed, events[0].Detail, want)
	}
}

func TestWhatCannotBeFound(t *testing.T) {
	for name, spoil := range map[string]func(*world, *testing.T) string{
		"no code":      func(*world, *testing.T) string { return "" },
		"unknown code": func(*world, *testing.T) string { return "BCDF-GHJK" },
		"expired": func(w *world, t *testing.T) string {
			a := w.begin(t)
			w.now = w.now.Add(life)
			return a.UserCode
		},
		"client that is gone": func(w *world, t *testing.T) string {
			a := w.begin(t)
			w.Clients = nobody{store.ErrNotFound}
			return a.UserCode
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			_, err := w.Find(t.Context(), spoil(w, t))
			noDevice(t, "finding", err)
		})
	}
}

// nobody is a registry without clients.
type nobody struct{ err error }

func (n nobody) ClientByID(context.Context, string) (store.Client, error) {
	return store.Client{}, n.err
}

// A fault of ours is not reported as a wrong code and does not cost a try.
func TestAFaultIsNotAWrongCode(t *testing.T) {
	w := open(t)
	a, clients := w.begin(t), w.Clients
	w.Clients = nobody{store.ErrUnavailable}
	for range 20 {
		if _, err := w.Find(t.Context(), a.UserCode); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("clients cannot be read: error = %v, want ErrUnavailable", err)
		}
	}
	w.Clients = clients
	if _, err := w.Find(t.Context(), a.UserCode); err != nil {
		t.Errorf("finding a device afterwards: error = %v, want none", err)
	}
}

// RFC 8628 §5.1: after a few wrong codes, even a right one has to wait.
func TestWrongCodesAreFew(t *testing.T) {
	w := open(t)
	right := w.begin(t).UserCode
	for range 5 {
		_, err := w.Find(t.Context(), "BCDF-GHJK")
		noDevice(t, "a wrong code", err)
	}
	if _, err := w.Find(t.Context(), right); err == nil {
		t.Error("a right code after five wrong ones: error = none, want a time to wait")
	} else if _, ok := errors.AsType[*throttle.Limited](err); !ok {
		t.Errorf("a right code after five wrong ones: error = %v, want a time to wait", err)
	}
}

func TestWhoMayBegin(t *testing.T) {
	w := open(t)
	none := w.app
	none.GrantTypes = []string{grant.Password}
	for _, c := range []struct {
		client store.Client
		scope  string
		want   oauth.Code
	}{
		{none, "openid", oauth.UnauthorizedClient},
		{w.app, "openid phone", oauth.InvalidScope},
		{w.app, "open\"id", oauth.InvalidScope},
	} {
		if _, err := w.Begin(t.Context(), c.client, apis.Asked{Scope: c.scope}); !errors.Is(err, c.want) {
			t.Errorf("client %v begins with scope %q: error = %v, want %s", c.client.GrantTypes, c.scope, err, c.want)
		}
	}
	if a, err := w.Begin(t.Context(), w.app, apis.Asked{}); err != nil || w.kept(t, a).Scope != "openid email" {
		t.Errorf("beginning without a scope: %+v, %v, want all that is registered", a, err)
	}
}

// A user code that is taken is drawn again, but not endlessly.
func TestATakenUserCodeIsDrawnAgain(t *testing.T) {
	w := open(t)
	taken := &crowded{DB: w.db, times: 2}
	w.DB = taken
	w.begin(t)
	taken.times = 3
	if a, err := w.Begin(t.Context(), w.app, apis.Asked{Scope: "openid"}); err == nil {
		t.Errorf("three codes were taken: %+v, want an error", a)
	}
}

// crowded says that a code is taken, as often as it is told to.
type crowded struct {
	*sqlstore.DB
	times int
}

func (c *crowded) AddDevice(ctx context.Context, g store.DeviceGrant, room store.Room) error {
	if c.times--; c.times >= 0 {
		return store.ErrConflict
	}
	return c.DB.AddDevice(ctx, g, room)
}

// A stranger asks for codes in the name of a public client: their network is full before
// anybody else notices.
func TestWhatAStrangerMayBegin(t *testing.T) {
	w := open(t)
	begin := func(address string) error {
		ctx := reqctx.With(t.Context(), &reqctx.Info{IP: netip.MustParseAddr(address)})
		_, err := w.Begin(ctx, w.app, apis.Asked{Scope: "openid"})
		return err
	}
	for range rooms.Network {
		if err := begin("192.0.2.1"); err != nil {
			t.Fatalf("beginning where there is room: %v", err)
		}
	}
	err := begin("192.0.2.200")
	if limited, ok := errors.AsType[*throttle.Limited](err); !ok || limited.RetryAfter <= 0 {
		t.Errorf("from the network that is full: error = %v, want a time to wait", err)
	}
	if err := begin("198.51.100.1"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	w.now = w.now.Add(life)
	if err := begin("192.0.2.1"); err != nil {
		t.Errorf("after the others have expired: %v", err)
	}
}
