package account_test

import (
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/stolen"
	"gatehouse/store"
)

// inTheFilter is a password of the list inside the binary, and listed one of the operator's.
const (
	inTheFilter = "fyfcnfcbz1"
	listed      = "Vellum-Otter-Quilt"
	wasStolen   = `{"password":["This password appears in lists of stolen passwords. Choose another one."]}`
)

// lists gives the service a list of the operator's, and returns its file.
func (w *world) lists(passwords ...string) string {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "stolen.txt")
	content := ""
	for _, p := range passwords {
		content += fmt.Sprintf("%X:3\r\n", sha1.Sum([]byte(p)))
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		w.t.Fatalf("writing a list: %v", err)
	}
	list, err := stolen.Open(file)
	if err != nil {
		w.t.Fatalf("opening a list: %v", err)
	}
	w.Policy.Stolen = list
	return file
}

// setters are all the ways in which a password is set.
func (w *world) setters() map[string]func(pw string) error {
	ann, root, guest := w.person("ann", store.RoleUser), w.person("root", store.RoleAdmin), input("guest")
	guest.Invite, guest.Password = fields.Flag{Sent: true, Value: true}, fields.Text{}
	_, invited, err := w.CreateOrInvite(w.t.Context(), authz.Operator, guest)
	if err != nil {
		w.t.Fatalf("inviting a person: %v", err)
	}
	reset, err := w.ResetLink(w.t.Context(), authz.Operator, ann.ID)
	if err != nil {
		w.t.Fatalf("making a link: %v", err)
	}
	byLink := func(at string) func(string) error {
		u, _ := url.Parse(at)
		return func(pw string) error {
			_, err := w.Reset(w.t.Context(), account.NewPassword{Token: fields.Given(u.Query().Get("token")), Password: fields.Given(pw)})
			return err
		}
	}
	with := func(name, pw string) account.Input {
		in := input(name)
		in.Password = fields.Given(pw)
		return in
	}
	return map[string]func(pw string) error{
		"sign-up":         func(pw string) error { _, err := w.SignUp(w.t.Context(), with("new", pw)); return err },
		"an account made": func(pw string) error { _, err := w.Create(w.t.Context(), authz.Operator, with("made", pw)); return err },
		"its check":       func(pw string) error { return w.Check(with("made", pw)) },
		"a reset":         byLink(reset.URL),
		"an invitation":   byLink(invited.URL),
		"one's own": func(pw string) error {
			in := account.Input{Password: fields.Given(pw), CurrentPassword: fields.Given(secret)}
			_, err := w.ChangeOwn(w.t.Context(), as(ann, ""), ann, in, false)
			return err
		},
		"by an administrator": func(pw string) error {
			_, err := w.Change(w.t.Context(), as(root, ""), ann, account.Input{Password: fields.Given(pw)}, false)
			return err
		},
	}
}

func TestAStolenPasswordIsRefusedWhereverItIsSet(t *testing.T) {
	w := open(t)
	w.lists(listed)
	for name, set := range w.setters() {
		for _, pw := range []string{inTheFilter, listed} {
			var faults *fields.Errors
			err := set(pw)
			_ = errors.As(err, &faults)
			if got, _ := json.Marshal(faults); string(got) != wasStolen {
				t.Errorf("%s, %s: %s (%v), want %s", name, pw, got, err, wasStolen)
			}
		}
	}
}

// A list that cannot be read is a fault of ours, and no password is set meanwhile.
func TestNoPasswordIsSetWithoutTheList(t *testing.T) {
	w := open(t)
	setters := w.setters()
	if err := os.Truncate(w.lists(listed), 0); err != nil {
		t.Fatalf("emptying the list: %v", err)
	}
	delete(setters, "its check") // it sets none
	for name, set := range setters {
		var faults *fields.Errors
		if err := set("a password that is in no list"); err == nil || errors.As(err, &faults) {
			t.Errorf("%s: %v, want a fault of ours", name, err)
		}
	}
	u, err := w.Get(t.Context(), 1)
	if _, wrong := w.CheckPassword(t.Context(), u.Username, secret, "page"); err != nil || wrong != nil {
		t.Errorf("signing in meanwhile: %v, %v; want no error", err, wrong)
	}
}
