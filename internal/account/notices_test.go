package account_test

import (
	"context"
	"log/slog"
	stdmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/mail"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/mailbox"
	"gatehouse/internal/throttle"
	"gatehouse/keys"
	"gatehouse/store"
)

// withMail gives the service an outbox, which nothing sends from.
func (w *world) withMail() *mail.Outbox {
	w.Mail = &mail.Outbox{Key: keys.NewDataKey(), Now: w.clock, Log: slog.New(slog.DiscardHandler)}
	return w.Mail
}

// mailbox gives the service a mail server, which gets its mail until the test ends.
func (w *world) mailbox() *mailbox.Server {
	w.t.Helper()
	box := mailbox.Open(w.t)
	server, err := mail.ParseServer(box.URL)
	if err != nil {
		w.t.Fatalf("reading the URL of the mail server: %v", err)
	}
	templates, err := mail.LoadTemplates("")
	if err != nil {
		w.t.Fatalf("loading the templates: %v", err)
	}
	sender := &mail.Sender{
		DB: w.db, Outbox: w.withMail(), Server: server, Every: 10 * time.Millisecond, Now: w.clock, Log: slog.New(slog.DiscardHandler),
		Composer: mail.Composer{Templates: templates, From: &stdmail.Address{Address: "no-reply@example.com"}, Frame: mail.Frame{Brand: "Brand"}},
	}
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { sender.Run(ctx) })
	w.t.Cleanup(func() { stop(); ended.Wait() })
	return box
}

// waiting returns the purposes of the mails that wait.
func (w *world) waiting() (purposes []string) {
	w.t.Helper()
	mails, err := w.db.ClaimMails(w.t.Context(), w.clock(), w.clock(), 100)
	if err != nil {
		w.t.Fatalf("reading the mails: %v", err)
	}
	for _, m := range mails {
		purposes = append(purposes, m.Purpose)
	}
	slices.Sort(purposes)
	return purposes
}

func TestWhoIsToldOfAChange(t *testing.T) {
	given, proof := fields.Given, fields.Given(secret)
	for name, c := range map[string]struct {
		in   account.Input
		want []string
	}{
		"a name":                     {account.Input{FirstName: given("Ann")}, nil},
		"a username":                 {account.Input{Username: given("annie"), CurrentPassword: proof}, nil},
		"a password":                 {account.Input{Password: given("another long secret"), CurrentPassword: proof}, []string{"password_changed"}},
		"the same password":          {account.Input{Password: given(secret)}, nil},
		"an address":                 {account.Input{Email: given("new@example.com"), CurrentPassword: proof}, []string{"address_changed", "address_changed", "verify"}},
		"an address in capitals":     {account.Input{Email: given("ANN@example.com"), CurrentPassword: proof}, []string{"address_changed"}},
		"both":                       {account.Input{Email: given("new@example.com"), Password: given("another long secret"), CurrentPassword: proof}, []string{"address_changed", "address_changed", "password_changed", "verify"}},
		"an address that is refused": {account.Input{Email: given("boss@example.com"), CurrentPassword: proof}, nil},
	} {
		w := open(t)
		w.withMail()
		w.person("boss", store.RoleAdmin)
		ann := w.person("ann", store.RoleUser)
		_, err := w.ChangeOwn(t.Context(), as(ann, w.session(ann)), ann, c.in, false)
		if got := w.waiting(); (err != nil) != strings.HasSuffix(name, "refused") || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, mails %v; want %v", name, err, got, c.want)
		}
	}
}

// TestBothAddressesAreTold: whoever took over an account cannot keep its owner from hearing of
// it by changing the address first.
func TestBothAddressesAreTold(t *testing.T) {
	w := open(t)
	box := w.mailbox()
	boss, ann := w.person("boss", store.RoleAdmin), w.person("ann", store.RoleUser)
	in := account.Input{Email: fields.Given("new@example.com"), Password: fields.Given("another long secret")}
	if _, err := w.Change(t.Context(), as(boss, ""), ann, in, false); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	texts := ""
	for range 2 {
		texts += box.Next(t, "ann@example.com").Text
	}
	for _, m := range []string{texts, box.Next(t, "new@example.com").Text} {
		if !strings.Contains(m, "An administrator changed the email address") || !strings.Contains(m, "Before: ann@example.com\nNow: new@example.com") {
			t.Errorf("the message says %s, want who changed what", m)
		}
	}
	if !strings.Contains(texts, "An administrator changed the password") {
		t.Errorf("the messages to the old address say %s, want the password among it", texts)
	}
	if all := box.All(); len(all) != 3 {
		t.Errorf("%d messages arrived, want 3", len(all))
	}
}

// TestTheLanguageOfANotice is that of the profile, or else that of the person's own request.
// An administrator's language says nothing of theirs.
func TestTheLanguageOfANotice(t *testing.T) {
	for name, c := range map[string]struct {
		profile, request string
		own              bool
		want             string
	}{
		"the profile": {"de-CH", "en", true, "Das Passwort"}, "the request": {"", "de", true, "Das Passwort"}, "neither": {"", "", true, "The password"},
		"the administrator's request": {"", "de", false, "An administrator"}, "the profile of another": {"de", "en", false, "Das Passwort"},
	} {
		w := open(t)
		box := w.mailbox()
		boss, ann := w.person("boss", store.RoleAdmin), w.person("ann", store.RoleUser)
		profile := store.Profile{Locale: c.profile}.Text()
		if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, store.UserChange{Profile: &profile}) }); err != nil {
			t.Fatalf("changing the user: %v", err)
		}
		ctx := from(t.Context(), "192.0.2.7")
		reqctx.From(ctx).AsksFor = c.request
		var err error
		in := account.Input{Password: fields.Given("another long secret")}
		if c.own {
			in.CurrentPassword = fields.Given(secret)
			_, err = w.ChangeOwn(ctx, as(ann, ""), w.read(ann.ID), in, false)
		} else {
			_, err = w.Change(ctx, as(boss, ""), w.read(ann.ID), in, false)
		}
		if err != nil {
			t.Fatalf("%s: changing the password: %v", name, err)
		}
		if got := box.Next(t, "ann@example.com").Text; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: the message begins %.40q, want %q", name, got, c.want)
		}
	}
}

func TestWhoIsToldOfASignIn(t *testing.T) {
	const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	known := func(ctx context.Context, u store.User) context.Context {
		return throttle.WithBrowser(ctx, func(sub string) string { return map[string]string{u.Sub: "b"}[sub] })
	}
	for name, c := range map[string]struct {
		method  signin.Method
		before  bool // the person has signed in before
		session string
		ctx     func(context.Context, store.User) context.Context
		told    bool
	}{
		"another browser":                          {signin.ByPage, true, "", nil, true},
		"another browser, in a front end":          {signin.ByLogin, true, "", nil, true},
		"another browser, known to somebody else":  {signin.ByPage, true, "", func(ctx context.Context, _ store.User) context.Context { return known(ctx, store.User{Sub: "x"}) }, true},
		"a known browser":                          {signin.ByPage, true, "", known, false},
		"the first sign-in":                        {signin.ByPage, false, "", nil, false},
		"an app without a browser":                 {signin.ByPassword, true, "", nil, false},
		"a front end without cookies, as before":   {signin.ByLogin, true, agent, nil, false},
		"a front end without cookies, but another": {signin.ByLogin, true, "another program", nil, true},
	} {
		w := open(t)
		w.withMail()
		ann := w.person("ann", store.RoleUser)
		if c.before {
			before := w.clock()
			if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, store.UserChange{LastLoginAt: &before}) }); err != nil {
				t.Fatalf("changing the user: %v", err)
			}
		}
		if c.session != "" {
			w.sessionFrom(ann, "192.0.2.250", c.session)
		}
		ctx := from(t.Context(), "192.0.2.7")
		reqctx.From(ctx).UserAgent = agent
		if c.ctx != nil {
			ctx = c.ctx(ctx, ann)
		}
		proof, err := w.CheckPassword(ctx, "ann", secret, c.method)
		if err != nil {
			t.Fatalf("%s: checking the password: %v", name, err)
		}
		if proof.Notice == nil {
			proof.Notice = w.Unfamiliar(ctx, proof.User, c.method)
		}
		if got := w.waiting(); len(got) != 0 {
			t.Errorf("%s: mails %v before the sign-in, want none", name, got)
		}
		if err := w.db.Write(t.Context(), func(tx store.Tx) error { return proof.Honour(tx, w.clock()) }); err != nil {
			t.Fatalf("%s: signing in: %v", name, err)
		}
		if got := w.waiting(); slices.Contains(got, "new_signin") != c.told {
			t.Errorf("%s: mails %v, want new_signin: %t", name, got, c.told)
		}
	}
}

func TestPrograms(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0":               "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari, iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                   "Chrome, macOS",
		"okhttp/4.12 (Android 15)": "Android", "curl/8.0": "", "": "", "<script>Visit https://evil.example</script>": "",
	} {
		if got := account.Program(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
