package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// contenders is how many callers found sessions while one act ends them.
const contenders = 50

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// A contest is one person, with one app, for one act. Its callers take the replicas in
// turn.
type contest struct {
	g       *gate
	doors   []string
	turn    atomic.Int64
	id      string
	person  store.User
	cookies string
	browser *visitor

	acted, done atomic.Bool
	mu          sync.Mutex
	won         map[string][]string // refresh tokens, by founding act
}

func (c *contest) door() string { return c.doors[int(c.turn.Add(1))%len(c.doors)] }

// ask sends a request with the person's cookies, or as the app, and returns the answer.
func (c *contest) ask(method, path string, asApp bool, form url.Values) page {
	r, err := http.NewRequestWithContext(c.g.t.Context(), method, c.door()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if asApp {
		r.SetBasicAuth(c.id, shopSecret)
	} else {
		r.Header.Set("Cookie", c.cookies)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return page{}
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return page{c.g.t, resp.StatusCode, resp.Header, string(text), path}
}

// tokens returns the refresh token and the device code of an answer to the app.
func (c *contest) tokens(path string, pairs ...string) (refresh, device, user string) {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	var answer struct {
		Refresh string `json:"refresh_token"`
		Device  string `json:"device_code"`
		User    string `json:"user_code"`
	}
	_ = json.Unmarshal([]byte(c.ask("POST", path, true, form).body), &answer)
	return answer.Refresh, answer.Device, answer.User
}

// code asks for a code with the cookie, or returns "".
func (c *contest) code() string {
	p := c.ask("GET", ask("client_id", c.id), false, nil)
	to, err := url.Parse(cmp.Or(p.header.Get("Location"), testkit.GoesOn(p.header, p.body)))
	if err != nil {
		return ""
	}
	return to.Query().Get("code")
}

func (c *contest) redeem(code string) string {
	refresh, _, _ := c.tokens("/oauth/token", "grant_type", "authorization_code", "code", code, "redirect_uri", shopURI, "code_verifier", verifier)
	return refresh
}

// device approves a device with the cookie, and redeems it.
func (c *contest) device() string {
	_, device, user := c.tokens("/oauth/device_authorization", "scope", "openid offline_access")
	if device == "" {
		return ""
	}
	form := url.Values{"answer": {"allow"}}
	question := c.ask("GET", "/device?user_code="+user, false, nil)
	for i, all := 0, question.fields(); i < len(all); i += 2 {
		form.Set(all[i], all[i+1])
	}
	c.ask("POST", "/device", false, form)
	refresh, _, _ := c.tokens("/oauth/token", "grant_type", deviceGrant, "device_code", device)
	return refresh
}

func (c *contest) refresh(token string) string {
	refresh, _, _ := c.tokens("/oauth/token", "grant_type", "refresh_token", "refresh_token", token)
	return refresh
}

func (c *contest) password() string {
	refresh, _, _ := c.tokens("/oauth/token", "grant_type", "password", "username", c.person.Username, "password", secretPhrase, "scope", "openid offline_access")
	return refresh
}

// login signs in at our own front end, whose sessions are none of the app's.
func (c *contest) login() string {
	body := fmt.Sprintf(`{"username":%q,"password":%q}`, c.person.Username, secretPhrase)
	r, err := http.NewRequestWithContext(c.g.t.Context(), "POST", c.door()+"/api/accounts/login/", strings.NewReader(body))
	if err != nil {
		return ""
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var answer struct {
		Refresh string `json:"refresh"`
	}
	_ = json.NewDecoder(resp.Body).Decode(&answer)
	return answer.Refresh
}

// foundings are the acts that found sessions. A proven one needs no earlier sign-in: it
// gives sessions again after an act that leaves the password as it is.
var foundings = []struct {
	name   string
	proven bool
	found  func(c *contest) string
}{
	{"code", false, func(c *contest) string {
		if code := c.code(); code != "" {
			return c.redeem(code)
		}
		return ""
	}},
	{"code redeemed late", false, func(c *contest) string { // after the act
		code := c.code()
		for code != "" && !c.done.Load() {
			time.Sleep(time.Millisecond)
		}
		return c.redeem(code)
	}},
	{byDevice, false, (*contest).device},
	{"refresh", false, func(c *contest) string {
		token := ""
		if code := c.code(); code != "" {
			token = c.redeem(code)
		}
		for next := token; next != "" && !c.done.Load(); {
			token, next = next, c.refresh(next)
		}
		return token
	}},
	{"password", true, (*contest).password},
	{loggedIn, true, (*contest).login},
}

const (
	byDevice = "device"
	loggedIn = "login"
)

// An endingAct ends what the contest's callers found. Spares says that proven foundings
// are none of its business, or succeed again after it.
type endingAct struct {
	name   string
	spares bool
	// ofApp says that only what is the app's ends.
	ofApp bool
	// again says that the app goes on, so that only what began before the act ends.
	again bool
	// anew says that a device which is approved after it has a new consent, and lives.
	anew bool
	act  func(c *contest) error
}

var endingActs = []endingAct{
	{name: "a new password", act: func(c *contest) error {
		_, err := c.g.people.Change(c.g.t.Context(), authz.Operator, c.person, account.Input{Password: fields.Given("another long secret of theirs")}, false)
		return err
	}},
	{name: "a new password by a link", act: func(c *contest) error {
		made, err := c.g.people.ResetLink(c.g.t.Context(), authz.Operator, c.person.ID)
		if err != nil {
			return err
		}
		_, err = c.g.people.Reset(c.g.t.Context(), account.NewPassword{Token: fields.Given(tokenIn(c.g.t, made.URL)), Password: fields.Given("another long secret of theirs")})
		return err
	}},
	{name: "deactivation", act: func(c *contest) error {
		_, err := c.g.people.Change(c.g.t.Context(), authz.Operator, c.person, account.Input{Active: fields.On(false)}, false)
		return err
	}},
	{name: "deletion", act: func(c *contest) error { return c.g.people.Delete(c.g.t.Context(), authz.Operator, c.person.ID, "") }},
	{name: "own deletion", act: func(c *contest) error {
		me, err := c.g.people.Get(c.g.t.Context(), c.person.ID)
		if err != nil {
			return err
		}
		return c.g.people.DeleteOwn(c.g.t.Context(), authz.Actor{UserID: me.ID, Sub: me.Sub}, me, fields.Given(secretPhrase))
	}},
	{name: "sign-out everywhere", spares: true, act: func(c *contest) error {
		_, err := c.g.sessions.EndAll(c.g.t.Context(), "cli", c.person.ID, "", store.EndedByOwner)
		return err
	}},
	{name: "sign-out here", spares: true, act: func(c *contest) error {
		if p := c.ask("POST", "/logout", false, url.Values{}); p.status != http.StatusOK && p.status != http.StatusSeeOther {
			return fmt.Errorf("signing out: status %d", p.status)
		}
		return nil
	}},
	{name: "second factors taken away", spares: true, act: func(c *contest) error {
		has := store.FactorTOTP
		err := c.g.db.Write(c.g.t.Context(), func(tx store.Tx) error { return tx.UpdateUser(c.person.ID, store.UserChange{Factors: &has}) })
		if err != nil {
			return err
		}
		return c.g.people.ResetFactors(c.g.t.Context(), authz.Operator, c.person.ID, "")
	}},
	{name: "consent withdrawn", spares: true, anew: true, act: func(c *contest) error {
		return c.g.people.Withdraw(c.g.t.Context(), authz.Operator, c.person, c.id)
	}},
	{name: "app has another method", spares: true, ofApp: true, again: true, act: func(c *contest) error {
		_, _, err := c.g.apps.Update(c.g.t.Context(), authz.Operator, c.id, client.Input{AuthMethod: fields.Given("client_secret_post")}, false)
		return err
	}},
	{name: "app deleted", ofApp: true, act: func(c *contest) error { return c.g.apps.Delete(c.g.t.Context(), authz.Operator, c.id, "") }},
}

// contend lets the callers found sessions until after the act, and returns how many they
// got, and which of them live.
func (c *contest) contend(act endingAct) (got int, survivors map[string]int) {
	var wg sync.WaitGroup
	var warm atomic.Int64
	for i := range contenders {
		f := foundings[i%len(foundings)]
		if f.proven && (act.spares || act.ofApp && f.name == loggedIn) {
			f = foundings[0]
		}
		wg.Go(func() {
			for range 200 {
				last, late := c.done.Load(), c.acted.Load() && act.again
				if token := f.found(c); token != "" && !late {
					c.mu.Lock()
					c.won[f.name] = append(c.won[f.name], token)
					c.mu.Unlock()
				}
				warm.Add(1)
				if last {
					return
				}
			}
		})
	}
	for warm.Load() < contenders/2 {
		time.Sleep(time.Millisecond)
	}
	c.acted.Store(true)
	err := act.act(c)
	for try := 0; errors.Is(err, store.ErrUnavailable) && try < 10; try++ { // on a busy machine
		err = act.act(c)
	}
	if err != nil {
		c.g.t.Errorf("%s: %v, want it done", act.name, err)
	}
	c.done.Store(true)
	wg.Wait()
	survivors = map[string]int{}
	for name, tokens := range c.won {
		got += len(tokens)
		for _, token := range tokens {
			anew := act.anew && name == byDevice && c.consentedAnew(token)
			if !anew && c.lives(name, token) {
				survivors[name]++
			}
		}
	}
	return got, survivors
}

// lives reports whether a session still gives tokens.
func (c *contest) lives(founding, refresh string) bool {
	holder := store.Client{ID: c.id}
	if founding == loggedIn {
		holder = session.Accounts(store.RotationStrict)
	}
	found, err := c.g.sessions.Inspect(c.g.t.Context(), holder, refresh)
	if err != nil {
		c.g.t.Errorf("inspecting a token: %v, want an answer", err)
	}
	return found.Active
}

// consentedAnew reports whether the device of a session was approved after the consent was
// withdrawn. Both events are written with the consent locked, so their numbers have the
// order of the acts. What the device may is less than what the app asks for in the browser,
// so no code rests on such a consent.
func (c *contest) consentedAnew(refresh string) bool {
	found, err := c.g.sessions.Inspect(c.g.t.Context(), store.Client{ID: c.id}, refresh)
	if err != nil {
		c.g.t.Errorf("inspecting a token: %v, want an answer", err)
	}
	approved := c.event("device.decided", func(e store.AuditEvent) bool { return e.SessionID == found.SessionID })
	withdrawn := c.event("consent.withdrawn", func(e store.AuditEvent) bool { return e.ClientID == c.id })
	return approved > withdrawn && withdrawn > 0
}

// event returns the number of the person's last event of a kind that fits; 0: none.
func (c *contest) event(kind string, fits func(store.AuditEvent) bool) int64 {
	all, err := c.g.db.ListAudit(c.g.t.Context(), store.AuditQuery{Kind: kind, Subject: "user:" + c.person.Sub, Limit: 10_000})
	if err != nil {
		c.g.t.Errorf("listing events: %v, want them", err)
	}
	for _, e := range all {
		if fits(e) {
			return e.ID
		}
	}
	return 0
}

// contest registers a person and an app for one act, and signs the person in.
func (g *gate) contest(n int, doors []string) *contest {
	c := &contest{g: g, doors: doors, id: fmt.Sprintf("shop-%d", n), won: map[string][]string{}}
	c.person = g.person(fmt.Sprintf("person-%d", n), "user")
	g.shop(c.id, func(a *store.Client) {
		a.GrantTypes = []string{"authorization_code", "refresh_token", "password", deviceGrant}
		a.MaxSessions = -1
	})
	c.browser = g.visitor()
	p := c.browser.signIn(c.browser.get(ask("client_id", c.id)), c.person.Username)
	c.browser.post("/consent", append(p.fields(), "answer", "allow")...).leads(shopURI)
	at, _ := url.Parse(g.door.URL)
	for _, cookie := range c.browser.client.Jar.Cookies(at) {
		c.cookies += cookie.Name + "=" + cookie.Value + "; "
	}
	return c
}

// TestNothingOutlivesItsEnd has every act that ends sessions contend with every act that
// founds them, on one replica or two.
func TestNothingOutlivesItsEnd(t *testing.T) {
	for name, back := range map[string]func(t *testing.T) (database, redis string, replicas int){
		"SQLite":  func(t *testing.T) (string, string, int) { return testdb.SQLite(t), "", 1 },
		"MariaDB": func(t *testing.T) (string, string, int) { return testdb.MySQL(t), "", 1 },
		"MariaDB and Redis, two replicas": func(t *testing.T) (string, string, int) {
			testkit.Long(t)
			return testdb.MySQL(t), testdb.Redis(t), 2
		},
	} {
		t.Run(name, func(t *testing.T) {
			database, redis, replicas := back(t)
			change := func(cfg *config.Config) {
				cfg.Database, cfg.Redis = config.NewSecret(database), config.NewSecret(redis)
				cfg.MasterKey = config.NewSecret(strings.Repeat("A", 42) + "E")
			}
			g := openGate(t, change)
			doors := []string{g.door.URL}
			for range replicas - 1 {
				other := httptest.NewServer(startApp(t, slog.New(slog.DiscardHandler), change).handler)
				t.Cleanup(other.Close)
				doors = append(doors, other.URL)
			}
			for i, act := range endingActs {
				got, survivors := g.contest(i, doors).contend(act)
				if len(survivors) > 0 {
					t.Errorf("%s: of %d sessions that were founded meanwhile, these live: %v; want none", act.name, got, survivors)
				}
				if got == 0 {
					t.Errorf("%s: no session was founded, want some", act.name)
				}
				t.Logf("%s: %d founded, %d live", act.name, got, len(survivors))
			}
		})
	}
}
