package account_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/mail"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A postbox reads what waits in the outbox, which nothing sends from.
type postbox struct {
	*world
	key mail.Key
}

// mailing gives the service an outbox.
func mailing(t *testing.T, w *world) *postbox {
	t.Helper()
	p := &postbox{w, w.withMail().Key}
	t.Cleanup(w.Settle)
	return p
}

// open takes what waits, as "purpose to address", with the links.
func (p *postbox) open() (what []string, links []string) {
	p.t.Helper()
	p.Settle()
	mails, err := p.db.ClaimMails(p.t.Context(), p.clock(), p.clock().Add(1000*time.Hour), 1000)
	if err != nil {
		p.t.Fatalf("reading the mails: %v", err)
	}
	for _, m := range mails {
		plain, err := p.key.Open(m.Content, []byte("mail\x00"+m.Purpose+"\x00"+string(m.Digest[:])))
		var content struct {
			To   string            `json:"to"`
			Data map[string]string `json:"data"`
		}
		if err == nil {
			err = json.Unmarshal(plain, &content)
		}
		if err != nil {
			p.t.Fatalf("opening a mail: %v", err)
		}
		what = append(what, m.Purpose+" to "+content.To)
		if content.Data["Link"] != "" {
			links = append(links, content.Data["Link"])
		}
	}
	return what, links
}

// wantMail wants exactly these mails to wait, and returns the tokens of their links.
func (w *world) wantMail(p *postbox, want ...string) (tokens []string) {
	w.t.Helper()
	got, links := p.open()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Fatalf("mail: %q, want %q", got, want)
	}
	for _, l := range links {
		tokens = append(tokens, w.tokenOf(l))
	}
	return tokens
}

func (w *world) tokenOf(address string) string {
	w.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, "https://id.example/") || u.Query().Get("token") == "" {
		w.t.Fatalf("the link is %q, %v; want one with a token at the issuer", address, err)
	}
	return u.Query().Get("token")
}

func (w *world) forgot(address string) {
	w.t.Helper()
	if err := w.Forgot(from(w.t.Context(), "192.0.2.1"), fields.Given(address)); err != nil {
		w.t.Fatalf("asking for a link: %v", err)
	}
}

const another = "another rather long secret"

func (w *world) reset(token string) error {
	_, err := w.Reset(w.t.Context(), account.NewPassword{Token: fields.Given(token), Password: fields.Given(another)})
	return err
}

func (w *world) signIn(name, password string) error {
	_, err := w.CheckPassword(w.t.Context(), name, password, signin.ByLogin)
	return err
}

func TestAForgottenPassword(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	ann := w.person("ann", store.RoleUser)
	sid := w.session(ann)
	w.forgot("ANN@example.com")
	token := w.wantMail(p, "reset to ann@example.com")[0]
	if err := w.reset("guess"); !errors.Is(err, link.ErrSpent) {
		t.Errorf("a guess: %v, want ErrSpent", err)
	}
	bad := account.NewPassword{Token: fields.Given(token), Password: fields.Given("ann")}
	if _, err := w.Reset(t.Context(), bad); errors.As(err, new(*fields.Errors)) == false {
		t.Errorf("a bad password: %v, want faults of the field", err)
	}
	if err := w.reset(token); err != nil {
		t.Fatalf("resetting the password: %v", err)
	}
	w.wantMail(p, "password_changed to ann@example.com")
	if left := w.living(ann); len(left) != 0 {
		t.Errorf("sessions %v live on, want %s ended", left, sid)
	}
	if err := w.signIn("ann", another); err != nil {
		t.Errorf("signing in with the new password: %v", err)
	}
	if err := w.signIn("ann", secret); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("signing in with the old password: %v, want ErrCredentials", err)
	}
	if !w.read(ann.ID).EmailVerified {
		t.Error("the address is not verified, want it: the link came by mail")
	}
	if err := w.reset(token); !errors.Is(err, link.ErrSpent) {
		t.Errorf("the link again: %v, want ErrSpent", err)
	}
	for kind, want := range map[string]int{"link.made": 1, "link.used": 1} {
		if got := w.evidence(kind); len(got) != want || strings.Contains(strings.Join(got, ""), token) {
			t.Errorf("%s: %q, want %d without the token", kind, got, want)
		}
	}
}

func TestForgettingIsSilentAboutWhoHasAnAccount(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	gone := w.person("gone", store.RoleUser)
	w.person("root", store.RoleAdmin)
	if _, err := w.Change(t.Context(), authz.Operator, gone, account.Input{Active: fields.On(false)}, false); err != nil {
		t.Fatalf("deactivating: %v", err)
	}
	for _, address := range []string{"nobody@example.com", "gone@example.com", "gone", "root"} {
		err := w.Forgot(t.Context(), fields.Given(address))
		if strings.Contains(address, "@") != (err == nil) {
			t.Errorf("%s: %v, want an error for what is no address alone", address, err)
		}
	}
	w.wantMail(p)
	w.Mail = nil
	w.forgot("root@example.com")
	w.wantMail(p)
}

// TestLinksEndWithWhatTheyWereFoundedOn: a link works while nothing of it has changed.
func TestLinksEndWithWhatTheyWereFoundedOn(t *testing.T) {
	acts := map[string]func(w *world, ann store.User) error{
		"another password": func(w *world, ann store.User) error {
			_, err := w.Change(w.t.Context(), authz.Operator, ann, account.Input{Password: fields.Given("a third rather long secret")}, false)
			return err
		},
		"another address": func(w *world, ann store.User) error {
			_, err := w.Change(w.t.Context(), authz.Operator, ann, account.Input{Email: fields.Given("anna@example.com")}, false)
			return err
		},
		"deactivated": func(w *world, ann store.User) error {
			_, err := w.Change(w.t.Context(), authz.Operator, ann, account.Input{Active: fields.On(false)}, false)
			return err
		},
		"deactivated and activated": func(w *world, ann store.User) error {
			_, err := w.Change(w.t.Context(), authz.Operator, ann, account.Input{Active: fields.On(false)}, false)
			_, again := w.Change(w.t.Context(), authz.Operator, ann, account.Input{Active: fields.On(true)}, false)
			return errors.Join(err, again)
		},
		"all sessions ended": func(w *world, ann store.User) error {
			return w.db.Write(w.t.Context(), func(tx store.Tx) error {
				_, err := tx.EndAll(store.End{UserID: ann.ID, Reason: store.EndedByOwner, At: w.clock()})
				return err
			})
		},
		"deleted": func(w *world, ann store.User) error { return w.Delete(w.t.Context(), authz.Operator, ann.ID, "") },
		"a newer link": func(w *world, _ store.User) error {
			w.forgot("ann@example.com")
			w.Settle()
			return nil
		},
		"a quarter of an hour": func(w *world, _ store.User) error { w.advance(15 * time.Minute); return nil },
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			p := mailing(t, w)
			w.person("root", store.RoleAdmin)
			ann := w.person("ann", store.RoleUser)
			w.forgot("ann@example.com")
			token := w.wantMail(p, "reset to ann@example.com")[0]
			if _, err := w.PersonOfLink(t.Context(), token); err != nil {
				t.Fatalf("looking at the link before: %v", err)
			}
			if err := act(w, ann); err != nil {
				t.Fatalf("the act: %v", err)
			}
			if _, err := w.PersonOfLink(t.Context(), token); !errors.Is(err, link.ErrSpent) {
				t.Errorf("looking at the link after: %v, want ErrSpent", err)
			}
			if err := w.reset(token); !errors.Is(err, link.ErrSpent) {
				t.Errorf("using the link after: %v, want ErrSpent", err)
			}
		})
	}
}

// TestALinkIsForItsPurpose: no link opens another's door.
func TestALinkIsForItsPurpose(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	ann := w.person("ann", store.RoleUser)
	w.forgot("ann@example.com")
	reset := w.wantMail(p, "reset to ann@example.com")[0]
	if err := w.SendVerification(t.Context(), ann); err != nil {
		t.Fatalf("asking for a link: %v", err)
	}
	verify := w.wantMail(p, "verify to ann@example.com")[0]
	w.SignUpVerified = true
	if err := w.OfferSignUp(t.Context(), fields.Given("new@example.com")); err != nil {
		t.Fatalf("asking for a link: %v", err)
	}
	signup := w.wantMail(p, "signup to new@example.com")[0]
	for _, token := range []string{verify, signup, ""} {
		if err := w.reset(token); err == nil {
			t.Error("a password was set by a link for something else, want a refusal")
		}
	}
	for _, token := range []string{reset, signup} {
		if _, err := w.Verify(t.Context(), fields.Given(token)); !errors.Is(err, link.ErrSpent) {
			t.Errorf("verifying by a link for something else: %v, want ErrSpent", err)
		}
	}
	for _, token := range []string{reset, verify} {
		if _, err := w.SignUpByLink(t.Context(), token, input("eve")); !errors.Is(err, link.ErrSpent) {
			t.Errorf("signing up by a link for something else: %v, want ErrSpent", err)
		}
	}
}

func TestOneOfManyUsesALink(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		p := mailing(t, w)
		ann := w.person("ann", store.RoleUser)
		w.forgot("ann@example.com")
		token := w.wantMail(p, "reset to ann@example.com")[0]
		var done atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				switch err := w.reset(token); {
				case err == nil:
					done.Add(1)
				case !errors.Is(err, link.ErrSpent):
					t.Errorf("using the link: %v, want ErrSpent for all but one", err)
				}
			})
		}
		all.Wait()
		if n := done.Load(); n != 1 {
			t.Errorf("%d of 20 set a password, want 1", n)
		}
		w.wantMail(p, "password_changed to ann@example.com")
		_ = ann
	})
}

func TestVerifyingAnAddress(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	u, err := w.SignUp(t.Context(), input("ann"))
	if err != nil {
		t.Fatalf("signing up: %v", err)
	}
	token := w.wantMail(p, "verify to ann@example.com")[0]
	if address, err := w.AddressOfLink(t.Context(), token); err != nil || address != "ann@example.com" {
		t.Errorf("the address of the link: %q, %v; want ann@example.com", address, err)
	}
	if _, err := w.Verify(t.Context(), fields.Given(token)); err != nil {
		t.Fatalf("verifying: %v", err)
	}
	if !w.read(u.ID).EmailVerified {
		t.Error("the address is not verified, want it")
	}
	if _, err := w.Verify(t.Context(), fields.Given(token)); !errors.Is(err, link.ErrSpent) {
		t.Errorf("the link again: %v, want ErrSpent", err)
	}
	if err := w.SendVerification(t.Context(), w.read(u.ID)); err != nil {
		t.Errorf("asking again: %v", err)
	}
	w.wantMail(p)
}

func TestChangingTheAddress(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	ann, ben := w.person("ann", store.RoleUser), w.person("ben", store.RoleUser)
	me := as(ann, w.session(ann))
	move := func(to, password string) error {
		return w.MoveTo(t.Context(), me, w.read(ann.ID), account.Input{Email: fields.Given(to), CurrentPassword: fields.Given(password)}, false)
	}
	if err := move("anna@example.com", "wrong"); err == nil {
		t.Error("a wrong password was accepted, want a refusal")
	}
	if err := move(ben.Email, secret); err == nil {
		t.Error("an address that is taken was accepted, want a refusal")
	}
	w.wantMail(p)
	if err := move("anna@example.com", secret); err != nil {
		t.Fatalf("asking for the change: %v", err)
	}
	token := w.wantMail(p, "address to anna@example.com")[0]
	if got := w.read(ann.ID); got.Email != ann.Email {
		t.Errorf("the address is %s before the link was used, want %s", got.Email, ann.Email)
	}
	if _, err := w.Verify(t.Context(), fields.Given(token)); err != nil {
		t.Fatalf("using the link: %v", err)
	}
	if got := w.read(ann.ID); got.Email != "anna@example.com" || got.EmailKey != "anna@example.com" || !got.EmailVerified {
		t.Errorf("the address is %s, verified: %t; want anna@example.com, verified", got.Email, got.EmailVerified)
	}
	w.wantMail(p, "address_changed to ann@example.com", "address_changed to anna@example.com")

	// Through the API, a change takes effect at once, and both addresses are told.
	if _, err := w.ChangeOwn(t.Context(), me, w.read(ann.ID), account.Input{Email: fields.Given("a@example.com"), CurrentPassword: fields.Given(secret)}, false); err != nil {
		t.Fatalf("changing the address: %v", err)
	}
	w.wantMail(p, "address_changed to anna@example.com", "address_changed to a@example.com", "verify to a@example.com")
}

// TestAnAddressThatIsTakenInTheMeantime leaves the link, and both people as they are.
func TestAnAddressThatIsTakenInTheMeantime(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	ann := w.person("ann", store.RoleUser)
	if err := w.MoveTo(t.Context(), as(ann, ""), ann, account.Input{Email: fields.Given("new@example.com")}, true); err != nil {
		t.Fatalf("asking for the change: %v", err)
	}
	token := w.wantMail(p, "address to new@example.com")[0]
	other := w.person("new", store.RoleUser)
	if _, err := w.Verify(t.Context(), fields.Given(token)); errors.As(err, new(*fields.Errors)) == false {
		t.Errorf("using the link: %v, want a fault of the field", err)
	}
	if got := w.read(ann.ID); got.Email != ann.Email {
		t.Errorf("the address is %s, want %s as before", got.Email, ann.Email)
	}
	if err := w.Delete(t.Context(), authz.Operator, other.ID, ""); err != nil {
		t.Fatalf("deleting: %v", err)
	}
	if _, err := w.Verify(t.Context(), fields.Given(token)); err != nil {
		t.Errorf("using the link once the address is free: %v", err)
	}
}

// TestALinkAsksForTheSecondFactor: whoever reads the mail of a person does not get past
// their second factor. The link is used up by success alone, and a code once.
func TestALinkAsksForTheSecondFactor(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	_, app, codes := w.enrolled(ann, w.session(ann))
	p := &postbox{w, w.Mail.Key}
	t.Cleanup(w.Settle)
	p.open() // what tells of the new factor
	w.forgot("ann@example.com")
	token := w.wantMail(p, "reset to ann@example.com")[0]
	try := func(otp, code fields.Text) error {
		_, err := w.Reset(t.Context(), account.NewPassword{Token: fields.Given(token), Password: fields.Given(another), OTP: otp, RecoveryCode: code})
		return err
	}
	none := fields.Text{}
	for what, err := range map[string]error{
		"no code": try(none, none), "a wrong code": try(fields.Given("000000"), none), "a wrong recovery code": try(none, fields.Given("wrong")),
	} {
		if required := (*factor.Required)(nil); !errors.As(err, &required) || required.AuthSession != "" {
			t.Errorf("%s: %v, want that a factor is required", what, err)
		}
	}
	w.wantMail(p)
	w.advance(time.Minute)
	if err := try(fields.Given(w.code(app)), none); err != nil {
		t.Fatalf("the right code: %v", err)
	}
	w.wantMail(p, "password_changed to ann@example.com")
	w.forgot("ann@example.com")
	token = w.wantMail(p, "reset to ann@example.com")[0]
	if err := try(fields.Given(w.code(app)), none); err == nil {
		t.Error("a code that was used was accepted, want a refusal")
	}
	if err := try(none, fields.Given(codes[0])); err != nil {
		t.Errorf("a recovery code: %v, want it accepted", err)
	}
}
