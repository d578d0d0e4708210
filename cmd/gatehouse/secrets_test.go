package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// TestNoAnswerAndNoLogLineHoldsASecret reads every path as every caller, and looks for
// what nobody may see again: passwords and their hashes, secrets and their digests, the
// master key, sealed keys, and the token of the bootstrap link.
func TestNoAnswerAndNoLogLineHoldsASecret(t *testing.T) {
	var log testkit.Journal
	a := startApp(t, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), nil)
	link, _, err := a.people.Offer(t.Context())
	if err != nil {
		t.Fatalf("offering an invitation: %v", err)
	}
	c := gather(t, a)
	c.stir(t)
	secrets := c.canaries(t)
	secrets["bootstrap link"] = link
	for _, caller := range callers {
		token := c.token(t, caller)
		for _, template := range c.templates() {
			for _, query := range []string{"", "?limit=1000", "?search=v"} {
				path := c.there(template) + query
				answer := c.call("GET", path, token)
				look(t, secrets, "GET "+path+" as "+caller, answer.Body.String()+fmt.Sprint(answer.Header()))
			}
		}
	}
	_ = c.call("GET", "/setup?token="+link, "")
	look(t, secrets, "the log", log.String())
}

// there fills in an ID that exists.
func (c *crowd) there(template string) string {
	id := strconv.FormatInt(c.people["victim"].ID, 10)
	if strings.HasPrefix(template, "/api/admin/clients/") {
		id = "nightly"
	}
	return strings.Replace(template, "{id}", id, 1)
}

// stir changes everything that is secret, so that the audit log has something to say.
func (c *crowd) stir(t *testing.T) {
	t.Helper()
	in := account.Input{Password: fields.Given("a new and quite long secret"), FirstName: fields.Given("Vic")}
	if _, err := c.app.people.Change(t.Context(), authz.Operator, c.people["victim"], in, false); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	if _, _, err := c.apps.RotateSecret(t.Context(), authz.Operator, "nightly", time.Hour, ""); err != nil {
		t.Fatalf("rotating the client's secret: %v", err)
	}
	if _, err := c.ring.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	_ = c.call("POST", "/api/accounts/login/", "") // a refused sign-in
}

// canaries returns the secrets in every form in which they could leak.
func (c *crowd) canaries(t *testing.T) map[string]string {
	t.Helper()
	secrets := map[string]string{"a password": crowdPassword, "a new password": "a new and quite long secret", "an app's secret": c.secret}
	page, err := c.db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByID, Limit: 100})
	if err != nil {
		t.Fatalf("listing the users: %v", err)
	}
	for _, u := range page.Users {
		full, err := c.db.UserByID(t.Context(), u.ID)
		if err != nil || full.PasswordHash == "" {
			t.Fatalf("reading the hash of %s: %v", u.Username, err)
		}
		parts := strings.Split(full.PasswordHash, "$")
		secrets["the hash of "+u.Username] = parts[len(parts)-1]
		secrets["the salt of "+u.Username] = parts[len(parts)-2]
	}
	app, err := c.db.ClientByID(t.Context(), "nightly")
	if err != nil || len(app.Secrets) != 2 {
		t.Fatalf("the app has %d secrets, %v; want 2", len(app.Secrets), err)
	}
	for i, s := range app.Secrets {
		secrets[fmt.Sprint("digest in hex ", i)] = hex.EncodeToString(s.Digest[:])
		secrets[fmt.Sprint("digest in base64 ", i)] = base64.RawStdEncoding.EncodeToString(s.Digest[:])
	}
	file := strings.TrimPrefix(c.config.Database.Reveal(), "sqlite:")
	master, err := os.ReadFile(filepath.Join(filepath.Dir(file), "gatehouse.key"))
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	secrets["the master key"] = strings.TrimRight(strings.TrimSpace(string(master)), "=")
	keys, err := c.db.SigningKeys(t.Context())
	if err != nil || len(keys) != 2 {
		t.Fatalf("the ring has %d keys, %v; want 2", len(keys), err)
	}
	for _, k := range keys {
		secrets["sealed key "+k.ID] = base64.StdEncoding.EncodeToString(k.Sealed)[:40]
	}
	return secrets
}

func look(t *testing.T, secrets map[string]string, where, text string) {
	t.Helper()
	for what, secret := range secrets {
		if len(secret) < 8 {
			t.Fatalf("%s is not a canary: %q, want 8 characters or more", what, secret)
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %s, want it hidden", where, what)
		}
	}
}
