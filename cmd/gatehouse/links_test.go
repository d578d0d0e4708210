package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/mailbox"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// A mailed gate has a mail server.
type mailed struct {
	*gate
	mail *mailbox.Server
}

func openMailed(t *testing.T, change func(*config.Config)) mailed {
	t.Helper()
	server := mailbox.Open(t)
	g := openGate(t, func(cfg *config.Config) {
		cfg.SMTP, cfg.MailFrom = config.NewSecret(server.URL), "Gatehouse <id@example.com>"
		if change != nil {
			change(cfg)
		}
	})
	return mailed{g, server}
}

// open opens the link of the next mail to an address, which must be at the issuer.
func (m mailed) open(v *visitor, to string) page {
	m.t.Helper()
	got := m.mail.Next(m.t, to)
	path, at := strings.CutPrefix(got.Link, m.config.Issuer)
	if !at {
		m.t.Fatalf("the link to %s is %q, want one at %s", to, got.Link, m.config.Issuer)
	}
	return v.get(path)
}

// sends sends the form of a page, with its hidden fields.
func (v *visitor) sends(p page, path string, pairs ...string) page {
	v.t.Helper()
	return v.post(path, append(p.fields(), pairs...)...)
}

const fresh = "quite another secret phrase"

// TestAForgottenPasswordByPage goes the whole way in a browser without script: from an app
// to the sign-in, to the mail, to the new password, and back.
func TestAForgottenPasswordByPage(t *testing.T) {
	m := openMailed(t, nil)
	v := m.visitor()
	login := v.get(ask())
	request := url.Values{"request": {login.hiddenField("request")}}.Encode()
	forgot := v.get("/forgot?"+request).shows(200, "Forgot your password?")
	known := v.sends(forgot, "/forgot", "email", "ann@example.com").shows(200, "Look at your mail", "ann@example.com")
	unknown := v.sends(forgot, "/forgot", "email", "eve@example.com").shows(200)
	if strings.ReplaceAll(known.body, "ann@<wbr>", "eve@<wbr>") != unknown.body && strings.ReplaceAll(known.body, "ann@", "eve@") != unknown.body {
		t.Errorf("the pages for a known and an unknown address differ, want the same:\n%s\n%s", known.body, unknown.body)
	}
	if !strings.Contains(known.body, request) {
		t.Errorf("the page does not lead back to the app, want a link with the request:\n%s", known.body)
	}
	reset := m.open(v, "ann@example.com").shows(200, "Choose another password", "ann")
	if got := reset.header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy of a page with a token is %q, want no-referrer", got)
	}
	v.get(strings.TrimPrefix(reset.at, v.door.URL)).shows(200) // opening it again uses nothing up
	v.sends(reset, "/reset", "password", "ann").shows(422, "at least")
	v.sends(reset, "/reset", "password", fresh).shows(200, "Your password is set")
	v.sends(reset, "/reset", "password", fresh).shows(410, "This link has been used or is too old", "Send a new link")
	v.get(strings.TrimPrefix(reset.at, v.door.URL)).shows(410)
	waits := login.hiddenField("request")
	v.post("/login", "request", waits, "username", "ann", "password", secretPhrase).shows(422)
	back := v.post("/login", "request", waits, "username", "ann", "password", fresh)
	v.sends(back, "/consent", "answer", "allow").leads(shopURI)
}

// hiddenField returns the value of a hidden field.
func (p page) hiddenField(name string) string {
	all := p.fields()
	for i := 0; i < len(all); i += 2 {
		if all[i] == name {
			return all[i+1]
		}
	}
	return ""
}

// TestLinksLeadToTheIssuer: no header of a request gets into a link.
func TestLinksLeadToTheIssuer(t *testing.T) {
	m := openMailed(t, nil)
	v := m.visitor()
	for name, value := range map[string]string{
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example", "X-Host": "evil.example",
		"X-Original-URL": "https://evil.example/", "X-Forwarded-Prefix": "/evil",
	} {
		v.header.Set(name, value)
	}
	form := v.get("/forgot").shows(200)
	v.sends(form, "/forgot", "email", "ann@example.com").shows(200)
	if got := m.mail.Next(t, "ann@example.com"); strings.Contains(got.Text+got.HTML+got.Subject, "evil") || !strings.HasPrefix(got.Link, m.config.Issuer+"/reset?token=") {
		t.Errorf("the mail is %q with the link %q, want a link at the issuer", got.Text, got.Link)
	}
}

// TestASignUpByPage signs up where sign-up is open, is signed in at once, goes on to the
// app, and confirms the address by the mail that came.
func TestASignUpByPage(t *testing.T) {
	m := openMailed(t, nil)
	v := m.visitor()
	login := v.get(ask())
	form := v.get("/signup?"+url.Values{"request": {login.hiddenField("request")}}.Encode()).shows(200, "Create an account", "Photo Shop")
	v.sends(form, "/signup", "username", "ann", "email", "nonsense", "password", "x").shows(422, "already exists", "valid email", "at least")
	back := v.sends(form, "/signup", "username", "ben", "email", "ben@example.com", "password", fresh)
	v.sends(back, "/consent", "answer", "allow").leads(shopURI)
	verify := m.open(v, "ben@example.com").shows(200, "Confirm your address", "ben@")
	if u := m.user("ben"); u.EmailVerified {
		t.Error("opening the link verified the address, want it only when the form is sent")
	}
	v.sends(verify, "/verify").shows(200, "Your address is confirmed")
	if u := m.user("ben"); !u.EmailVerified {
		t.Error("the address is not verified, want it")
	}
	v.sends(verify, "/verify").shows(410)
}

func (g *gate) user(name string) store.User {
	g.t.Helper()
	u, err := g.db.UserByName(g.t.Context(), name)
	if err != nil {
		g.t.Fatalf("looking up %s: %v", name, err)
	}
	return u
}

// TestASignUpByMailFirst proves the address before anything else is asked.
func TestASignUpByMailFirst(t *testing.T) {
	m := openMailed(t, func(cfg *config.Config) { cfg.SignUp = "verified" })
	v := m.visitor()
	form := v.get("/signup").shows(200, "Send me a link")
	v.sends(form, "/signup", "email", "ann@example.com").shows(200, "Look at your mail")
	v.sends(form, "/signup", "email", "ben@example.com").shows(200, "Look at your mail")
	if got := m.mail.Next(t, "ann@example.com"); strings.Contains(got.Text, "token=") {
		t.Errorf("the owner of an account got a link to sign up, want a notice: %s", got.Text)
	}
	rest := m.open(v, "ben@example.com").shows(200, "Create an account", "ben@")
	v.sends(rest, "/signup", "username", "ann", "password", fresh, "email", "eve@example.com").shows(422, "already exists")
	v.sends(rest, "/signup", "username", "ben", "password", fresh, "email", "eve@example.com").shows(200)
	if u := m.user("ben"); u.Email != "ben@example.com" || !u.EmailVerified {
		t.Errorf("the address is %s, verified: %t; want the one that the link proved", u.Email, u.EmailVerified)
	}
	v.sends(rest, "/signup", "username", "carl", "password", fresh).shows(410, "Send a new link")
	// A side door: without the token, only the address counts.
	v.sends(form, "/signup", "username", "eve", "password", fresh, "email", "eve@example.com").shows(200, "Look at your mail")
	if _, err := m.db.UserByName(t.Context(), "eve"); err == nil {
		t.Error("an account was made without a proof of its address, want none")
	}
}

// TestAnAddressThatIsNotVerified keeps a right password from opening anything, and sends
// another link, at the page and at the API.
func TestAnAddressThatIsNotVerified(t *testing.T) {
	m := openMailed(t, func(cfg *config.Config) { cfg.SignUp = "verified" })
	v := m.visitor()
	made := v.post("/api/accounts/signup/", "username", "ben", "email", "ben@example.com", "password", fresh).shows(201)
	taken := v.post("/api/accounts/signup/", "username", "carl", "email", "ann@example.com", "password", fresh).shows(201)
	shape := regexp.MustCompile(`"(id|sub|username|email|date_joined|updated_at)":("[^"]*"|[0-9]+)`)
	if a, b := shape.ReplaceAllString(made.body, "$1"), shape.ReplaceAllString(taken.body, "$1"); a != b {
		t.Errorf("the answers for a free address and a taken one differ, want the same:\n%s\n%s", made.body, taken.body)
	}
	m.mail.Next(t, "ann@example.com")
	first := m.mail.Next(t, "ben@example.com")
	v.post("/api/accounts/login/", "username", "ben", "password", "wrong").shows(401, "Invalid credentials")
	v.post("/api/accounts/login/", "username", "ben", "password", fresh).shows(401, "email_not_verified")
	if again := m.mail.Next(t, "ben@example.com"); again.Link == first.Link {
		t.Error("the second link is the first one, want another")
	}
	v.post("/login", "username", "ben", "password", fresh).shows(422, "confirm your e-mail address")
	verify := m.open(v, "ben@example.com").shows(200, "Confirm your address")
	v.sends(verify, "/verify").shows(200)
	v.post("/login", "username", "ben", "password", fresh).shows(200, "You are signed in")
}

// TestAnInvitationByMail sets the first password.
func TestAnInvitationByMail(t *testing.T) {
	m := openMailed(t, nil)
	v := m.visitor()
	root := m.person("root", "admin")
	admin := authz.Actor{UserID: root.ID, Sub: root.Sub, Role: root.Role, Scope: authz.ForRole(root.Role)}
	in := account.Input{Username: fields.Given("ines"), Email: fields.Given("ines@example.com"), Invite: fields.On(true)}
	if _, _, err := m.people.CreateOrInvite(t.Context(), admin, in); err != nil {
		t.Fatalf("inviting: %v", err)
	}
	form := m.open(v, "ines@example.com").shows(200, "Choose a password", "ines")
	v.sends(form, "/invite", "password", "ines").shows(422)
	v.sends(form, "/invite", "password", fresh).shows(200, "Your password is set")
	v.sends(form, "/invite", "password", fresh).shows(410, "Ask an administrator")
	v.post("/login", "username", "ines", "password", fresh).shows(200, "You are signed in")
}

// TestWithoutMail says whom to ask, and makes no link for strangers.
func TestWithoutMail(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()
	v.get("/forgot").shows(200, "Ask an administrator")
	v.post("/forgot", "email", "ann@example.com").shows(200)
	g.people.Settle()
	if rows := rowsOf(t, testdb.Raw(t, g.config.Database.Reveal()))["links"]; rows != 0 {
		t.Errorf("%d links were made without mail, want none", rows)
	}
}
