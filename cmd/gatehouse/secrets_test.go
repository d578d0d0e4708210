package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// TestNoAnswerAndNoLogLineHoldsASecret reads everything that can be read, as
// everybody, and looks for what nobody may see again (security.md V84): password
// hashes, secrets and their digests, the master key, sealed keys, the token of
// the bootstrap link, passwords.
func TestNoAnswerAndNoLogLineHoldsASecret(t *testing.T) {
	var log safeBuffer
	a := startApp(t, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), func(*config.Config) {})
	link, _, err := a.people.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := gather(t, a)
	c.stir(t)
	secrets := c.canaries(t)
	secrets["bootstrap link"] = link
	for _, template := range c.templates() {
		path := strings.NewReplacer("{id}", c.victim, "{sid}", "nobody", "{kid}", "none").Replace(template)
		if strings.HasPrefix(path, "/api/admin/clients/") {
			path = strings.Replace(path, c.victim, "nightly", 1)
		}
		for _, caller := range callers {
			for _, query := range []string{"", "?limit=1000", "?search=v", "?token=" + link} {
				answer := c.call("GET", path+query, c.token(t, caller))
				if strings.Contains(query, link) && template == "/setup" {
					continue // the form takes the link's token along
				}
				look(t, secrets, "GET "+path+" as "+caller, answer.Body.String()+strings.Join(flatten(answer.Header()), "\n"))
			}
		}
	}
	look(t, secrets, "the log", log.String())
}

// stir makes the record say something: a change of everything that is secret.
func (c *crowd) stir(t *testing.T) {
	t.Helper()
	c.victim = "5"
	victim := c.people["victim"]
	for _, u := range c.people {
		if u.Username == "victim" {
			victim = u
		}
	}
	in := account.Input{Password: fields.Given("a new and quite long secret"), FirstName: fields.Given("Vic")}
	if _, err := c.app.people.Change(t.Context(), authz.Operator, victim, in, false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.apps.RotateSecret(t.Context(), authz.Operator, "nightly", 3600e9); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ring.Rotate(t.Context(), "cli"); err != nil {
		t.Fatal(err)
	}
	_ = c.call("POST", "/api/accounts/login/", "") // a refused sign-in
}

// canaries are the secrets in every form in which they could get out.
func (c *crowd) canaries(t *testing.T) map[string]string {
	t.Helper()
	secrets := map[string]string{"a password": crowdPassword, "a new password": "a new and quite long secret", "an app's secret": c.secret}
	page, err := c.db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByID, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range page.Users {
		full, err := c.db.UserByID(t.Context(), u.ID)
		if err != nil || full.PasswordHash == "" {
			t.Fatalf("no hash of %s: %v", u.Username, err)
		}
		parts := strings.Split(full.PasswordHash, "$")
		secrets["the hash of "+u.Username] = parts[len(parts)-1]
		secrets["the salt of "+u.Username] = parts[len(parts)-2]
	}
	app, err := c.db.ClientByID(t.Context(), "nightly")
	if err != nil || len(app.Secrets) != 2 {
		t.Fatalf("%d secrets, %v", len(app.Secrets), err)
	}
	for _, s := range app.Secrets {
		secrets["a digest in hex"] = hex.EncodeToString(s.Digest[:])
		secrets["a digest in base64"] = base64.RawStdEncoding.EncodeToString(s.Digest[:])
	}
	file := strings.TrimPrefix(c.config.Database.Reveal(), "sqlite:")
	master, err := os.ReadFile(filepath.Join(filepath.Dir(file), "gatehouse.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["the master key"] = strings.TrimRight(strings.TrimSpace(string(master)), "=")
	keys, err := c.db.SigningKeys(t.Context())
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
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
			t.Fatalf("%s is no canary: %q", what, secret)
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %s", where, what)
		}
	}
}

func flatten(h map[string][]string) []string {
	var all []string
	for name, values := range h {
		all = append(all, name+": "+strings.Join(values, ", "))
	}
	return all
}

// A safeBuffer can be written to by everybody at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
