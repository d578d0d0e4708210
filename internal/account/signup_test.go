package account_test

import (
	"errors"
	"fmt"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/store"
)

func TestInvitations(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	root := w.person("root", store.RoleAdmin)
	admin := as(root, "")
	in := input("ann")
	in.Invite = fields.On(true)
	if _, _, err := w.CreateOrInvite(t.Context(), admin, in); errors.As(err, new(*fields.Errors)) == false {
		t.Errorf("inviting with a password: %v, want a fault of the field", err)
	}
	in.Password = fields.Text{}
	ann, made, err := w.CreateOrInvite(t.Context(), admin, in)
	if err != nil || made.URL != "" || ann.PasswordHash != "" {
		t.Fatalf("inviting: %+v, %v; want no link, because it was mailed", made, err)
	}
	w.wantMail(p, "invite to ann@example.com")
	if err := w.signIn("ann", ""); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("signing in without a password: %v, want ErrCredentials", err)
	}
	w.Mail = nil // then the administrator is shown the link
	if made, err = w.Invite(t.Context(), admin, ann.ID); err != nil {
		t.Fatalf("inviting again: %v", err)
	}
	if err := w.reset(w.tokenOf(made.URL)); err != nil {
		t.Fatalf("setting the first password: %v", err)
	}
	if u := w.read(ann.ID); u.EmailVerified {
		t.Error("the address is verified, want it not: the link was not mailed")
	}
	if err := w.signIn("ann", another); err != nil {
		t.Errorf("signing in: %v", err)
	}
	if _, err := w.Invite(t.Context(), admin, ann.ID); !errors.Is(err, account.ErrHasPassword) {
		t.Errorf("inviting somebody with a password: %v, want ErrHasPassword", err)
	}
	if _, err := w.ResetLink(t.Context(), as(ann, ""), root.ID); !errors.Is(err, authz.ErrDenied) {
		t.Errorf("a link made by somebody else: %v, want ErrDenied", err)
	}
	if made, err = w.ResetLink(t.Context(), admin, ann.ID); err != nil || made.URL == "" {
		t.Errorf("a link for another password: %+v, %v; want one", made, err)
	}
	w.wantMail(p)
}

// TestASignUpThatMustBeVerified: the answer is the same whether or not the address is
// taken, and a password opens nothing before the address is proved.
func TestASignUpThatMustBeVerified(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	w.person("ann", store.RoleUser)
	w.SignUpVerified = true
	made, err := w.SignUp(t.Context(), input("ben"))
	if err != nil || made.ID == 0 || made.EmailVerified {
		t.Fatalf("signing up: %+v, %v; want an account that is not verified", made, err)
	}
	token := w.wantMail(p, "verify to ben@example.com")[0]
	in := input("carl")
	in.Email = fields.Given("Ann@Example.com")
	taken, err := w.SignUp(t.Context(), in)
	if err != nil || taken.ID <= made.ID || taken.Username != "carl" || taken.Email != "Ann@Example.com" || taken.Sub == "" {
		t.Errorf("signing up with an address that is taken: %+v, %v; want what a sign-up answers", taken, err)
	}
	w.wantMail(p, "signup_taken to ann@example.com")
	if _, err := w.Get(t.Context(), taken.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("looking up what was answered: %v, want ErrNotFound", err)
	}
	in.Username, in.Email = fields.Given("ann@example.com"), fields.Given("ann@example.com")
	if _, err := w.SignUp(t.Context(), in); err != nil {
		t.Errorf("an address that is taken as both names: %v, want the same answer", err)
	}
	w.wantMail(p, "signup_taken to ann@example.com")
	in = input("ann")
	in.Email = fields.Given("other@example.com")
	if _, err := w.SignUp(t.Context(), in); errors.As(err, new(*fields.Errors)) == false {
		t.Errorf("a username that is taken: %v, want a fault of the field", err)
	}
	if err := w.signIn("ben", "wrong"); errors.Is(err, account.ErrUnverified) || !errors.Is(err, account.ErrCredentials) {
		t.Errorf("a wrong password: %v, want ErrCredentials alone", err)
	}
	w.wantMail(p)
	if err := w.signIn("ben", secret); !errors.Is(err, account.ErrUnverified) {
		t.Errorf("the right password: %v, want ErrUnverified", err)
	}
	token = append(w.wantMail(p, "verify to ben@example.com"), token)[0]
	if _, err := w.Verify(t.Context(), fields.Given(token)); err != nil {
		t.Fatalf("verifying: %v", err)
	}
	if err := w.signIn("ben", secret); err != nil {
		t.Errorf("signing in: %v", err)
	}
}

func TestASignUpByMailFirst(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	w.SignUpVerified = true
	w.person("ann", store.RoleUser)
	for _, address := range []string{"ann@example.com", "ben@example.com"} {
		if err := w.OfferSignUp(t.Context(), fields.Given(address)); err != nil {
			t.Errorf("asking for a link: %v", err)
		}
	}
	token := w.wantMail(p, "signup_taken to ann@example.com", "signup to ben@example.com")[0]
	if address, err := w.OfferedAddress(t.Context(), token); err != nil || address != "ben@example.com" {
		t.Errorf("the address of the link: %q, %v; want ben@example.com", address, err)
	}
	in := input("ann")
	if _, err := w.SignUpByLink(t.Context(), token, in); errors.As(err, new(*fields.Errors)) == false {
		t.Errorf("a username that is taken: %v, want a fault of the field", err)
	}
	in = input("ben")
	in.Email = fields.Given("eve@example.com") // does not count
	ben, err := w.SignUpByLink(t.Context(), token, in)
	if err != nil || ben.Email != "ben@example.com" || !ben.EmailVerified {
		t.Fatalf("signing up: %+v, %v; want the address of the link, verified", ben, err)
	}
	if _, err := w.SignUpByLink(t.Context(), token, input("eve")); !errors.Is(err, link.ErrSpent) {
		t.Errorf("the link again: %v, want ErrSpent", err)
	}
	w.wantMail(p)
	w.SignUpOpen = false
	if err := w.OfferSignUp(t.Context(), fields.Given("new@example.com")); !errors.Is(err, account.ErrClosed) {
		t.Errorf("asking while it is closed: %v, want ErrClosed", err)
	}
}

// TestAFloodOfMail: an address gets a few, whoever asks and wherever they are, and a
// network may cause some.
func TestAFloodOfMail(t *testing.T) {
	w := open(t)
	p := mailing(t, w)
	w.person("ann", store.RoleUser)
	sent, refused := 0, 0
	for i := range 40 {
		if err := w.Forgot(from(t.Context(), fmt.Sprintf("2001:db8:%x::1", i)), fields.Given("ann@example.com")); err != nil {
			refused++
		}
		got, _ := p.open()
		sent += len(got)
	}
	if most := w.Limits.Rules.Mail.Free; sent != most || refused != 40-most {
		t.Errorf("%d mails to one address, and %d refusals; want %d and %d", sent, refused, most, 40-most)
	}
	refused = 0
	for i := range w.Limits.Rules.MailNetwork.Free + 10 {
		if err := w.Forgot(from(t.Context(), "192.0.2.1"), fields.Given(fmt.Sprintf("nobody%d@example.com", i))); err != nil {
			refused++
		}
		w.Settle()
	}
	if refused != 10 {
		t.Errorf("%d requests of a network beyond the free ones were refused, want 10", refused)
	}
	w.wantMail(p)
}
