package main

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/mailbox"
	"gatehouse/internal/test/testkit"
)

// withMail sets the mail server.
func withMail(box *mailbox.Server) func(*config.Config) {
	return func(cfg *config.Config) {
		cfg.SMTP, cfg.MailFrom = config.NewSecretURL(box.URL), "Example <no-reply@example.com>"
	}
}

// TestPeopleAreToldByMail: of sign-ins from elsewhere, and of what changes in their accounts,
// whoever changes it.
func TestPeopleAreToldByMail(t *testing.T) {
	box := mailbox.Open(t)
	g := openGate(t, withMail(box))
	first := g.visitor()
	first.signIn(first.get("/login"), "ann")
	first.signIn(first.get("/login?another=1"), "ann") // the same browser again
	second := g.visitor()
	second.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	second.signIn(second.get("/login"), "ann")
	told := box.Next(t, "ann@example.com")
	if told.Subject != "New sign-in to your account at Example" || !strings.Contains(told.Text, "With: Firefox, Linux\nFrom the network: 127.0.0.0/24") {
		t.Errorf("the message is %q: %s; want a sign-in with its browser and network", told.Subject, told.Text)
	}
	if n := len(box.All()); n != 1 {
		t.Errorf("%d messages arrived, want one for the second browser alone", n)
	}

	front := g.visitor()
	front.header.Set("Content-Type", "application/x-www-form-urlencoded")
	signedIn := front.post("/api/accounts/login/", "username", "ann", "password", secretPhrase)
	var tokens struct{ Access string }
	if err := json.Unmarshal([]byte(signedIn.body), &tokens); err != nil || tokens.Access == "" {
		t.Fatalf("signing in: %d %s, want tokens", signedIn.status, signedIn.body)
	}
	if got := box.Next(t, "ann@example.com").Subject; !strings.HasPrefix(got, "New sign-in") {
		t.Errorf("after a sign-in in a front end: %q, want the new sign-in", got)
	}
	front.header.Set("Authorization", "Bearer "+tokens.Access)
	if p := front.do("PATCH", "/api/accounts/profile/", url.Values{"email": {"ann@example.net"}, "password": {"another long secret phrase"}, "current_password": {secretPhrase}}); p.status != 200 {
		t.Fatalf("changing the profile: %d %s, want 200", p.status, p.body)
	}
	subjects := []string{box.Next(t, "ann@example.com").Subject, box.Next(t, "ann@example.com").Subject, box.Next(t, "ann@example.net").Subject}
	if all := strings.Join(subjects, "; "); strings.Count(all, "Your email address at Example was changed") != 2 || strings.Count(all, "Your password for Example was changed") != 1 {
		t.Errorf("after a change of address and password: %s; want both addresses told of the one, and the old one of the other", all)
	}
	metrics := g.visitor().get("/metrics").shows(200)
	for _, line := range []string{`gatehouse_mails_total{purpose="new_signin",result="sent"} 2`, "\ngatehouse_mails_waiting "} {
		if !strings.Contains(metrics.body, line) {
			t.Errorf("the metrics lack %s, want it", line)
		}
	}
	if log := g.log.String(); strings.Contains(log, "ann@example") {
		t.Errorf("the log has an address, want none:\n%s", log)
	}
}

// TestMailThatWaitsSurvivesARestart: the mail server is away while the first process runs.
func TestMailThatWaitsSurvivesARestart(t *testing.T) {
	box := mailbox.Open(t)
	box.Set(mailbox.Offline)
	folder := t.TempDir()
	on := func(cfg *config.Config) {
		withMail(box)(cfg)
		cfg.Database = config.NewSecret("sqlite:" + filepath.Join(folder, "gatehouse.db"))
	}
	t.Run("before", func(t *testing.T) {
		g := openGate(t, on)
		for range 2 {
			v := g.visitor()
			v.signIn(v.get("/login"), "ann")
		}
	})
	content, err := os.ReadFile(filepath.Join(folder, "gatehouse.db"))
	if err != nil {
		t.Fatalf("reading the database: %v", err)
	}
	if !strings.Contains(string(content), "new_signin") {
		t.Error("no mail waits in the database, want one")
	}
	box.Set(mailbox.Fine)
	t.Run("after", func(t *testing.T) {
		startApp(t, slog.New(slog.DiscardHandler), on)
		if got := box.Next(t, "ann@example.com").Subject; !strings.HasPrefix(got, "New sign-in") {
			t.Errorf("after the restart: %q, want the message from before", got)
		}
	})
}

// TestWrongTextsOfMailStopTheStart, and doctor names the file.
func TestWrongTextsOfMailStopTheStart(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "rest.en.txt"), nil, 0o600); err != nil {
		t.Fatalf("writing a text: %v", err)
	}
	cfg := config.Default()
	cfg.Database = config.NewSecret("sqlite:" + filepath.Join(t.TempDir(), "gatehouse.db"))
	withMail(mailbox.Open(t))(&cfg)
	cfg.MailTemplates = folder
	a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err == nil {
		_ = a.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "rest.en.txt") {
		t.Errorf("the start: %v, want an error that names the file", err)
	}
	if found := examineMail(cfg).Look(t.Context()); len(found) != 2 || !strings.Contains(found[0].String(), "rest.en.txt") {
		t.Errorf("doctor: %v, want a finding that names the file, and the mail server", found)
	}
}

// TestCommandsTellPeopleToo: a command seals what the server sends, once a server has made
// the key for that. Without the master key it goes on, and says so.
func TestCommandsTellPeopleToo(t *testing.T) {
	box := mailbox.Open(t)
	box.Set(mailbox.Offline)
	folder := t.TempDir()
	cfg := config.Default()
	cfg.Database = config.NewSecret("sqlite:" + filepath.Join(folder, "gatehouse.db"))
	cfg.PasswordMemoryKiB, cfg.PasswordIterations = 1024, 1
	withMail(box)(&cfg)
	var log testkit.Journal
	change := func(word string) (waiting int) {
		core, err := openCore(t.Context(), cfg, slog.New(slog.NewJSONHandler(&log, nil)))
		if err != nil {
			t.Fatalf("opening what a command needs: %v", err)
		}
		defer func() { _ = core.Close() }()
		ann, err := core.db.UserByName(t.Context(), "ann")
		if err != nil {
			in := account.Input{Username: fields.Given("ann"), Email: fields.Given("ann@example.com"), Password: fields.Given(secretPhrase)}
			if ann, err = core.people.Create(t.Context(), authz.Operator, in); err != nil {
				t.Fatalf("creating the user: %v", err)
			}
		}
		if _, err := core.people.Change(t.Context(), authz.Operator, ann, account.Input{Password: fields.Given(secretPhrase + word)}, false); err != nil {
			t.Fatalf("changing the password: %v", err)
		}
		if waiting, err = core.db.CountMails(t.Context(), 10); err != nil {
			t.Fatalf("counting mails: %v", err)
		}
		return waiting
	}
	if n := change("one"); n != 0 {
		t.Errorf("%d mails wait before a server has started, want none", n)
	}
	a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("building the app: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatalf("closing the app: %v", err)
	}
	if n := change("two"); n != 1 {
		t.Errorf("%d mails wait after that, want 1", n)
	}
	if err := os.Remove(filepath.Join(folder, "gatehouse.key")); err != nil {
		t.Fatalf("removing the master key: %v", err)
	}
	if change("three"); !strings.Contains(log.String(), "nobody is told by mail") {
		t.Errorf("without the master key the log says %s, want that nobody is told", log.String())
	}
}
