package main

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/authenticator"
	"gatehouse/internal/test/testdb"
)

// TestAFirstPasskeyIsUsedOnce has fifty callers answer one challenge at once: fifty sign-ups
// under names of their own, and fifty who accept one invitation.
func TestAFirstPasskeyIsUsedOnce(t *testing.T) {
	for name, back := range map[string]func(t *testing.T) (database, redis string){
		"SQLite":            func(t *testing.T) (string, string) { return testdb.SQLite(t), "" },
		"MariaDB":           func(t *testing.T) (string, string) { return testdb.MySQL(t), "" },
		"MariaDB and Redis": func(t *testing.T) (string, string) { return testdb.MySQL(t), testdb.Redis(t) },
	} {
		t.Run(name, func(t *testing.T) {
			database, redis := back(t)
			g := openLocally(t, func(cfg *config.Config) {
				cfg.Database, cfg.Redis, cfg.SignUpPasskey = config.NewSecret(database), config.NewSecret(redis), true
				cfg.MasterKey = config.NewSecret(strings.Repeat("A", 42) + "E")
				cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			})
			g.signUpsAtOnce()
			g.invitedAtOnce()
		})
	}
}

func (g *gate) signUpsAtOnce() {
	g.t.Helper()
	answer := g.firstKey("/signup/passkey/options", "username", "kim", "email", "kim@example.com")
	won := g.everyoneSends("/signup", func(i int) url.Values {
		name := fmt.Sprintf("kim-%d", i)
		return url.Values{"username": {name}, "email": {name + "@example.com"}, "passkey": {answer}}
	})
	page, err := g.people.List(g.t.Context(), url.Values{"search": {"kim-"}})
	if err != nil || won != 1 || len(page.Users) != 1 {
		g.t.Errorf("%d of %d sign-ups by one challenge were accepted, and %d accounts are there (%v); want one", won, contenders, len(page.Users), err)
	}
}

func (g *gate) invitedAtOnce() {
	g.t.Helper()
	mia, invited, err := g.people.CreateOrInvite(g.t.Context(), authz.Operator, account.Input{
		Username: fields.Given("mia"), Email: fields.Given("mia@example.com"), Invite: fields.Flag{Sent: true, Value: true},
	})
	if err != nil {
		g.t.Fatalf("inviting mia: %v", err)
	}
	link, err := url.Parse(invited.URL)
	if err != nil {
		g.t.Fatalf("parsing the link: %v", err)
	}
	token := link.Query().Get("token")
	answer := g.firstKey("/reset/passkey/options", "token", token)
	won := g.everyoneSends("/invite", func(int) url.Values { return url.Values{"token": {token}, "passkey": {answer}} })
	if keys, err := g.db.ListPasskeys(g.t.Context(), mia.ID); err != nil || won != 1 || len(keys) != 1 {
		g.t.Errorf("%d of %d accepted one invitation by one challenge, and mia has %d passkeys (%v); want one", won, contenders, len(keys), err)
	}
}

// firstKey asks for the options of a passkey, and returns the answer of a new authenticator.
func (g *gate) firstKey(path string, pairs ...string) string {
	g.t.Helper()
	options := g.visitor().post(path, pairs...).shows(http.StatusOK)
	return string(authenticator.New(g.t, g.config.Issuer).Create([]byte(options.body)))
}

// everyoneSends sends a form from as many networks as there are contenders, at once, and
// returns how many were shown recovery codes. The others must be told what is wrong.
func (g *gate) everyoneSends(path string, form func(i int) url.Values) int {
	g.t.Helper()
	var won atomic.Int32
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range contenders {
		all.Go(func() {
			<-start
			status, body := g.sendFrom(fmt.Sprintf("10.%d.1.1", i), path, form(i))
			switch {
			case status == http.StatusOK && strings.Contains(body, `id="codes"`):
				won.Add(1)
			case status != http.StatusUnprocessableEntity && status != http.StatusGone:
				g.t.Errorf("%s: status %d, want the codes, or what is wrong", path, status)
			}
		})
	}
	close(start)
	all.Wait()
	return int(won.Load())
}

// sendFrom sends a form of our own page from an address.
func (g *gate) sendFrom(address, path string, form url.Values) (status int, body string) {
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.door.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, ""
	}
	for name, value := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "X-Forwarded-For": address} {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}
